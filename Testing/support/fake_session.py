"""A session for tests of panels: it does what the test says, at once, and remembers what was asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from MTINetLib.presentation.statements import as_it_is
from MTINetLib.progress import Stage
from MTINetLib.scene.phase_proposal import PhaseChoice, PhaseProposal
from MTINetLib.scene.slicer_core import application_scene
from MTINetLib.session.choices import Choices, choose_volume, chosen_volumes
from MTINetLib.session.events import Events, Topic
from MTINetLib.session.state import Message, ProgressSeen, State
from MTINetLib.study.evidence import CHOSEN
from MTINetLib.study.phase import FOUR_PHASES, Phase


def told(node: Any, *evidence: str, confidence: float = 0.97, time_s: float | None = None) -> PhaseChoice:
    """What is known of this node."""
    return PhaseChoice(node.GetID(), node.GetName(), evidence, confidence, time_s)


def proposal(
    phases: dict[Phase, PhaseChoice], *warnings: str, left_out: tuple[tuple[str, str], ...] = ()
) -> PhaseProposal:
    """What recognise() gives back."""
    missing = tuple(phase for phase in FOUR_PHASES if phase not in phases)
    return PhaseProposal(phases, missing, warnings, left_out)


@dataclass
class FakeComputer:
    """Stands for session.computer."""

    environment: Any = None
    problem: str | None = None
    asking: bool = False
    asked: int = 0

    def ask(self) -> None:
        self.asked += 1


@dataclass
class FakeOutlining:
    """Stands for session.outlining."""

    installed: bool = True
    asked: list[Any] = field(default_factory=list)

    def install(self, file: str | None = None) -> None:
        self.asked.append(file)


@dataclass
class FakeResultsFolder:
    """Stands for session.results_folder."""

    without_images: str = ""
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def open(self, *folders: str) -> None:
        self.asked.append(folders)
        self.without_images = ""


@dataclass
class FakeTraining:
    """Stands for session.training."""

    busy: bool = False
    told: list[Any] = field(default_factory=list)

    @property
    def events(self) -> Any:
        return SimpleNamespace(tell=self.told.append)


@dataclass
class FakeSession:
    """Stands for MTINetLib.session.session.Session.

    Args:
        sees: what recognise() finds; its nodes become the choices.
        warns: the warnings of check_phases().
        asked: names of the methods that were called, with their arguments where there are some.
    """

    sees: Any = None
    warns: tuple[str, ...] = ()
    choices: Choices = field(default_factory=Choices)
    events: Events = field(default_factory=Events)
    state: State = State.IDLE
    progress: ProgressSeen | None = None
    message: Message | None = None
    findings: Any = None
    results: Any = None
    proposal: Any = None
    computer: FakeComputer = field(default_factory=FakeComputer)
    outlining: FakeOutlining = field(default_factory=FakeOutlining)
    asked: list[Any] = field(default_factory=list)
    error: Exception | None = None
    training: FakeTraining = field(default_factory=FakeTraining)
    results_folder: FakeResultsFolder = field(default_factory=FakeResultsFolder)
    sensitivity: Any = field(
        default_factory=lambda: SimpleNamespace(
            offered=None, chosen=None, open=False, choose=lambda place: None
        )
    )

    @property
    def scene(self) -> Any:
        return application_scene()

    @property
    def busy(self) -> bool:
        return self.state not in (State.IDLE, State.MEASURING)

    @property
    def sample(self) -> Any:
        return SimpleNamespace(load=lambda: self._asked("sample"))

    def recognise(self, among: Any = None) -> Any:
        self._asked("recognise" if among is None else ("recognise", tuple(among)))
        for phase in FOUR_PHASES:
            choice = self.sees.phases.get(phase)
            node = None if choice is None else self.scene.mrml.GetNodeByID(choice.node_id)
            choose_volume(self.choices, phase, node)  # type: ignore[arg-type]
        return self._propose(self.sees)

    def check_phases(self) -> Any:
        self._asked("check_phases")
        chosen = chosen_volumes(self.choices)  # type: ignore[arg-type]
        phases = {phase: self._told(phase, node) for phase, node in chosen.items()}
        return self._propose(proposal(phases, *self.warns))

    def _told(self, phase: Phase, node: Any) -> PhaseChoice:
        seen = self.sees.phases.get(phase) if self.sees is not None else None
        same = seen is not None and seen.node_id == node.GetID()
        return seen if same else told(node, CHOSEN, confidence=1.0)

    def start_analysis(self) -> None:
        self._asked("start_analysis")
        self.now(State.ANALYZING)

    def cancel(self) -> None:
        self._asked("cancel")
        self.now(State.CANCELLING)

    def report_error(self, error: Exception) -> None:
        self.say("error", str(error))

    def now(self, state: State) -> None:
        """Change the state and tell it."""
        self.state = state
        self.events.tell(Topic.STATE)

    def saw(self, stage: Stage, done: int, total: int) -> None:
        self.progress = ProgressSeen(stage, done, total)
        self.events.tell(Topic.PROGRESS)

    def say(self, kind: Any, text: str) -> None:
        self.message = Message(kind, (as_it_is(text),))
        self.events.tell(Topic.MESSAGE)

    def _asked(self, what: Any) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error

    def _propose(self, found: Any) -> Any:
        self.proposal = found
        self.events.tell(Topic.PHASES)
        return found
