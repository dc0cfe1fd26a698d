"""Training as the panel drives it, over real worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.small_dataset import SHORT, tiny_network, write_small_dataset
from support.waiting import wait_until

from MTINetLib.models.kept import kept_models
from MTINetLib.session.training_runs import RunRecord, recent_runs, remember_run
from MTINetLib.session.training_session import TrainingSession
from MTINetLib.session.training_state import Doing, RunState, TrainingChoices, TrainingTopic
from MTINetLib.worker.training_requests import Trained

ENDLESS = (*SHORT, "max_steps=100000", *tiny_network())


@pytest.fixture(autouse=True)
def _own_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTINET_USER_FOLDER", str(tmp_path_factory.mktemp("user folder é")))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture
def training() -> Iterator[TrainingSession]:
    made = TrainingSession()
    yield made
    made.close()


def choices(dataset: Path, changes: tuple[str, ...] = ENDLESS) -> TrainingChoices:
    return TrainingChoices(str(dataset), "quick", device="cpu", name="tried", changes=changes)


def until(training: TrainingSession, what: Callable[[], bool]) -> None:
    wait_until(what, training.poll, lambda: f"{training.run.state}: {training.message}")


def test_a_run_is_held_goes_on_stops_and_goes_on_after_a_restart(
    training: TrainingSession, dataset: Path
) -> None:
    told: list[RunState] = []
    training.events.subscribe(TrainingTopic.RUN, lambda: told.append(training.run.state))
    training.start(choices(dataset))
    run = training.run
    until(training, lambda: len(run.curves.validations) >= 2)
    training.run.pause()
    until(training, lambda: run.state is RunState.PAUSED)
    losses = len(run.curves.losses)
    training.resume()
    until(training, lambda: len(run.curves.losses) > losses)
    assert run.state is RunState.TRAINING
    run.stop()
    until(training, lambda: not run.active)
    assert told[:4] == [RunState.STARTING, RunState.PREPARING, RunState.TRAINING, RunState.PAUSING]
    assert RunState.STOPPING in told
    assert training.message is not None
    assert training.message.text.startswith("The training was stopped after")
    training.poll()
    assert run._worker is None, "its memory was not given back"
    best = run.curves.best
    training.keep("tried and kept")
    training.wait(timeout_s=120)
    (kept,) = training.kept_models()
    assert best is not None
    assert kept.validation["score"] == pytest.approx(best.figures["score"], abs=1e-4)

    again = TrainingSession()
    try:
        again.attach()
        assert again.run.record is not None
        assert again.run.record.can_resume
        assert [one.step for one in again.run.curves.validations] == [
            one.step for one in run.curves.validations
        ]
        step = again.run.curves.validations[-1].step
        again.resume()
        until(again, lambda: again.run.curves.validations[-1].step > step)
        again.run.stop()
        until(again, lambda: not again.run.active)
    finally:
        again.close()
    training.delete(kept)
    assert kept_models() == []


def test_a_run_that_is_stopped_while_its_cases_are_read_ends_at_once(
    training: TrainingSession, dataset: Path
) -> None:
    training.start(choices(dataset))
    until(training, lambda: training.run.progress is not None)
    training.run.stop()
    until(training, lambda: not training.run.active)
    assert training.message is not None
    assert training.message.kind == "info"
    assert "Resume" not in training.message.text
    assert recent_runs() == [], "there is nothing to go on from"


class AnsweringWorker:
    """Answers when the test says so."""

    def submit(self, _job: str, _arguments: Any, listener: Any) -> Any:
        self._watcher = listener
        return self

    def answer(self, result: Any) -> None:
        self._watcher.done(result.to_dict())

    def poll(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_finished_run_stands_on_the_list_as_such_when_its_end_is_told(
    tmp_path: Path,
) -> None:
    worker = AnsweringWorker()
    training = TrainingSession(lambda: worker)  # type: ignore[arg-type,return-value]
    run = training.run
    (tmp_path / "config.json").write_text("{}")
    run.record = RunRecord(tmp_path, choices(tmp_path), "2026-01-01T10:00:00")
    remember_run(run.record)
    seen: dict[RunState, bool] = {}
    training.events.subscribe(TrainingTopic.RUN, lambda: seen.update({run.state: recent_runs()[0].finished}))
    run.resume_from_checkpoint()
    worker.answer(Trained(str(tmp_path), (), 8, 0.1, True))
    run.poll()
    assert seen == {RunState.STARTING: False, RunState.IDLE: True}


def test_a_dataset_with_a_damaged_case_is_not_trained_on(training: TrainingSession, tmp_path: Path) -> None:
    dataset = write_small_dataset(tmp_path)
    path = dataset / "case_4" / "delayed.nii.gz"
    path.write_bytes(path.read_bytes()[:2000])
    training.check(dataset)
    training.wait(timeout_s=120)
    assert training.desk.checked is not None
    assert [row.case for row in training.desk.rows if row.problems] == ["case_4"]
    training.start(choices(dataset))
    assert not training.run.active
    assert training.message is not None
    assert training.message.text.startswith("One case has a problem (case_4)")


def test_another_folder_ends_a_check_that_still_runs(
    training: TrainingSession, dataset: Path, tmp_path: Path
) -> None:
    training.check(dataset)
    until(training, lambda: training.desk.doing is Doing.CHECKING)
    training.check(tmp_path)
    training.wait(timeout_s=120)
    assert training.desk.checked is not None
    assert training.desk.checked.dataset == str(tmp_path)
    assert "has no cases.csv" in training.desk.checked.problems[0]
    assert training.desk._worker is None


def test_nothing_is_kept_from_a_run_without_a_model(training: TrainingSession) -> None:
    training.keep("mine")
    assert training.message is not None
    assert "no model yet" in training.message.text
    training.start(TrainingChoices(""))
    assert training.message.text == "Choose a dataset folder first."
