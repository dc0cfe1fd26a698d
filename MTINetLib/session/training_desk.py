"""The short jobs beside a training: datasets checked and added to, models kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MTINetLib.errors import Cancelled, MTINetError
from MTINetLib.session.calls import Answers
from MTINetLib.session.chores import Chores
from MTINetLib.session.events import Events
from MTINetLib.session.state import Message, ProgressSeen
from MTINetLib.session.training_case import CaseChoices, hand_over_case
from MTINetLib.session.training_state import About, Doing, TrainingTopic
from MTINetLib.worker.client import Call, WorkerClient
from MTINetLib.worker.training_messages import (
    AddCase,
    CaseAdded,
    CaseRow,
    CheckDataset,
    CheckedDataset,
    KeepModel,
    ModelKept,
)

if TYPE_CHECKING:
    from MTINetLib.session.session import Session


_ABOUT = {
    Doing.NOTHING: About.DATASET,
    Doing.CHECKING: About.DATASET,
    Doing.ADDING: About.CASE,
    Doing.KEEPING: About.MODEL,
}


class TrainingDesk:
    """One job at a time, in a worker that ends when there is none. Listen to DATASET and MODELS.

    ``rows`` are the cases looked at so far, ``checked`` the whole check once it is done.
    """

    def __init__(
        self,
        events: Events,
        say: Callable[[Message | None, About], None],
        make_worker: Callable[[], WorkerClient],
    ) -> None:
        self._events, self._say, self._make_worker = events, say, make_worker
        self._worker: WorkerClient | None = None
        self._call: Call | None = None
        self._chores = Chores()
        self._ended = True
        self.doing = Doing.NOTHING
        self.progress: ProgressSeen | None = None
        self.folder = ""
        self.rows: list[CaseRow] = []
        self.checked: CheckedDataset | None = None
        self.error: MTINetError | None = None

    def check(self, folder: str) -> None:
        """Look at a dataset; a check that still runs for another folder is given up."""
        if self.doing in (Doing.ADDING, Doing.KEEPING):
            return
        self._give_up()
        self.folder, self.rows, self.checked = folder, [], None
        self._events.tell(TrainingTopic.DATASET)
        if folder:
            self._submit(Doing.CHECKING, "check_dataset", CheckDataset(folder).to_dict(), self._was_checked)

    def add_case(self, session: Session, choices: CaseChoices) -> None:
        """Add the study in the scene to a dataset, and check the dataset again."""
        if self.doing in (Doing.ADDING, Doing.KEEPING):
            return
        self._give_up()
        self._set(Doing.ADDING)
        chore = hand_over_case(
            session, self._open().folder, choices, self._case_ready, self._failed, self._progressed
        )
        self._chores.add(chore)

    def keep(self, trained: Path, name: str) -> None:
        """Copy a trained model to the user's own."""
        if self.doing in (Doing.ADDING, Doing.KEEPING):
            return
        self._give_up()
        self._submit(Doing.KEEPING, "keep_model", KeepModel(str(trained), name).to_dict(), self._was_kept)

    def cancel(self) -> None:
        """End what runs, within a second."""
        if self._call is not None and self._worker is not None:
            self._worker.cancel(self._call)
        elif self.doing is not Doing.NOTHING:
            self._chores.clear()
            self._failed(Cancelled("Adding the case was cancelled; the dataset is as it was."))

    def poll(self) -> None:
        try:
            self._chores.run()
        except MTINetError as error:
            self._failed(error)
        if self._worker is not None:
            self._worker.poll()
            if self.doing is Doing.NOTHING:
                self.close()

    def close(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _open(self) -> WorkerClient:
        self._worker = self._worker or self._make_worker()
        return self._worker

    def _submit(
        self, doing: Doing, job: str, arguments: Mapping[str, Any], done: Callable[[dict[str, Any]], None]
    ) -> None:
        self._set(doing)
        answers = Answers(done, self._failed, self._progressed, self._heard)
        self._call = self._open().submit(job, arguments, answers)

    def _set(self, doing: Doing) -> None:
        self.doing, self.progress = doing, None
        if doing is not Doing.NOTHING:
            self.error = None
        else:
            self._call = None
        self._events.tell(TrainingTopic.DATASET)

    def _give_up(self) -> None:
        """Drop a check whose answer nobody waits for any more, with its process."""
        if self.doing is Doing.CHECKING:
            self._call = None
            self.doing = Doing.NOTHING
            self.close()

    def _progressed(self, stage: str, done: int, total: int) -> None:
        self.progress = ProgressSeen(stage, done, total)
        self._events.tell(TrainingTopic.PROGRESS)

    def _heard(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "case":
            self.rows.append(CaseRow.from_dict(data))
            self._events.tell(TrainingTopic.DATASET)

    def _was_checked(self, result: dict[str, Any]) -> None:
        self.checked = CheckedDataset.from_dict(result)
        self.rows = list(self.checked.cases)
        self._set(Doing.NOTHING)

    def _case_ready(self, request: AddCase) -> None:
        if self.doing is Doing.ADDING:
            self._submit(Doing.ADDING, "add_case", request.to_dict(), self._was_added)

    def _was_added(self, result: dict[str, Any]) -> None:
        added = CaseAdded.from_dict(result)
        folder = str(Path(added.folder).parent.parent)
        self._set(Doing.NOTHING)
        self._say(Message("info", f"The study was added as {added.case} of {added.patient}."), About.CASE)
        self.check(folder)

    def _was_kept(self, result: dict[str, Any]) -> None:
        kept = ModelKept.from_dict(result)
        self._set(Doing.NOTHING)
        self._say(Message("info", f"The model '{kept.name}' is kept; Analyze can use it now."), About.MODEL)
        self._events.tell(TrainingTopic.MODELS)

    def _failed(self, error: MTINetError) -> None:
        about = _ABOUT[self.doing]
        self._set(Doing.NOTHING)
        self.error = error
        self._say(Message("info" if isinstance(error, Cancelled) else "error", str(error)), about)
