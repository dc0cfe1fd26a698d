"""The training run that goes on in a worker of its own, so that Analyze still works."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from typing import Any

from MTINetLib.errors import (
    Cancelled,
    DatasetChanged,
    InputError,
    MTINetError,
    RunEnded,
    Statement,
    Stopped,
)
from MTINetLib.presentation.statements import as_it_is, error_of, statement_of
from MTINetLib.progress import Stage
from MTINetLib.session.events import Events
from MTINetLib.session.state import Message, ProgressSeen
from MTINetLib.session.task import Status, Task, ask
from MTINetLib.session.training_curves import Curves, curves_of_run
from MTINetLib.session.training_runs import RunRecord, new_run_folder, remember_run, training_folder
from MTINetLib.session.training_state import RunState, TrainingChoices, TrainingTopic
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.training_requests import PAUSE, RESUME, STOP, Figures, Pace, Planned, Train, Trained

#: A run that was asked to stop has so long to export its best model.
_STOP_GRACE_S = 30.0
_NOT_HELD = (RunState.STARTING, RunState.PREPARING, RunState.TRAINING)


class _Held(Enum):
    """Whether the run waits at a step."""

    NO = auto()
    ASKED = auto()
    YES = auto()


class TrainingRun:
    """Starts, holds and ends one run at a time; keeps what is known of it. Listen to RUN and its like.

    Args:
        say: gets the sentences for the user.
        make_worker: makes the client of a new worker process.
    """

    def __init__(
        self, events: Events, say: Callable[[Message | None], None], make_worker: Callable[[], WorkerClient]
    ) -> None:
        self._events, self._say, self._make_worker = events, say, make_worker
        self._worker: WorkerClient | None = None
        self._task: Task[Trained] | None = None
        self._stage = RunState.STARTING
        self._held = _Held.NO
        self._stop_by: float | None = None
        self._told = RunState.IDLE
        self.record: RunRecord | None = None
        self.trained: Trained | None = None
        self.left_s: float | None = None
        self.part, self.parts = 1, 1
        self.curves = Curves()
        self.error: MTINetError | None = None

    @property
    def state(self) -> RunState:
        """What the run does."""
        if self._task is None or not self._task.running:
            return RunState.IDLE
        if self._stop_by is not None or self._task.status is Status.CANCELLING:
            return RunState.STOPPING
        return {_Held.ASKED: RunState.PAUSING, _Held.YES: RunState.PAUSED}.get(self._held, self._stage)

    @property
    def progress(self) -> ProgressSeen | None:
        return None if self._task is None or not self._task.running else self._task.progress

    @property
    def active(self) -> bool:
        """Whether a run goes on, held ones included."""
        return self.state is not RunState.IDLE

    @property
    def dataset_changed(self) -> bool:
        """Whether the run was refused since its dataset has changed; the user may accept that."""
        return not self.active and isinstance(self.error, DatasetChanged)

    def start(self, choices: TrainingChoices) -> None:
        """Begin a new run.

        Raises:
            MTINetError: it cannot be written down where it belongs.
        """
        if self.active:
            return
        if not choices.dataset:
            raise error_of(InputError, "no_dataset")
        within = Path(choices.runs_folder) if choices.runs_folder else training_folder()
        if choices.runs_folder and not within.is_dir():
            raise error_of(InputError, "no_runs_folder", folder=within)
        folder = new_run_folder(within)
        record = RunRecord(folder, choices, datetime.now().isoformat(timespec="seconds"))
        self.curves = Curves()
        self._begin(record, resume=False)

    def resume_from_checkpoint(self, accept_data_changes: bool = False) -> None:
        """Go on with the run that is shown, from the end of its last epoch.

        Args:
            accept_data_changes: also where the dataset has changed: new patients then join training.

        Raises:
            InputError: it has nothing to go on from.
        """
        if self.active:
            return
        if self.record is None or not self.record.can_resume:
            raise error_of(InputError, "run_cannot_resume")
        self._begin(self.record, resume=True, data_changes="accept" if accept_data_changes else "refuse")

    def show(self, record: RunRecord) -> None:
        """Show another run; not while one goes on."""
        if self.active:
            return
        self.record, self.trained, self.error = record, None, None
        self.parts = max(1, record.choices.folds)
        self.part = len(record.parts)
        self.curves = curves_of_run(record.parts[-1])
        self._events.tell(TrainingTopic.RUN)
        self._events.tell(TrainingTopic.CURVES)

    def pause(self) -> None:
        """Hold the run at its next step."""
        if self.state in _NOT_HELD and self._control(PAUSE):
            self._held = _Held.ASKED
            self._tell()

    def resume(self) -> None:
        """Let a held run go on."""
        if self.state in (RunState.PAUSED, RunState.PAUSING) and self._control(RESUME):
            self._held = _Held.NO
            self._tell()

    def stop(self) -> None:
        """End the run at its next step; the best model so far is exported."""
        if self._task is None or not self.active or self.state is RunState.STOPPING:
            return
        if self._stage is RunState.TRAINING and self._control(STOP):
            self._stop_by = time.monotonic() + _STOP_GRACE_S
        else:
            # Nothing is learnt yet, and reading a case may take long: no need to wait for it.
            self._task.cancel()
        self._tell()

    def poll(self) -> None:
        worker, task = self._worker, self._task
        if worker is None or task is None:
            return
        worker.poll()
        task.poll()
        if self._stop_by is not None and time.monotonic() > self._stop_by:
            task.cancel()
        if not self.active:
            # Its memory, and the GPU's, go back.
            self.close()

    def close(self) -> None:
        """End the worker; the run can go on another time from its last epoch."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
            if self._task is not None:
                self._task.poll()  # it hears of that

    def _begin(self, record: RunRecord, resume: bool, data_changes: str = "refuse") -> None:
        remember_run(record)
        choices = record.choices
        request = Train(
            dataset=choices.dataset,
            run=str(record.folder),
            preset=choices.preset,
            epochs=None if resume else choices.epochs,
            minutes=None if resume else choices.minutes,
            folds=choices.folds,
            device=choices.device,
            batch_size=choices.batch_size,
            name=choices.name,
            resume=resume,
            # Beside the runs, which share it: cases are prepared once.
            cache=str(record.folder.parent / "cache"),
            changes=choices.changes,
            start_from=choices.start_from,
            data_changes=data_changes,
        )
        self.record, self.trained, self.error = record, None, None
        self.left_s, self._stop_by, self._held = None, None, _Held.NO
        self.part, self.parts = len(record.parts) if resume else 1, choices.folds
        self._stage = RunState.STARTING
        self._say(None)
        worker = self._worker = self._worker or self._make_worker()
        steps = ask(worker, request, self._heard)
        self._task = Task(steps, on_progress=self._progressed, on_end=self._ended)
        self._task.poll()
        self._tell()
        self._events.tell(TrainingTopic.CURVES)

    def _control(self, word: str) -> bool:
        call = None if self._task is None else self._task.call
        if self._worker is None or call is None:
            return False
        self._worker.control(call, word)
        return True

    def _tell(self) -> None:
        if self.state is not self._told:
            self._told = self.state
            self._events.tell(TrainingTopic.RUN)

    def _progressed(self, task: Task[Trained]) -> None:
        if task.progress is not None and task.progress.stage is Stage.TRAINING:
            self._stage = RunState.TRAINING
        elif task.progress is not None and task.progress.stage is not Stage.LOADING_TORCH:
            self._stage = RunState.PREPARING
        self._tell()
        self._events.tell(TrainingTopic.PROGRESS)

    def _heard(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "metrics":
            figures = Figures.from_dict(data)
            self._came_to(figures.part, figures.parts)
            self.curves.add(figures.step, figures.epoch, figures.values)
            self._events.tell(TrainingTopic.CURVES)
        elif kind == "pace":
            pace = Pace.from_dict(data)
            self._came_to(pace.part, pace.parts)
            self.left_s = pace.left_s
            self._events.tell(TrainingTopic.PROGRESS)
        elif kind == "plan":
            self._say(Message("info", (as_it_is(Planned.from_dict(data).text),)))
        elif kind == "paused" and self._held is _Held.ASKED:
            self._held = _Held.YES
            self._tell()

    def _came_to(self, part: int, parts: int) -> None:
        if part != self.part:
            self.part, self.curves = part, Curves()
        self.parts = parts

    def _ended(self, task: Task[Trained]) -> None:
        self._stop_by = self.left_s = None
        self.error = task.error
        if task.result is not None:
            told = self._done(task.result)
        else:
            told = self._failed(task.error or error_of(Cancelled, "cancelled"))
        self._tell()
        self._say(told)

    def _done(self, trained: Trained) -> Message:
        assert self.record is not None
        self.trained = trained
        self.record = replace(self.record, finished=trained.finished)
        told = told_of(trained)
        try:
            remember_run(self.record)  # before the end is told: those who hear it look at the list
        except MTINetError as error:
            return Message("warning", (*told, statement_of(error)))
        return Message("info", told)

    def _failed(self, error: MTINetError) -> Message:
        says_how_to_go_on = isinstance(error, (Stopped, RunEnded))
        cancelled = isinstance(error, Cancelled)
        said = [statement_of(error)]
        if cancelled and not says_how_to_go_on:
            said = [Statement.of("training_stopped")]
        if self.record is not None and self.record.can_resume and not says_how_to_go_on:
            said.append(Statement.of("resume_from_epoch"))
        return Message("info" if cancelled else "error", tuple(said))


def told_of(trained: Trained) -> tuple[Statement, ...]:
    """What a run left."""
    models = trained.models
    if trained.verdict:
        return as_it_is(trained.verdict), as_it_is(models[0].thresholds)
    figures: dict[str, float] = {}
    for name in ("dice", "accuracy", "mae_percent"):
        values = [model.scores[name] for model in models if name in model.scores]
        if values:
            figures[name] = sum(values) / len(values)
    told = [
        Statement.of(
            "training_over",
            steps=trained.steps,
            models=len(models),
            figures=figures,
            finished=trained.finished,
        )
    ]
    if len(models) == 1 and models[0].thresholds:
        told.append(as_it_is(models[0].thresholds))
    if not trained.finished:
        told.append(Statement.of("resume_goes_on"))
    return tuple(told)
