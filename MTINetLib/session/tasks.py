"""The tasks that run now; what a session is doing is read off them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MTINetLib.errors import MTINetError
from MTINetLib.session.events import Events, Topic
from MTINetLib.session.state import ProgressSeen, State
from MTINetLib.session.task import Status, Steps, Task


def _nothing(*_: Any) -> None:
    pass


class Tasks:
    """Any number side by side: one that the user waits for, and those that run behind it.

    A task of State.IDLE is one that nobody waits for. Listen to STATE and PROGRESS.
    """

    def __init__(self, events: Events) -> None:
        self._events = events
        self._running: list[tuple[State, Task[Any]]] = []
        self._told = State.IDLE

    @property
    def state(self) -> State:
        return self._foremost()[0]

    @property
    def progress(self) -> ProgressSeen | None:
        """Of the task that ``state`` tells of."""
        state, task = self._foremost()
        return None if task is None or state is State.IDLE else task.progress

    def start(
        self,
        state: State,
        steps: Steps[Any],
        on_failed: Callable[[MTINetError], None],
        *,
        on_done: Callable[[], None] = _nothing,
        check: Callable[[], None] = _nothing,
    ) -> Task[Any]:
        """Begin a task; its first step is taken with the next poll.

        Args:
            state: of the session while it runs.
            on_failed: gets the error, Cancelled too; the state is still this one then.
            check: see :class:`Task`.
        """

        def ended(task: Task[Any]) -> None:
            if task.error is not None:
                on_failed(task.error)
            else:
                on_done()

        task = Task(
            steps, check=check, on_progress=lambda _task: self._events.tell(Topic.PROGRESS), on_end=ended
        )
        self._running.append((state, task))
        self._tell()
        return task

    def poll(self) -> None:
        for _, task in tuple(self._running):
            task.poll()
        self._clear_away()

    def cancel(self) -> None:
        """End the task that ``state`` tells of, if the user waits for it."""
        state, task = self._foremost()
        if task is not None and state not in (State.IDLE, State.MEASURING):
            task.cancel()
            self._clear_away()

    def abandon(self, task: Task[Any] | None) -> None:
        """End a task without a word to anyone."""
        if task is not None:
            task.abandon()
            self._clear_away()

    def abandon_all(self) -> None:
        """End all that somebody waits for without a word to anyone."""
        for state, task in tuple(self._running):
            if state is not State.IDLE:
                task.abandon()
        self._clear_away()

    def _foremost(self) -> tuple[State, Task[Any] | None]:
        running = [(state, task) for state, task in self._running if task.status is not Status.ABANDONED]
        behind = (State.MEASURING, State.IDLE)
        state, task = min(
            running,
            key=lambda one: behind.index(one[0]) + 1 if one[0] in behind else 0,
            default=(State.IDLE, None),
        )
        if state is State.ANALYZING and task is not None and task.status is Status.CANCELLING:
            state = State.CANCELLING
        return state, task

    def _clear_away(self) -> None:
        self._running = [(state, task) for state, task in self._running if not task.over]
        self._tell()

    def _tell(self) -> None:
        if self.state is not self._told:
            self._told = self.state
            self._events.tell(Topic.STATE)
