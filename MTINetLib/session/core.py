"""What the parts of a session share: choices, worker, results and findings, messages, and what runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MTINetLib.errors import MTINetError, Statement
from MTINetLib.findings import StudyFindings
from MTINetLib.scene.phase_proposal import PhaseProposal
from MTINetLib.scene.results import Results, show_curve
from MTINetLib.scene.scene import Scene
from MTINetLib.session.choices import Choices
from MTINetLib.session.events import Events, Topic
from MTINetLib.session.state import Message, ProgressSeen, State, message_of
from MTINetLib.session.study_in_worker import StudyInWorker
from MTINetLib.session.task import Steps, Task
from MTINetLib.session.tasks import Tasks
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.requests import Analyzed


class SessionCore:
    """Parts look at it, begin tasks with it and say through it what came of them.

    Attributes:
        scene: where the study and its results are.
        analyzed: what the last analysis left on the disk; None where the scene was opened again.
        error: the last one that was reported, for scripts that wait.
    """

    def __init__(self, scene: Scene, choices: Choices, worker: WorkerClient) -> None:
        self.scene = scene
        self.choices = choices
        self.worker = worker
        self.study = StudyInWorker(worker)
        self.events = Events()
        self.tasks = Tasks(self.events)
        self.message: Message | None = None
        self.error: MTINetError | None = None
        self.findings: StudyFindings | None = None
        self.results: Results | None = None
        self.proposal: PhaseProposal | None = None
        self.analyzed: Analyzed | None = None

    @property
    def state(self) -> State:
        """What the session does."""
        return self.tasks.state

    @property
    def progress(self) -> ProgressSeen | None:
        """How far it is with that."""
        return self.tasks.progress

    @property
    def busy(self) -> bool:
        """Whether something runs that the user waits for; measuring after an edit does not count."""
        return self.state not in (State.IDLE, State.MEASURING)

    @property
    def waiting(self) -> bool:
        """Whether findings are still to come for what the masks are now."""
        return False

    @property
    def selected(self) -> int | None:
        """The number of the chosen lesion."""
        return self.choices.selectedLesion or None

    def begin(
        self, state: State, steps: Steps[Any], *, check: Callable[[], None] = lambda: None
    ) -> Task[Any]:
        """Begin a task whose error goes to the user; see :meth:`Tasks.start`."""
        return self.tasks.start(state, steps, self.report_error, check=check)

    def choose(self, label: int | None, show: Callable[[Results, int | None], object]) -> None:
        """Make a lesion the chosen one, and the plot its own; ``show`` marks it in the scene."""
        known = {lesion.label for lesion in self.findings.lesions} if self.findings else set()
        chosen = label if label in known else None
        self.choices.selectedLesion = chosen or 0
        if self.results is not None:
            show(self.results, chosen)
            show_curve(self.results, chosen, self.choices.relativePlot)
        self.events.tell(Topic.SELECTION)

    def set_findings(self, findings: StudyFindings) -> None:
        """Findings measured again; the nodes have been brought up to date by the caller."""
        self.findings = findings
        self.events.tell(Topic.FINDINGS)

    def report_error(self, error: MTINetError) -> None:
        """Tell the user; a cancel is no error."""
        self.error = error
        self.say(message_of(error))

    def inform(self, code: str, **values: Any) -> None:
        """Tell the user what went well; see ``presentation.statement_texts``."""
        self.say(Message("info", (Statement.of(code, **values),)))

    def warn(self, code: str, **values: Any) -> None:
        """Tell the user of something that is to be minded."""
        self.say(Message("warning", (Statement.of(code, **values),)))

    def say(self, message: Message | None) -> None:
        self.message = message
        self.events.tell(Topic.MESSAGE)
