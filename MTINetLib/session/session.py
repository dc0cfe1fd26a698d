"""One study being read, from its four volumes to corrected findings."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from MTINetLib.errors import Cancelled, InputError, MTINetError
from MTINetLib.findings import StudyFindings
from MTINetLib.scene.phase_images import candidate_volumes
from MTINetLib.scene.propose_phases import PhaseProposal, check_choice, propose_phases
from MTINetLib.scene.recognised import recognised_as, remember_recognised
from MTINetLib.scene.results import Results, find_results, findings_of, remove_results, set_aside, show_curve
from MTINetLib.scene.select_lesion import mark_lesion, select_lesion
from MTINetLib.session.analysis_run import AnalysisRun, Hearers, Wanted
from MTINetLib.session.choices import Choices, choose_volume, chosen_thresholds, chosen_volumes
from MTINetLib.session.chores import Chores
from MTINetLib.session.computer import Computer
from MTINetLib.session.correction import Correction
from MTINetLib.session.events import Events, Topic
from MTINetLib.session.imports import import_in_pieces
from MTINetLib.session.mask_run import MaskRun
from MTINetLib.session.reports import Reports
from MTINetLib.session.sample_study import SampleStudy
from MTINetLib.session.state import Message, ProgressSeen, State
from MTINetLib.session.study_in_worker import StudyInWorker, WantedStudy
from MTINetLib.session.training_session import TrainingSession
from MTINetLib.session.views import Views
from MTINetLib.study.phase import PHASES, Phase
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.faults import fault_of
from MTINetLib.worker.messages import Analyzed

_log = logging.getLogger(__name__)

#: Between two polls of a script that waits.
_PAUSE_S = 0.01


class Session:
    """What panels and scripts drive: it starts work, shows what came of it, and tells its listeners.

    Nothing here blocks but :meth:`wait`; :meth:`poll` is to be called every 30 ms or so.
    """

    def __init__(self, choices: Choices, worker: WorkerClient | None = None) -> None:
        self.choices = choices
        self.worker = worker or WorkerClient()
        self.study = StudyInWorker(self.worker)
        self.events = Events()
        self.state = State.IDLE
        self.progress: ProgressSeen | None = None
        self.message: Message | None = None
        self.findings: StudyFindings | None = None
        self.results: Results | None = None
        self.proposal: PhaseProposal | None = None
        self.analyzed: Analyzed | None = None
        self._run: AnalysisRun | None = None
        self._finishing = Chores()
        self._error: MTINetError | None = None
        self.views = Views(self)
        self.correction = Correction(self)
        self.reports = Reports(self)
        self.training = TrainingSession()
        self.sample = SampleStudy(self)
        self.computer = Computer(self)

    @property
    def busy(self) -> bool:
        """Whether something runs that the user waits for; measuring after an edit does not count."""
        return self.state not in (State.IDLE, State.MEASURING)

    @property
    def selected(self) -> int | None:
        """The number of the chosen lesion."""
        return self.choices.selectedLesion or None

    def prepare(self) -> None:
        """The module was opened: import what is needed soon, between turns of the event loop."""
        self._finishing.add(import_in_pieces())

    # Phases

    def recognise(self, among: Iterable[Any] | None = None) -> PhaseProposal:
        """Look for the four phases and choose those that are certain.

        Args:
            among: volume nodes; all of the scene if not given.
        """
        proposal = propose_phases(candidate_volumes() if among is None else tuple(among))
        for phase in PHASES:
            choice = proposal.phases.get(phase)
            choose_volume(self.choices, phase, None if choice is None else _node(choice.node_id))
        remember_recognised(proposal)
        self._propose(proposal)
        return proposal

    def check_phases(self) -> PhaseProposal:
        """Look at what the user has chosen, and say what speaks against it.

        A phase that still has the volume which was recognised keeps the evidence for it.
        """
        proposal = check_choice(chosen_volumes(self.choices))
        phases = dict(proposal.phases)
        for phase, choice in phases.items():
            known = recognised_as(phase, choice)
            if known is not None:
                phases[phase] = replace(choice, evidence=known[0], confidence=known[1])
        proposal = replace(proposal, phases=phases)
        self._propose(proposal)
        return proposal

    def wanted_study(self) -> WantedStudy:
        """The chosen volumes as a study to open.

        Raises:
            InputError: a phase was not chosen, or one volume twice.
        """
        volumes = chosen_volumes(self.choices)
        missing = [phase.title for phase in PHASES if phase not in volumes]
        if missing:
            raise InputError(f"Choose the {' and the '.join(missing)} phase first.")
        _refuse_twice(volumes)
        reference = Phase(self.choices.reference)
        return WantedStudy(volumes, reference, self.choices.alignment, self.proposal)

    # Analysis

    def start_analysis(self) -> None:
        """Begin to analyse the chosen volumes; the results show themselves. Listen to STATE for the end."""
        if not self.busy:
            self._start(AnalysisRun)

    def start_from(self, segmentation: Any) -> None:
        """As :meth:`start_analysis`, with the lesions of a segmentation of the scene.

        The network says what they are, and is not asked where lesions are. The segmentation stays as it is.
        """
        if self.busy:
            return
        if self.results is not None and segmentation is self.results.segmentation:
            self.report_error(InputError("These are the lesions that are shown already."))
            return

        self._start(partial(MaskRun, segmentation=segmentation))

    def _start(self, run: Callable[[WorkerClient, StudyInWorker, Wanted, Hearers], AnalysisRun]) -> None:
        choices = self.choices
        try:
            study = self.wanted_study()
        except MTINetError as error:
            self.report_error(error)
            return
        self._error = None
        self._say(None)
        thresholds = chosen_thresholds(choices)
        wanted = Wanted(study, choices.model or None, choices.device, choices.precision, thresholds)
        hearers = Hearers(self.saw_progress, self._shown, self._run_failed)
        self._run = run(self.worker, self.study, wanted, hearers)
        self.set_state(State.ANALYZING)

    def cancel(self) -> None:
        """End what runs; within a second the session is idle again and the scene as it was before."""
        if self.state is State.ANALYZING and self._run is not None:
            self.set_state(State.CANCELLING)
            self._run.cancel()
        elif self.state is State.ASKING:
            self.correction.cancel()
        elif self.state is State.REPORTING:
            self.reports.cancel()
        elif self.state is State.SAMPLING:
            self.sample.cancel()

    # Results

    def restore(self) -> None:
        """Take up the results that the scene holds, after it was opened or the module was reloaded."""
        results = self.analyzed = None
        if self.choices.segmentation is not None:
            results = find_results(self.choices.segmentation)
        self._take(results, None if results is None else findings_of(results))
        self._choose(self.selected, mark_lesion)  # the views stay where they are
        self.views.opened()

    def show_layout(self) -> None:
        """Turn to the four phases and the plot."""
        self.views.show()

    def set_findings(self, findings: StudyFindings) -> None:
        """Findings measured again; the nodes have been brought up to date by the caller."""
        self.findings = findings
        self.events.tell(Topic.FINDINGS)

    def select(self, label: int | None) -> None:
        """Choose a lesion: the views jump to it, it is highlighted, and the plot is its own."""
        self._choose(label, select_lesion)
        self.views.lesion_chosen()

    def _choose(self, label: int | None, show: Callable[[Results, int | None], object]) -> None:
        known = {lesion.label for lesion in self.findings.lesions} if self.findings else set()
        chosen = label if label in known else None
        self.choices.selectedLesion = chosen or 0
        if self.results is not None:
            show(self.results, chosen)
            show_curve(self.results, chosen, self.choices.relativePlot)
        self.events.tell(Topic.SELECTION)

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
            self._poll_run,
            self._finishing.run,
            self.sample.poll,
            self.correction.poll,
            self.reports.poll,
            self.training.poll,
            self.views.poll,
        )
        for part in parts:
            try:
                part()
            except Exception as error:
                self._unexpected(error)

    def wait(self, breathe: Callable[[], None] | None = None, timeout_s: float | None = None) -> None:
        """Poll until nothing runs.

        Args:
            breathe: called between polls, for example to let Slicer handle its events.

        Raises:
            MTINetError: what ended the run, Cancelled included; MissingResourceError after ``timeout_s``.
        """
        from MTINetLib.errors import MissingResourceError

        end = None if timeout_s is None else time.monotonic() + timeout_s
        while self.state is not State.IDLE or self.correction.waiting:
            self.poll()
            if breathe is not None:
                breathe()
            if end is not None and time.monotonic() > end:
                self.cancel()
                raise MissingResourceError(f"{self.state.value} took longer than {timeout_s:.0f} s.")
            time.sleep(_PAUSE_S)
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def set_state(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            if state is State.IDLE:
                self.progress = None
            self.events.tell(Topic.STATE)

    def saw_progress(self, stage: str, done: int, total: int) -> None:
        self.progress = ProgressSeen(stage, done, total)
        self.events.tell(Topic.PROGRESS)

    def report_error(self, error: MTINetError) -> None:
        """Tell the user; a cancel is no error."""
        self._error = error
        self._say(Message("info" if isinstance(error, Cancelled) else "error", str(error)))

    def inform(self, text: str) -> None:
        self._say(Message("info", text))

    def warn(self, text: str) -> None:
        self._say(Message("warning", text))

    # The scene's and the module's end

    def scene_closing(self) -> None:
        """The scene goes: what runs is cancelled, and nothing of it comes back."""
        self.cancel()
        run, self._run = self._run, None
        if run is not None:
            run.abandon()
        self._finishing.clear()
        self.correction.abandon()
        self.reports.abandon()
        self.sample.abandon()
        self.study.forget()
        self.proposal = self.analyzed = None
        self.views.scene_closing()
        self._take(None, None)
        self._error = None
        self._say(None)
        self.set_state(State.IDLE)
        self.events.tell(Topic.PHASES)

    def close(self) -> None:
        """End the worker processes and remove their files."""
        self.correction.abandon()
        self.reports.abandon()
        self.training.close()
        self.worker.close()

    def _poll_run(self) -> None:
        if self._run is not None:
            self._run.poll()

    def _shown(self, results: Results, findings: StudyFindings, analyzed: Analyzed) -> None:
        self._run = None
        self._finishing.add(self._take_over(results, findings, analyzed))

    def _take_over(
        self, results: Results, findings: StudyFindings, analyzed: Analyzed
    ) -> Generator[None, None, None]:
        """In steps: at once, they and what panels do with them would be felt."""
        before, old = self.results, self.findings
        self.analyzed = analyzed
        self.choices.segmentation = results.segmentation
        self._take(results, findings)
        yield
        self.show_layout()
        yield
        self.select(findings.lesions[0].label if findings.lesions else None)
        yield
        if before is not None and old is not None:
            self._clear_away(before, old)
        yield
        self.set_state(State.IDLE)

    def _clear_away(self, before: Results, findings: StudyFindings) -> None:
        """Newer results replace older ones, but never what a person has drawn."""
        if findings.provenance.corrected_by_person:
            self.inform(f"Your corrected lesions of before are kept, hidden, as '{set_aside(before)}'.")
        else:
            remove_results(before)

    def _take(self, results: Results | None, findings: StudyFindings | None) -> None:
        self.results, self.findings = results, findings
        self.correction.watch(results)
        self.events.tell(Topic.FINDINGS)

    def _run_failed(self, error: MTINetError) -> None:
        self._run = None
        self.report_error(error)
        self.set_state(State.IDLE)

    def _propose(self, proposal: PhaseProposal) -> None:
        self.proposal = proposal
        self.views.phases_known()
        self.events.tell(Topic.PHASES)

    def _unexpected(self, error: Exception) -> None:
        """A fault of ours: its place into the log, one sentence to the user, and idle again."""
        fault = fault_of(error)
        if fault.place:
            _log.error("%s failed: %s", self.state.value, fault.place)
        self.report_error(error if isinstance(error, MTINetError) else fault.error())
        self._run = None
        self._finishing.clear()
        self.set_state(State.IDLE)

    def _say(self, message: Message | None) -> None:
        self.message = message
        self.events.tell(Topic.MESSAGE)


def _node(node_id: str) -> Any:
    from MTINetLib.scene.slicer_core import slicer_module

    return slicer_module().mrmlScene.GetNodeByID(node_id)


def _refuse_twice(volumes: Mapping[Phase, Any]) -> None:
    for phase in PHASES:
        for other in PHASES[: phase.index]:
            if volumes[phase] is volumes[other]:
                raise InputError(
                    f"The {other.title} and the {phase.title} phase are the same volume; choose a different "
                    "one for each."
                )
