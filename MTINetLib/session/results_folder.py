"""Results that lie in a folder, opened in the scene with their images: corrections go on from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from MTINetLib.errors import InputError, MissingResourceError, MTINetError, Statement
from MTINetLib.findings import StudyFindings, from_dict
from MTINetLib.presentation.statements import error_of, statement_of
from MTINetLib.scene.dicom_files import remember_files
from MTINetLib.scene.phase_proposal import PhaseChoice, PhaseProposal
from MTINetLib.scene.recognised import remember_recognised
from MTINetLib.scene.remove_nodes import remove_nodes
from MTINetLib.session.analysis import Shown, show_again
from MTINetLib.session.array_files import temporary_file, write_array
from MTINetLib.session.choices import choose_volume
from MTINetLib.session.core import SessionCore
from MTINetLib.session.events import Topic
from MTINetLib.session.phase_volumes import add_phase_files
from MTINetLib.session.state import Message, State
from MTINetLib.session.task import NO_RETURN, Steps, ask
from MTINetLib.session.wanted_study import WantedStudy
from MTINetLib.study.phase import Phase
from MTINetLib.worker.requests import Analyzed, OpenedStudy
from MTINetLib.worker.results_requests import OpenedResults, OpenResults, TakenUp, TakeUp

#: Of agreement figures that are rounded to four digits.
_SAME_FIGURE = 2e-3
_ASK_WHERE = ("images_moved", "images_untold")


class ResultsFolder:
    """Opens a folder of results of ``analyze``, of a cohort's study or of a report.

    Attributes:
        without_images: the folder whose images are to be chosen by the user; empty for none.
    """

    def __init__(self, core: SessionCore, take_over: Callable[[Shown], Steps[None]]) -> None:
        self._core, self._take_over = core, take_over
        self.without_images = ""

    def open(self, folder: str | Path, images: str | Path = "") -> None:
        """Begin; the session is OPENING until the results are in the scene.

        Args:
            images: where the study's images lie; empty for where they lay when they were analyzed.
        """
        if self._core.busy:
            self._core.report_error(error_of(InputError, "wait_for_state", state=self._core.state))
            return
        self._core.error = None
        self._core.say(None)
        self.without_images = ""
        self._core.tasks.start(State.OPENING, self._steps(str(folder), str(images)), self._failed(folder))

    def _failed(self, folder: str | Path) -> Callable[[MTINetError], None]:
        def failed(error: MTINetError) -> None:
            self.without_images = str(folder) if statement_of(error).code in _ASK_WHERE else ""
            self._core.report_error(error)

        return failed

    def _steps(self, folder: str, images: str) -> Steps[None]:
        core = self._core
        found = yield from ask(core.worker, OpenResults(folder, images, core.choices.model or None))
        findings = from_dict(found.findings)
        try:
            nodes = yield from add_phase_files(
                core.scene, core.worker.folder, Path(folder).name, found.phases
            )
        except OSError as error:
            raise error_of(MissingResourceError, "array_unreadable", file=folder) from error
        try:
            for node, files in zip(nodes, found.files, strict=True):
                remember_files(node, files)
            proposal = _proposal(found, nodes, findings)
            wanted = WantedStudy(
                dict(zip(findings.phases, nodes, strict=True)), found.reference, "", proposal
            )
            wanted, opened = yield from self._aligned_as_then(wanted, findings)
            shown, taken = yield from self._shown(folder, found, wanted, opened)
        except BaseException:
            remove_nodes([node for node in nodes if node.GetScene() is core.scene.mrml])
            raise
        yield NO_RETURN
        self._choose(found, wanted, proposal)
        yield from self._take_over(shown)
        self._tell(folder, found, findings, taken)

    def _aligned_as_then(
        self, wanted: WantedStudy, findings: StudyFindings
    ) -> Steps[tuple[WantedStudy, OpenedStudy]]:
        """The phases moved onto each other as they were, which the findings tell by how well they agree."""
        then = [said.alignment for said in findings.study.phases]
        for mode in ("auto", "force", "off"):
            tried = replace(wanted, alignment=mode)
            opened = yield from self._core.study.open(tried)
            if _agree(then, opened.alignment):
                return tried, opened
        return wanted, (yield from self._core.study.open(wanted))

    def _shown(
        self, folder: str, found: OpenedResults, wanted: WantedStudy, opened: OpenedStudy
    ) -> Steps[tuple[Shown, TakenUp]]:
        core = self._core
        if found.grid is not None and not found.grid.matches(opened.grid):
            raise error_of(InputError, "results_of_other_images", folder=folder, phase=found.reference)
        with temporary_file(core.worker.folder, "nothing") as empty:
            labels = found.labels
            if not labels:
                yield from write_array(empty, np.zeros(opened.grid.shape, np.uint8))
                labels = str(empty)
            request = TakeUp(opened.study, folder, labels, dict(found.findings), found.liver)
            taken = yield from ask(core.worker, request)
            analyzed = Analyzed(dict(taken.findings), labels, found.probability, liver=found.liver)
            shown = yield from show_again(core.scene, core.study, wanted, analyzed)
        return shown, taken

    def _choose(self, found: OpenedResults, wanted: WantedStudy, proposal: PhaseProposal) -> None:
        core = self._core
        if found.model is not None:
            core.choices.model = found.model
        for phase in Phase:
            choose_volume(core.choices, phase, wanted.volumes.get(phase))
        core.choices.reference = wanted.reference.value
        core.choices.alignment = wanted.alignment
        remember_recognised(core.scene, proposal)
        core.proposal = proposal
        core.events.tell(Topic.PHASES)

    def _tell(self, folder: str, found: OpenedResults, findings: StudyFindings, taken: TakenUp) -> None:
        model = findings.provenance.model_name
        said = [Statement.of("results_opened", folder=folder, model=model)]
        if taken.changed:
            said.append(Statement.of("results_changed"))
        if found.model is None:
            said.append(Statement.of("results_model_missing", model=model))
        self._core.say(Message("warning" if len(said) > 1 else "info", tuple(said)))


def _agree(then: Sequence[float | None], now: Sequence[float | None]) -> bool:
    pairs = zip(then, now, strict=True)
    return all(a is None or (b is not None and abs(a - b) <= _SAME_FIGURE) for a, b in pairs)


def _proposal(found: OpenedResults, nodes: Sequence[Any], findings: StudyFindings) -> PhaseProposal:
    """What the findings say of the phases, as if it had been found out in the scene."""
    choices = {
        file.phase: PhaseChoice(
            node_id=node.GetID(),
            name=node.GetName(),
            evidence=file.evidence,
            confidence=file.confidence,
            time_s=file.time_s,
            series_uid=file.series_uid,
            time_point=file.time_point,
            instance_uids=file.instance_uids,
        )
        for node, file in zip(nodes, found.phases, strict=True)
    }
    return PhaseProposal(choices, (), (), (), known_flags=findings.study.flags)
