"""What the worker says of this computer: devices, memory, models."""

from __future__ import annotations

from typing import Any

from MTINetLib.errors import MTINetError
from MTINetLib.session.core import SessionCore
from MTINetLib.session.events import Topic
from MTINetLib.session.state import State
from MTINetLib.session.task import Steps, Task, ask
from MTINetLib.worker.requests import Environment, LookAtComputer


class Computer:
    """Asks once, keeps the answer; asking again brings it up to date. Listen to COMPUTER."""

    def __init__(self, core: SessionCore) -> None:
        self._core = core
        self._task: Task[Any] | None = None
        self.environment: Environment | None = None
        self.problem: MTINetError | None = None

    @property
    def asking(self) -> bool:
        return self._task is not None and self._task.running

    def ask(self) -> None:
        """Start the worker if need be, and ask; the first answer waits for torch to load."""
        if self.asking:
            return
        self.problem = None
        self._task = self._core.tasks.start(State.IDLE, self._steps(), self._failed, on_done=self._tell)
        self._tell()

    def _steps(self) -> Steps[None]:
        self.environment = yield from ask(self._core.worker, LookAtComputer())

    def _failed(self, error: MTINetError) -> None:
        self.problem = error
        self._tell()

    def _tell(self) -> None:
        self._core.events.tell(Topic.COMPUTER)
