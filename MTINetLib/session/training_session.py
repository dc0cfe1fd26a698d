"""Training, as panels and scripts drive it: datasets, one run at a time, and the models that came of runs.

It has worker processes of its own: Analyze goes on meanwhile, and neither the panel's nor the scene's end
touches a run.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from MTINetLib.errors import InputError, MissingResourceError, MTINetError, Statement
from MTINetLib.models.info import ModelInfo
from MTINetLib.models.kept import delete_model, kept_models
from MTINetLib.presentation.statements import as_it_is, error_of
from MTINetLib.session.core import SessionCore
from MTINetLib.session.events import Events
from MTINetLib.session.state import Message, message_of
from MTINetLib.session.training_case import CaseChoices
from MTINetLib.session.training_desk import TrainingDesk
from MTINetLib.session.training_run import TrainingRun
from MTINetLib.session.training_runs import RunRecord, forget_run, recent_runs
from MTINetLib.session.training_state import About, Doing, TrainingChoices, TrainingTopic
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.faults import logged

_log = logging.getLogger(__name__)
_PAUSE_S = 0.01


class TrainingSession:
    """``run`` is the training, ``desk`` does the short jobs; ``events`` tells of TrainingTopics.

    Nothing here blocks but :meth:`wait`; :meth:`poll` is called by the module's timer. Errors end in
    ``message``, one sentence for the user, and ``about`` says what it is about.
    """

    def __init__(self, make_worker: Callable[[], WorkerClient] = WorkerClient) -> None:
        self.events = Events()
        self.message: Message | None = None
        self.about = About.RUN
        self.run = TrainingRun(self.events, self._say, make_worker)
        self.desk = TrainingDesk(self.events, self._say, make_worker)

    @property
    def busy(self) -> bool:
        """Whether a run or a short job goes on."""
        return self.run.active or self.desk.doing is not Doing.NOTHING

    # Datasets

    def check(self, folder: str | Path) -> None:
        """Look at every case of a dataset; the rows come one by one."""
        self.desk.check(str(folder))

    def add_case(self, core: SessionCore, choices: CaseChoices) -> None:
        """Add the corrected study that is open in a session to a dataset."""
        self._say(None)
        self.desk.add_case(core, choices)

    # Runs

    def start(self, choices: TrainingChoices) -> None:
        """Begin a new run, unless the dataset is known to have faults."""
        checked = self.desk.checked
        known = checked is not None and checked.dataset == choices.dataset
        if known and checked is not None and not checked.usable:
            bad = [case.case or f"line {case.line}" for case in checked.cases if case.problems]
            told = as_it_is(checked.problems[0]) if checked.problems else _mend(bad)
            self._say(Message("error", (told,)))
            return
        self._try(lambda: self.run.start(choices))

    def begin(self, choices: TrainingChoices) -> None:
        """As :meth:`start`, for scripts.

        Raises:
            InputError: the run has not begun; the message says why.
        """
        self.start(choices)
        if not self.run.active:
            raise InputError("" if self.message is None else self.message.text)

    def resume(self) -> None:
        """Let a held run go on, or a run that was interrupted from its last epoch."""
        if self.run.active:
            self.run.resume()
        else:
            self._try(self.run.resume_from_checkpoint)

    def accept_changes(self) -> None:
        """Go on with a run that was refused since its dataset has changed: new patients join training."""
        self._try(lambda: self.run.resume_from_checkpoint(accept_data_changes=True))

    def attach(self) -> None:
        """Show the latest run, if none is shown yet: after a restart it can go on."""
        if self.run.record is None:
            for record in recent_runs()[:1]:
                self.run.show(record)

    def recent_runs(self) -> list[RunRecord]:
        return recent_runs()

    def forget(self, record: RunRecord) -> None:
        """Take a run off the list; its folder stays."""
        self._try(lambda: forget_run(record))
        self.events.tell(TrainingTopic.RUN)

    # Models

    def kept_models(self) -> list[ModelInfo]:
        return kept_models()

    def keep(self, name: str, part: int = 1) -> None:
        """Keep the model of the run that is shown under a name.

        Args:
            part: the fold, from 1.
        """
        models = self.run.record.models if self.run.record is not None else ()
        if not 1 <= part <= len(models):
            self._say(Message("error", (Statement.of("no_model_yet"),)), About.MODEL)
            return
        self._say(None)
        self.desk.keep(models[part - 1], name)

    def delete(self, model: ModelInfo) -> None:
        """Delete a kept model."""
        self._try(lambda: delete_model(model.folder), About.MODEL)
        self.events.tell(TrainingTopic.MODELS)

    # What runs

    def poll(self) -> None:
        """Hear the workers; never raises."""
        for part in (self.run.poll, self.desk.poll):
            try:
                part()
            except Exception as error:
                self._say(message_of(logged(error, _log, "training failed")))

    def wait(self, process_events: Callable[[], None] | None = None, timeout_s: float | None = None) -> None:
        """Poll until nothing goes on.

        Raises:
            MTINetError: what ended the run or the job; MissingResourceError after ``timeout_s``.
        """
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while self.busy:
            self.poll()
            if process_events is not None:
                process_events()
            if end is not None and time.monotonic() > end:
                self.run.stop()
                self.desk.cancel()
                raise error_of(MissingResourceError, "training_too_long", seconds=timeout_s)
            time.sleep(_PAUSE_S)
        self.poll()
        for part in (self.run, self.desk):
            error, part.error = part.error, None
            if error is not None:
                raise error

    def close(self) -> None:
        """End the workers; an interrupted run can go on another time."""
        self.run.close()
        self.desk.close()

    def _try(self, what: Callable[[], None], about: About = About.RUN) -> None:
        try:
            what()
        except MTINetError as error:
            self._say(message_of(error), about)

    def _say(self, message: Message | None, about: About = About.RUN) -> None:
        self.message, self.about = message, about
        self.events.tell(TrainingTopic.MESSAGE)


def _mend(bad: list[str]) -> Statement:
    names = ", ".join(bad[:3]) + (" ..." if len(bad) > 3 else "")
    if len(bad) == 1:
        return Statement.of("one_bad_case", cases=names)
    return Statement.of("bad_cases", count=len(bad), cases=names)
