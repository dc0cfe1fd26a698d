"""One task: pieces of work in the main thread and jobs of the worker, written as one generator.

A generator of steps yields

- None, to let the user interface live for a moment;
- :class:`ProgressSeen`, to say how far it is;
- :class:`Job`, to wait for the worker: the answer is what the ``yield`` gives, an error is raised there;
- ``NO_RETURN``, where from now on a cancel would come too late.

Cleaning up is the generator's own ``finally``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from MTINetLib.errors import Cancelled, MTINetError
from MTINetLib.presentation.statements import error_of
from MTINetLib.progress import Stage
from MTINetLib.session.state import ProgressSeen
from MTINetLib.worker.faults import logged
from MTINetLib.worker.plain import Request, Serializable

if TYPE_CHECKING:
    from MTINetLib.worker.client import Call, WorkerClient

T = TypeVar("T")
R = TypeVar("R", bound=Serializable)
_log = logging.getLogger(__name__)

#: Pieces are run until this much time is used; a piece itself should take well under 50 ms.
_SPENT_S = 0.015


def _nothing(*_: Any) -> None:
    pass


class Mark(Enum):
    """What a generator of steps says about itself."""

    NO_RETURN = auto()


NO_RETURN = Mark.NO_RETURN


@dataclass(frozen=True)
class Job:
    """A job of a worker; ``on_news`` gets the kind and the data of its news."""

    worker: WorkerClient
    name: str
    arguments: Mapping[str, Any]
    on_news: Callable[[str, Mapping[str, Any]], None] = _nothing


Step: TypeAlias = "Job | ProgressSeen | Mark | None"
Steps: TypeAlias = Generator[Step, Any, T]


def ask(
    worker: WorkerClient,
    request: Request[R],
    on_news: Callable[[str, Mapping[str, Any]], None] = _nothing,
) -> Steps[R]:
    """Steps that wait for a job of the worker and give its result.

    Raises:
        MTINetError: the job's own error.
    """
    data = yield Job(worker, request.job, request.to_dict(), on_news)
    return request.result(data)


class Status(Enum):
    """Where a task is."""

    RUNNING = auto()
    CANCELLING = auto()
    DONE = auto()
    FAILED = auto()
    #: Nobody wants to hear of it any more; its steps may still be tidying up.
    ABANDONED = auto()


class Task(Generic[T]):
    """Goes through its steps whenever it is polled.

    Args:
        check: called at every poll until there is no return; an error that it raises ends the task.
        on_progress, on_end: called with this task; ``on_end`` once, unless the task was abandoned.

    Attributes:
        progress: the newest, None before the first.
        result: what the generator returned, once it is DONE.
        error: why it FAILED; Cancelled after a cancel, and a sentence of ours for a defect.
    """

    def __init__(
        self,
        steps: Steps[T],
        *,
        check: Callable[[], None] = _nothing,
        on_progress: Callable[[Task[T]], None] = _nothing,
        on_end: Callable[[Task[T]], None] = _nothing,
    ) -> None:
        self._steps, self._check = steps, check
        self._on_progress, self._on_end = on_progress, on_end
        self._running_job: _RunningJob | None = None
        self._thrown: MTINetError | None = None
        self._inside = False
        self._may_cancel = True
        self.status = Status.RUNNING
        self.progress: ProgressSeen | None = None
        self.result: T | None = None
        self.error: MTINetError | None = None

    @property
    def running(self) -> bool:
        """Whether its end is still to come."""
        return self.status in (Status.RUNNING, Status.CANCELLING)

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do, tidying up included."""
        return not self.running and self._running_job is None

    @property
    def call(self) -> Call | None:
        """The job of the worker that is waited for."""
        return None if self._running_job is None else self._running_job.call

    def poll(self) -> None:
        """Go on, for a few milliseconds; never raises for what happens in the steps."""
        if self.running and self._may_cancel and self._thrown is None:
            try:
                self._check()
            except MTINetError as error:
                self._stop(error)
        end = time.perf_counter() + _SPENT_S
        while not self.over and not self._inside and not self._is_waiting():
            self._go_on()
            if time.perf_counter() >= end:
                return

    def cancel(self) -> None:
        """End it with Cancelled, at once or when the worker has stopped; too late, nothing happens."""
        if self.status is Status.RUNNING and self._may_cancel:
            self.status = Status.CANCELLING
            self._stop(error_of(Cancelled, "cancelled"))

    def abandon(self) -> None:
        """End it without a word to anyone; where a job of the worker runs, the steps tidy up after it."""
        if self.running:
            self.status = Status.ABANDONED
            self._stop(error_of(Cancelled, "cancelled"))

    def _stop(self, error: MTINetError) -> None:
        """Let the error come up in the steps: now, or when the worker has answered."""
        self._thrown = error
        if self._running_job is not None:
            self._running_job.cancel()
        elif not self._inside:
            self._go_on()

    def _is_waiting(self) -> bool:
        return self._running_job is not None and not self._running_job.over

    def _go_on(self) -> None:
        job, self._running_job = self._running_job, None
        error, self._thrown = self._thrown or (job.error if job is not None else None), None
        self._inside = True
        try:
            if error is not None:
                step = self._steps.throw(error)
            else:
                step = self._steps.send(job.result if job is not None else None)
        except StopIteration as end:
            self._end(Status.DONE, result=end.value)
        except MTINetError as failure:
            self._end(Status.FAILED, error=failure)
        except Exception as defect:
            self._end(Status.FAILED, error=logged(defect, _log, "a task failed"))
        else:
            self._take(step)
        finally:
            self._inside = False

    def _take(self, step: Step) -> None:
        if self.status is Status.ABANDONED:
            self._steps.close()
        elif isinstance(step, Job):
            self._running_job = _RunningJob(step, self._saw)
        elif isinstance(step, ProgressSeen):
            self._saw(step)
        elif step is NO_RETURN:
            self._may_cancel = False

    def _saw(self, progress: ProgressSeen) -> None:
        if self.status is Status.RUNNING:
            self.progress = progress
            self._on_progress(self)

    def _end(self, status: Status, result: T | None = None, error: MTINetError | None = None) -> None:
        if self.status is not Status.ABANDONED:
            self.status, self.result, self.error = status, result, error
            self._on_end(self)


class _RunningJob:
    """A :class:`MTINetLib.worker.client.Listener` of one job."""

    def __init__(self, job: Job, saw: Callable[[ProgressSeen], None]) -> None:
        self._job, self._saw = job, saw
        self._heard = True
        self.over = False
        self.result: dict[str, Any] | None = None
        self.error: MTINetError | None = None
        self.call = job.worker.submit(job.name, job.arguments, self)

    def cancel(self) -> None:
        self._heard = False
        self._job.worker.cancel(self.call)

    def progress(self, stage: Stage, done: int, total: int) -> None:
        if self._heard:
            self._saw(ProgressSeen(stage, done, total))

    def news(self, kind: str, data: Mapping[str, Any]) -> None:
        if self._heard:
            self._job.on_news(kind, data)

    def done(self, result: dict[str, Any]) -> None:
        self.over, self.result = True, result

    def failed(self, error: MTINetError) -> None:
        self.over, self.error = True, error
