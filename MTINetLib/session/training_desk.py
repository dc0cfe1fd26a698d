"""The short jobs beside a training: datasets checked and added to, models kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from MTINetLib.errors import MTINetError, Statement
from MTINetLib.session.core import SessionCore
from MTINetLib.session.events import Events
from MTINetLib.session.state import Message, ProgressSeen, message_of
from MTINetLib.session.task import Steps, Task, ask
from MTINetLib.session.training_case import CaseChoices, add_case
from MTINetLib.session.training_state import About, Doing, TrainingTopic
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.training_requests import CaseRow, CheckDataset, CheckedDataset, KeepModel

#: What is done when a job is over.
_Then = Callable[[], None]
_ABOUT = {
    Doing.NOTHING: About.DATASET,
    Doing.CHECKING: About.DATASET,
    Doing.ADDING: About.CASE,
    Doing.KEEPING: About.MODEL,
}


class TrainingDesk:
    """One job at a time, in a worker that ends when there is none. Listen to DATASET and MODELS.

    Attributes:
        rows: the cases looked at so far.
        checked: the whole check once it is done.
    """

    def __init__(
        self,
        events: Events,
        say: Callable[[Message | None, About], None],
        make_worker: Callable[[], WorkerClient],
    ) -> None:
        self._events, self._say, self._make_worker = events, say, make_worker
        self._worker: WorkerClient | None = None
        self._task: Task[Any] | None = None
        self._last = Doing.NOTHING
        self.folder = ""
        self.rows: list[CaseRow] = []
        self.checked: CheckedDataset | None = None
        self.error: MTINetError | None = None

    @property
    def doing(self) -> Doing:
        return self._last if self._task is not None and self._task.running else Doing.NOTHING

    @property
    def progress(self) -> ProgressSeen | None:
        return None if self._task is None else self._task.progress

    def check(self, folder: str) -> None:
        """Look at a dataset; a check that still runs for another folder is given up."""
        if self._give_up_check():
            self.folder, self.rows, self.checked = folder, [], None
            self._events.tell(TrainingTopic.DATASET)
            if folder:
                self._begin(Doing.CHECKING, self._check(self._open(), folder))

    def add_case(self, core: SessionCore, choices: CaseChoices) -> None:
        """Add the study in the scene to a dataset, and check the dataset again."""
        if self._give_up_check():
            self._begin(Doing.ADDING, self._add(core, self._open(), choices))

    def keep(self, trained: Path, name: str) -> None:
        """Copy a trained model to the user's own."""
        if self._give_up_check():
            self._begin(Doing.KEEPING, self._keep(self._open(), trained, name))

    def cancel(self) -> None:
        """End what runs, within a second."""
        if self._task is not None:
            self._task.cancel()

    def poll(self) -> None:
        if self._worker is not None:
            self._worker.poll()
        if self._task is not None:
            self._task.poll()
        if self.doing is Doing.NOTHING:
            self.close()

    def close(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
            if self._task is not None:
                self._task.poll()  # it hears of that

    def _open(self) -> WorkerClient:
        self._worker = self._worker or self._make_worker()
        return self._worker

    def _begin(self, doing: Doing, steps: Steps[_Then]) -> None:
        self.error = None
        self._last = doing
        self._task = Task(
            steps, on_progress=lambda _: self._events.tell(TrainingTopic.PROGRESS), on_end=self._ended
        )
        self._events.tell(TrainingTopic.DATASET)

    def _give_up_check(self) -> bool:
        """Whether something may begin: a check, whose answer nobody waits for any more, makes room."""
        if self.doing is Doing.CHECKING and self._task is not None:
            self._task.abandon()
            self.close()
        return self.doing is Doing.NOTHING

    def _ended(self, task: Task[_Then]) -> None:
        self._events.tell(TrainingTopic.DATASET)
        self.error = task.error
        if task.error is not None:
            self._say(message_of(task.error), _ABOUT[self._last])
        elif task.result is not None:
            task.result()

    # The steps of the jobs; each returns what is done when it is over

    def _check(self, worker: WorkerClient, folder: str) -> Steps[_Then]:
        checked = yield from ask(worker, CheckDataset(folder), self._heard)
        self.checked, self.rows = checked, list(checked.cases)
        return lambda: None

    def _heard(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "case":
            self.rows.append(CaseRow.from_dict(data))
            self._events.tell(TrainingTopic.DATASET)

    def _add(self, core: SessionCore, worker: WorkerClient, choices: CaseChoices) -> Steps[_Then]:
        added = yield from add_case(core, worker, choices)

        def then() -> None:
            told = Statement.of("case_added", case=added.case, patient=added.patient)
            self._say(Message("info", (told,)), About.CASE)
            self.check(str(Path(added.folder).parent.parent))

        return then

    def _keep(self, worker: WorkerClient, trained: Path, name: str) -> Steps[_Then]:
        kept = yield from ask(worker, KeepModel(str(trained), name))

        def then() -> None:
            told = Statement.of("model_kept", model=kept.name)
            self._say(Message("info", (told,)), About.MODEL)
            self._events.tell(TrainingTopic.MODELS)

        return then
