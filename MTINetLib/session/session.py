"""One study being read, from its volumes to corrected findings."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from MTINetLib.errors import InputError, MissingResourceError, MTINetError
from MTINetLib.findings import StudyFindings
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.phase_images import candidate_volumes
from MTINetLib.scene.propose_phases import PhaseProposal, check_choice, propose_phases
from MTINetLib.scene.recognised import recognised_as, remember_recognised
from MTINetLib.scene.results import Results, find_results, findings_of, remove_results, set_aside, show_curve
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.select_lesion import mark_lesion, select_lesion
from MTINetLib.session.analysis import Shown, Wanted, analyze, read_masks
from MTINetLib.session.choices import (
    Choices,
    choose_volume,
    chosen_model,
    chosen_thresholds,
    chosen_volumes,
    wanted_phases,
)
from MTINetLib.session.computer import Computer
from MTINetLib.session.core import SessionCore
from MTINetLib.session.correction import Correction
from MTINetLib.session.curves import CurveDesk
from MTINetLib.session.events import Topic
from MTINetLib.session.imports import import_in_pieces
from MTINetLib.session.listed_study import ShownStudy, show_lesions
from MTINetLib.session.outlining import Outlining
from MTINetLib.session.reports import Reports
from MTINetLib.session.results_folder import ResultsFolder
from MTINetLib.session.sample_study import SampleStudy
from MTINetLib.session.sensitivity import Sensitivity
from MTINetLib.session.state import State
from MTINetLib.session.task import NO_RETURN, Steps
from MTINetLib.session.training_session import TrainingSession
from MTINetLib.session.views import Views
from MTINetLib.session.wanted_study import chosen_study
from MTINetLib.session.worklist_session import WorkListSession
from MTINetLib.study.phase import Phase
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.faults import logged

_log = logging.getLogger(__name__)

#: Between two polls of a script that waits.
_PAUSE_S = 0.01


class Session(SessionCore):
    """What panels and scripts drive: it starts work, shows what came of it, and tells its listeners.

    Nothing here blocks but :meth:`wait`; :meth:`poll` is to be called every 30 ms or so.
    """

    def __init__(self, scene: Scene, choices: Choices, worker: WorkerClient | None = None) -> None:
        super().__init__(scene, choices, worker or WorkerClient())
        self.views = Views(self)
        self.correction = Correction(self, self.select)
        self.outlining = Outlining(self, self.correction)
        self.reports = Reports(self)
        self.sensitivity = Sensitivity(self, self.take_over)
        self.training = TrainingSession()
        self.sample = SampleStudy(self, self.recognise)
        self.results_folder = ResultsFolder(self, self.take_over)
        self.computer = Computer(self)
        self.curves = CurveDesk(self)
        self.worklist = WorkListSession(self, self._show_listed, self._drop_results)

    @property
    def waiting(self) -> bool:
        """Whether findings are still to come for what the masks are now."""
        return self.correction.waiting or self.outlining.waiting

    def prepare(self) -> None:
        """The module was opened: import what is needed soon, between turns of the event loop."""
        self.begin(State.IDLE, import_in_pieces())

    # Phases

    def choose_phases(self, nodes: Mapping[Phase | str, Any], reference: Phase | str) -> None:
        """Choose volume nodes by phase, and the phase whose grid the results get; others stay."""
        for phase, node in nodes.items():
            choose_volume(self.choices, Phase(phase), node)
        self.choices.reference = Phase(reference).value
        if nodes:
            self.check_phases()

    def recognise(self, among: Iterable[Any] | None = None) -> PhaseProposal:
        """Look for the phases that the model takes and choose those that are certain.

        Args:
            among: volume nodes; all of the scene if not given.
        """
        nodes = candidate_volumes(self.scene) if among is None else tuple(among)
        proposal = propose_phases(self.scene, nodes, wanted_phases(self.choices))
        for phase in Phase:
            choice = proposal.phases.get(phase)
            choose_volume(
                self.choices, phase, None if choice is None else self.scene.mrml.GetNodeByID(choice.node_id)
            )
        remember_recognised(self.scene, proposal)
        self._propose(proposal)
        return proposal

    def check_phases(self) -> PhaseProposal:
        """Look at what the user has chosen, and say what speaks against it.

        A phase that still has the volume which was recognised keeps the evidence for it.
        """
        proposal = check_choice(self.scene, chosen_volumes(self.choices), wanted_phases(self.choices))
        phases = dict(proposal.phases)
        for phase, choice in phases.items():
            known = recognised_as(self.scene, phase, choice)
            if known is not None:
                phases[phase] = replace(choice, evidence=known[0], confidence=known[1])
        proposal = replace(proposal, phases=phases)
        self._propose(proposal)
        return proposal

    # Analysis

    def start_analysis(self) -> None:
        """Begin to analyze the chosen volumes; the results show themselves. Listen to STATE for the end."""
        self._start(lambda wanted: analyze(self.scene, self.worker, self.study, wanted))

    def start_from(self, segmentation: Any) -> None:
        """As :meth:`start_analysis`, with the lesions of a segmentation of the scene.

        The network says what they are, and is not asked where lesions are. The segmentation stays as it is.
        """
        if not self.busy and self.results is not None and segmentation is self.results.segmentation:
            self.report_error(error_of(InputError, "shown_already"))
            return
        self._start(lambda wanted: read_masks(self.scene, self.worker, self.study, wanted, segmentation))

    def _start(self, steps: Callable[[Wanted], Steps[Shown]]) -> None:
        if self.busy:
            return
        choices = self.choices
        try:
            study = chosen_study(choices, self.proposal)
        except MTINetError as error:
            self.report_error(error)
            return
        self.error = None
        self.say(None)
        how = (chosen_model(choices), chosen_thresholds(choices))
        wanted = Wanted(study, *how, choices.liver, choices.liverPart)
        self.begin(State.ANALYZING, self._run(steps(wanted)), check=study.refuse_removed)

    def _run(self, steps: Steps[Shown]) -> Steps[None]:
        shown = yield from steps
        yield NO_RETURN
        yield from self.take_over(shown)

    def take_over(self, shown: Shown) -> Steps[None]:
        """Newer results become the session's, in steps: at once, they and what panels do would be felt."""
        before, old = self.results, self.findings
        self.analyzed = shown.analyzed
        self.choices.segmentation = shown.results.segmentation
        self._take(shown.results, shown.findings)
        yield None
        self.views.show()
        yield None
        self.select(shown.findings.lesions[0].label if shown.findings.lesions else None)
        yield None
        if before is not None and old is not None:
            self._clear_away(before, old)
        yield None

    def _show_listed(self, shown: ShownStudy) -> Steps[None]:
        """The phases of a study of a list are chosen, and its lesions shown, or else looked for."""
        self.recognise(shown.nodes)
        yield None
        wanted = chosen_study(self.choices, self.proposal)
        if shown.labels is None:
            how = Wanted(wanted, chosen_model(self.choices), chosen_thresholds(self.choices))
            found = yield from analyze(self.scene, self.worker, self.study, how)
        else:
            found = yield from show_lesions(self.scene, self.worker, self.study, wanted, shown)
        yield from self.take_over(found)

    def _drop_results(self) -> None:
        """What is shown goes: it is kept in a list."""
        before = self.results
        self._take(None, None)
        if before is not None:
            remove_results(before)

    def cancel(self) -> None:
        """End what runs; within a second the session is idle again and the scene as it was before."""
        self.tasks.cancel()

    # Results

    def restore(self) -> None:
        """Take up the results that the scene holds, after it was opened or the module was reloaded."""
        results = self.analyzed = None
        if self.choices.segmentation is not None:
            results = find_results(self.scene, self.choices.segmentation)
        self._take(results, None if results is None else findings_of(results))
        self.curves.restore()
        self.choose(self.selected, mark_lesion)  # the views stay where they are
        self.views.opened()

    def show_layout(self) -> None:
        """Turn to the phases and the plot."""
        self.views.show()

    def select(self, label: int | None) -> None:
        """Choose a lesion: the views jump to it, it is highlighted, and the plot is its own."""
        self.choose(label, select_lesion)
        self.views.lesion_chosen()

    def show_relative(self, relative: bool) -> None:
        """Plot relative enhancement instead of the signal, or the signal again."""
        self.choices.relativePlot = relative
        if self.results is not None:
            show_curve(self.results, self.selected, relative)
        self.events.tell(Topic.SELECTION)

    # What runs

    def poll(self) -> None:
        """Hear the worker and do a little of what waits; never raises, never takes long."""
        parts = (
            self.worker.poll,
            self.tasks.poll,
            self.correction.poll,
            self.outlining.poll,
            self.reports.poll,
            self.sensitivity.poll,
            self.training.poll,
            self.worklist.poll,
            self.views.poll,
            self.curves.poll,
        )
        for part in parts:
            try:
                part()
            except Exception as error:
                self.report_error(logged(error, _log, "the session failed"))

    def wait(self, process_events: Callable[[], None] | None = None, timeout_s: float | None = None) -> None:
        """Poll until nothing runs.

        Args:
            process_events: called between polls, for example to let Slicer handle its events.

        Raises:
            MTINetError: what ended the run, Cancelled included; MissingResourceError after ``timeout_s``.
        """
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while self.state is not State.IDLE or self.waiting:
            self.poll()
            if process_events is not None:
                process_events()
            if end is not None and time.monotonic() > end:
                self.cancel()
                raise error_of(MissingResourceError, "took_too_long", state=self.state, seconds=timeout_s)
            time.sleep(_PAUSE_S)
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    # The scene's and the module's end

    def scene_closing(self) -> None:
        """The scene goes: what runs is cancelled, and nothing of it comes back."""
        self.tasks.abandon_all()
        self.correction.abandon()
        self.reports.forget()
        self.curves.forget()
        self.study.forget()
        self.worklist.scene_closing()
        self.proposal = self.analyzed = None
        self.views.scene_closing()
        self._take(None, None)
        self.error = None
        self.say(None)
        self.events.tell(Topic.PHASES)

    def close(self) -> None:
        """End the worker processes and remove their files."""
        self.correction.abandon()
        self.tasks.abandon_all()
        self.training.close()
        self.worklist.close()
        self.worker.close()
        self.tasks.poll()  # what was left behind is tidied up

    def _clear_away(self, before: Results, findings: StudyFindings) -> None:
        """Newer results replace older ones, but never what a person has drawn."""
        if findings.provenance.corrected_by_person:
            self.inform("corrected_kept", name=set_aside(before))
        else:
            remove_results(before)

    def _take(self, results: Results | None, findings: StudyFindings | None) -> None:
        self.results, self.findings = results, findings
        self.correction.watch(results)
        self.outlining.abandon()
        self.events.tell(Topic.FINDINGS)

    def _propose(self, proposal: PhaseProposal) -> None:
        self.proposal = proposal
        self.views.phases_known()
        self.events.tell(Topic.PHASES)
