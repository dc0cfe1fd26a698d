"""One run of the analysis: volumes to the worker, the network, results into the scene."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from MTINetLib.errors import Cancelled, InputError, MTINetError
from MTINetLib.findings import StudyFindings, from_dict
from MTINetLib.scene.results import Results
from MTINetLib.scene.show_results import show_results
from MTINetLib.session.calls import Answers
from MTINetLib.session.chores import Chores
from MTINetLib.session.study_in_worker import StudyInWorker, WantedStudy
from MTINetLib.study.phase import PHASES
from MTINetLib.worker.messages import Analyze, Analyzed, OpenedStudy

if TYPE_CHECKING:
    from MTINetLib.worker.client import Call, WorkerClient


@dataclass(frozen=True)
class Wanted:
    """What to analyse, and how.

    Args:
        model: name or folder; None for the first one found.
        thresholds: overrides of the model's own, by name.
    """

    study: WantedStudy
    model: str | None = None
    device: str = "auto"
    precision: str = "auto"
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Hearers:
    """Who hears of the run: of its progress, and once of its end."""

    progress: Callable[[str, int, int], None]
    shown: Callable[[Results, StudyFindings, Analyzed], None]
    failed: Callable[[MTINetError], None]


class AnalysisRun:
    """A run from its start to its end; made anew for each."""

    def __init__(self, worker: WorkerClient, study: StudyInWorker, wanted: Wanted, hearers: Hearers) -> None:
        self._worker = worker
        self._study = study
        self._wanted = wanted
        self._hearers = hearers
        self._call: Call | None = None
        self._chores = Chores()
        self._over = False
        volumes = wanted.study.volumes
        self._volumes = tuple(volumes[phase] for phase in PHASES)
        self._chores.add(study.open(wanted.study, self._opened, self._failed, hearers.progress))

    def poll(self) -> None:
        """Do a little; errors end the run and are told to the hearers."""
        if self._over:
            return
        try:
            self._refuse_removed_phases()
            self._chores.run()
        except MTINetError as error:
            self._stop_work()
            self._failed(error)

    def cancel(self) -> None:
        """End the run; ``failed`` hears Cancelled, at once or when the worker has answered."""
        if self._over:
            return
        self._chores.clear()
        call = self._call or self._study.call
        if call is None:
            self._failed(Cancelled("The analysis was cancelled; nothing was changed."))
        else:
            self._worker.cancel(call)

    def abandon(self) -> None:
        """End the run without a word to anyone."""
        if not self._over:
            self._over = True
            self._chores.clear()
            self._stop_work()

    def _opened(self, opened: OpenedStudy) -> None:
        if self._over:
            return
        wanted = self._wanted
        request = Analyze(
            opened.study, wanted.model, wanted.device, wanted.precision, dict(wanted.thresholds)
        )
        answers = Answers(self._analyzed, self._failed, self._hearers.progress)
        self._call = self._worker.submit("analyze", request.to_dict(), answers)

    def _analyzed(self, result: dict[str, Any]) -> None:
        self._call = None
        if not self._over:
            self._chores.add(self._show(Analyzed.from_dict(result)))

    def _show(self, analyzed: Analyzed) -> Generator[None, None, None]:
        findings = from_dict(analyzed.findings)
        labels = np.load(analyzed.labels, mmap_mode="r")
        wanted = self._wanted.study
        opened = self._study.opened(wanted)
        if opened is None:
            raise InputError("The phases were changed during the analysis; analyze them again.")
        yield
        reference = wanted.volumes[wanted.reference]
        results = yield from show_results(findings, labels, self._volumes, reference, opened.grid)
        self._over = True
        self._finished(results, analyzed)

    def _finished(self, results: Results, analyzed: Analyzed) -> None:
        self._hearers.shown(results, from_dict(analyzed.findings), analyzed)

    def _failed(self, error: MTINetError) -> None:
        if not self._over:
            self._over = True
            self._chores.clear()
            self._hearers.failed(error)

    def _refuse_removed_phases(self) -> None:
        for phase, volume in zip(PHASES, self._volumes, strict=True):
            if volume.GetScene() is None:
                raise InputError(
                    f"The {phase.title} phase was removed from the scene during the analysis, which was "
                    "stopped; choose the phase again."
                )

    def _stop_work(self) -> None:
        """Ask the worker to stop; its Cancelled comes after the run is over and is not heard."""
        call = self._call or self._study.call
        if call is not None:
            self._worker.cancel(call)
