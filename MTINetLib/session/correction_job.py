"""One measuring of corrected masks: read from the scene, handed to the worker, answered."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MTINetLib.errors import Cancelled, MTINetError
from MTINetLib.findings import StudyFindings, from_dict, to_dict
from MTINetLib.scene.results import corrected_labels
from MTINetLib.session.array_files import write_array
from MTINetLib.session.calls import Answers
from MTINetLib.session.chores import Chores
from MTINetLib.session.correction_masks import Marks, mask_marks
from MTINetLib.worker.messages import Measure, Measured, OpenedStudy, ReadAgain

if TYPE_CHECKING:
    from MTINetLib.scene.results import Results
    from MTINetLib.session.study_in_worker import StudyInWorker, WantedStudy
    from MTINetLib.worker.client import Call, WorkerClient


@dataclass(frozen=True)
class Asked:
    """The network that is to read the masks again; see ``worker.messages.ReadAgain``."""

    model: str | None
    device: str
    precision: str


@dataclass(frozen=True)
class Order:
    """What is measured.

    Args:
        results: the nodes that hold the masks.
        wanted: the study under the masks.
        asked: None where the network is not asked.
    """

    results: Results
    wanted: WantedStudy
    asked: Asked | None = None


@dataclass(frozen=True)
class Hearers:
    """Who hears what comes of it; exactly one of ``measured``, ``failed`` and a None of ``read`` ends it.

    Args:
        read: gets the marks of the masks and gives the findings to go on from, None where the masks need
            not be measured.
        measured: gets the new findings and the marks that they belong to.
        failed: gets the error, Cancelled too.
        progress: stage, steps done, steps in all.
    """

    read: Callable[[Marks], StudyFindings | None]
    measured: Callable[[StudyFindings, Marks], None]
    failed: Callable[[MTINetError], None]
    progress: Callable[[str, int, int], None]


class MeasureJob:
    """Runs when polled, a few milliseconds at a time."""

    def __init__(self, worker: WorkerClient, study: StudyInWorker, order: Order, hearers: Hearers) -> None:
        self._worker = worker
        self._study = study
        self._order = order
        self._hearers = hearers
        self._call: Call | None = None
        self._path: Path | None = None
        self._marks: Marks = {}
        self._before: StudyFindings | None = None
        self._over = False
        self._chores = Chores()
        self._chores.add(self._prepare())

    def poll(self) -> None:
        """Go on; faults of the scene or the disk end the job through ``failed``."""
        if self._over:
            return
        try:
            self._chores.run()
        except MTINetError as error:
            self._failed(error)

    def cancel(self) -> None:
        """End it with Cancelled, at once or as soon as the worker has stopped."""
        call = self._call or self._study.call
        if call is None:
            self._failed(Cancelled("Measuring was cancelled; the findings are those of before."))
        else:
            self._worker.cancel(call)

    def abandon(self) -> None:
        """End it, and let nobody hear of it."""
        self._end()
        if self._call is not None:
            self._worker.cancel(self._call)

    def _prepare(self) -> Generator[None, None, None]:
        labels = corrected_labels(self._order.results)
        yield
        self._marks = mask_marks(labels)
        self._before = self._hearers.read(self._marks)
        if self._before is None:
            self._end()
            return
        yield
        self._path = self._worker.folder / f"masks-{uuid.uuid4().hex[:12]}.npy"
        yield from write_array(self._path, labels)
        yield from self._study.open(self._order.wanted, self._opened, self._failed, self._hearers.progress)

    def _opened(self, study: OpenedStudy) -> None:
        if self._over or self._before is None:
            return
        labels, before = str(self._path), to_dict(self._before)
        asked = self._order.asked
        answers = Answers(self._measured, self._failed, self._hearers.progress)
        if asked is None:
            request: Any = Measure(study.study, labels, before)
            self._call = self._worker.submit("measure", request.to_dict(), answers)
        else:
            request = ReadAgain(study.study, labels, before, asked.model, asked.device, asked.precision)
            self._call = self._worker.submit("read_again", request.to_dict(), answers)

    def _measured(self, result: dict[str, Any]) -> None:
        # Not told at once: the client swallows what goes wrong in a watcher.
        self._chores.add(self._tell(result))

    def _tell(self, result: dict[str, Any]) -> Generator[None, None, None]:
        findings = from_dict(Measured.from_dict(result).findings)
        yield
        if not self._over:
            self._end()
            self._hearers.measured(findings, self._marks)

    def _failed(self, error: MTINetError) -> None:
        if not self._over:
            self._end()
            self._hearers.failed(error)

    def _end(self) -> None:
        self._over = True
        if self._path is not None:
            with suppress(OSError):  # the worker may hold it open on Windows; the folder goes at the end
                self._path.unlink(missing_ok=True)
