"""The table of jobs, and what a job gets to work with."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from MTINetLib.errors import Cancelled, InputError
from MTINetLib.presentation.statements import error_of
from MTINetLib.progress import Stage
from MTINetLib.worker.plain import Serializable
from MTINetLib.worker.warm import WarmState

Job = Callable[[Mapping[str, Any], "JobContext"], Mapping[str, Any]]
Asked = TypeVar("Asked", bound=Serializable)

#: Job by name, as ``module:function``: a job's module is imported when it is first asked for, so that
#: opening and measuring a study need no torch.
JOBS: dict[str, str] = {
    "open_study": "MTINetLib.worker.study_jobs:open_study",
    "make_sample": "MTINetLib.worker.study_jobs:make_sample",
    "analyze": "MTINetLib.worker.analysis_jobs:analyze",
    "read_again": "MTINetLib.worker.analysis_jobs:read_again",
    "read_masks": "MTINetLib.worker.analysis_jobs:read_masks",
    "open_results": "MTINetLib.worker.results_jobs:open_results",
    "take_up": "MTINetLib.worker.results_jobs:take_up",
    "measure": "MTINetLib.worker.measure_job:measure",
    "choose_sensitivity": "MTINetLib.worker.sensitivity_job:choose_sensitivity",
    "outline_box": "MTINetLib.worker.outline_jobs:outline_box",
    "install_outline": "MTINetLib.worker.outline_jobs:install_outline",
    "report": "MTINetLib.worker.report_job:report",
    "environment": "MTINetLib.worker.environment_job:environment",
    "check_dataset": "MTINetLib.worker.training_jobs:check_dataset",
    "add_case": "MTINetLib.worker.training_jobs:add_case",
    "train": "MTINetLib.worker.training_jobs:train",
    "list_studies": "MTINetLib.worker.worklist_jobs:list_studies",
    "draft_listed": "MTINetLib.worker.worklist_jobs:draft_listed",
    "open_listed": "MTINetLib.worker.worklist_jobs:open_listed",
    "save_listed": "MTINetLib.worker.worklist_jobs:save_listed",
    "keep_listed": "MTINetLib.worker.worklist_jobs:keep_listed",
    "find_listed": "MTINetLib.worker.worklist_jobs:find_listed",
    "name_phases": "MTINetLib.worker.worklist_jobs:name_phases",
    "export_listed": "MTINetLib.worker.worklist_jobs:export_listed",
    "keep_model": "MTINetLib.worker.training_jobs:keep_model",
}


@dataclass
class JobContext:
    """What a job gets besides its arguments.

    Args:
        folder: the private folder; paths in messages may be relative to it.
        progress: its ``update`` raises Cancelled when the job was cancelled.
        send: sends a piece of news (kind, data) to the listener at once.
        state: what stays warm between jobs.
        words: that the client says to this job while it runs, for jobs that listen.
    """

    folder: Path
    progress: JobProgress
    send: Callable[[str, Mapping[str, Any]], None]
    state: WarmState
    words: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)

    def news(self, kind: str, data: Mapping[str, Any]) -> None:
        """Tell the listener something that is no progress; raises Cancelled as ``progress`` does."""
        self.progress.check()
        self.send(kind, data)

    def path(self, text: str) -> Path:
        """A path of a message, absolute."""
        return self.folder / text


@dataclass
class JobProgress:
    """Sends at most :attr:`rate` messages a second and every new stage, and learns of a cancel.

    Args:
        send: gets stage, steps done and steps in all.
        cancelled: asked at every call.
    """

    send: Callable[[Stage, int, int], None]
    cancelled: Callable[[], bool]
    rate: float = 30.0
    _stage: Stage | None = None
    _total: int = 0
    _sent: float = field(default=-1.0, repr=False)

    def start(self, stage: Stage, total: int) -> None:
        if stage != self._stage:
            self._sent = -1.0  # a stage that is over at once is still told
        self._stage, self._total = stage, total
        self._tell(0)

    def update(self, done: int) -> None:
        self._tell(done)

    def finish(self) -> None:
        self.check()

    def check(self) -> None:
        """Raise Cancelled if the job was cancelled."""
        if self.cancelled():
            raise error_of(Cancelled, "cancelled")

    def _tell(self, done: int) -> None:
        self.check()
        now = time.monotonic()
        if self._stage is not None and now - self._sent >= 1 / self.rate:
            self._sent = now
            self.send(self._stage, done, self._total)


def job(function: Callable[[Asked, JobContext], Serializable]) -> Job:
    """Make a job of a function of its request, which gives its result."""

    @wraps(function)
    def of_plain(arguments: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
        asked: type[Asked] = get_type_hints(function)["request"]
        return function(asked.from_dict(arguments), context).to_dict()

    return of_plain


def find_job(name: str) -> Job:
    """The function of a job.

    Raises:
        InputError: there is no such job.
    """
    if name not in JOBS:
        raise error_of(InputError, "unknown_job", job=name, known=sorted(JOBS))
    module, function = JOBS[name].split(":")
    found: Job = getattr(import_module(module), function)
    return found
