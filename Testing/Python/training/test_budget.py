"""How far a run is, and its learning rate."""

from __future__ import annotations

import pytest

from MTINetLib.training import budget as module
from MTINetLib.training.budget import Budget
from MTINetLib.training.settings import training_preset


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_minutes_end_a_run_and_survive_a_resume(clock: list[float]) -> None:
    settings = training_preset("demo", ["max_minutes=10"])
    first = Budget(settings, 10)
    first.start()
    clock[0] += 240
    assert first.spent == pytest.approx(0.4)
    again = Budget(settings, 10)
    again.load_state_dict(first.state_dict())
    clock[0] += 5000  # the pause does not count
    again.start()
    clock[0] += 360
    assert again.spent == pytest.approx(1.0)


def test_whichever_end_comes_first_counts(clock: list[float]) -> None:
    budget = Budget(training_preset("demo", ["max_minutes=10", "max_steps=100"]), 10)
    budget.start()
    budget.steps = 90
    clock[0] += 60
    assert budget.spent == pytest.approx(0.9)


def test_epochs_count_in_steps() -> None:
    budget = Budget(training_preset("paper"), steps_per_epoch=7)
    assert budget.total_steps == 700


def test_the_rate_warms_up_and_anneals_to_the_end() -> None:
    budget = Budget(training_preset("quick", ["max_steps=1000", "warm_up=0.1"]), 10)
    rates = []
    for budget.steps in range(0, 1001, 50):
        rates.append(budget.rate_factor())
    assert rates[0] < 0.05
    assert max(rates) == rates[2] == pytest.approx(1.0)
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[-1] == pytest.approx(0.01)


def test_the_papers_rate_is_constant() -> None:
    budget = Budget(training_preset("paper"), 7)
    assert {budget.rate_factor() for budget.steps in (0, 350, 700)} == {1.0}
