"""A run that is watched: its figures come out, it can be held, and a stop keeps the best so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from MTINetLib.errors import Stopped
from MTINetLib.models.store import load_model
from MTINetLib.training import budget as budget_module
from MTINetLib.training import train as module
from MTINetLib.training.budget import Budget
from MTINetLib.training.cross_validation import cross_validate
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.training.train import train


@pytest.fixture(autouse=True)
def _prepared(store: SliceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "prepare_dataset", lambda *_, **__: store)


class Notebook:
    """Writes down what it is told; stops after so many validations, or at once with 0."""

    def __init__(self, stop_after: int | None = None, part: int = 1) -> None:
        self.rows: list[tuple[int, float, dict[str, float]]] = []
        self.spent: list[float] = []
        self.parts: list[tuple[int, int]] = []
        self._stop_after, self._part = stop_after, part

    def part(self, number: int, of: int) -> None:
        self.parts.append((number, of))

    def figures(self, values: Mapping[str, float], step: int, epoch: float) -> None:
        self.rows.append((step, epoch, dict(values)))

    def between_steps(self, spent: float, seconds: float) -> None:
        self.spent.append(spent)
        validations = [step for step, _, values in self.rows if "val/score" in values]
        part = self.parts[-1][0] if self.parts else 1
        if self._stop_after is not None and part == self._part and len(validations) >= self._stop_after:
            raise Stopped("stop")


def test_every_figure_is_told_with_its_step_and_epoch(tmp_path: Path, tiny: TrainingSettings) -> None:
    watch = Notebook()
    result = train(tmp_path, tmp_path / "run", tiny, watch=watch)
    assert result.finished
    assert [step for step, _, values in watch.rows if "train/loss" in values] == list(range(1, 9))
    told = [(step, epoch) for step, epoch, values in watch.rows if "val/score" in values]
    assert told == [(2, 1.0), (4, 2.0), (6, 3.0), (8, 4.0)]
    assert watch.spent == sorted(watch.spent)
    assert watch.spent[-1] == 1.0


def test_a_stopped_run_keeps_its_best_and_goes_on_later(tmp_path: Path, tiny: TrainingSettings) -> None:
    stopped = train(tmp_path, tmp_path / "run", tiny, watch=Notebook(stop_after=2), name="mine")
    assert not stopped.finished
    assert 4 < stopped.steps < 8
    assert load_model(stopped.model).info.name == "mine"
    resumed = train(tmp_path, tmp_path / "run", tiny, resume=True)
    assert resumed.finished
    assert resumed.steps == 8


def test_a_run_stopped_before_its_first_validation_has_no_model(
    tmp_path: Path, tiny: TrainingSettings
) -> None:
    with pytest.raises(Stopped):
        train(tmp_path, tmp_path / "run", tiny, watch=Notebook(stop_after=0))
    assert not (tmp_path / "run" / "model").exists()
    assert train(tmp_path, tmp_path / "run", tiny, resume=True).steps == 8


def test_the_budgets_clock_stands_still_while_the_run_is_held(
    tiny: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(budget_module.time, "monotonic", lambda: now[0])
    budget = Budget(replace(tiny, max_steps=None, max_minutes=1.0), steps_per_epoch=2)
    budget.start()
    now[0] += 3.0
    with budget.on_hold():
        now[0] += 50.0
        assert budget.seconds == 3.0
    assert budget.seconds == 3.0
    now[0] += 2.0
    assert budget.seconds == 5.0


def test_folds_are_counted_and_a_stop_leaves_the_finished_ones(
    tmp_path: Path, tiny: TrainingSettings
) -> None:
    settings = change_settings(tiny, ["folds=3", "max_steps=2"])
    watch = Notebook(stop_after=0, part=2)
    results = cross_validate(tmp_path, tmp_path / "run", settings, watch=watch, name="mine")
    assert watch.parts == [(1, 3), (2, 3)]
    assert [load_model(result.model).info.name for result in results] == ["mine-fold-1"]
