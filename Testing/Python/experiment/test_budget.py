"""A budget as text, and the settings that it makes."""

from __future__ import annotations

import pytest

from MTINetLib.errors import InputError
from MTINetLib.experiment.budget import read_budget, settings_within


@pytest.mark.parametrize(
    ("text", "minutes", "steps"),
    [
        ("60s", 1.0, None),
        ("2min", 2.0, None),
        ("1.5h", 90.0, None),
        ("500steps", None, 500),
        ("1step", None, 1),
    ],
)
def test_a_budget_is_minutes_or_steps(text: str, minutes: float | None, steps: int | None) -> None:
    budget = read_budget(text)
    assert (budget.minutes, budget.steps) == (minutes, steps)


@pytest.mark.parametrize("text", ["", "60", "0s", "-1min", "2.5steps", "many steps", "paper please"])
def test_anything_else_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InputError, match="budget"):
        read_budget(text)


def test_the_budget_ends_a_training_and_nothing_else_does() -> None:
    minutes = settings_within(read_budget("2min"))
    assert (minutes.max_minutes, minutes.max_steps, minutes.epochs) == (2.0, None, None)
    steps = settings_within(read_budget("30steps"))
    assert (steps.max_minutes, steps.max_steps, steps.epochs) == (None, 30, None)
    assert steps.steps_per_epoch <= 30


def test_the_papers_budget_is_its_recipe() -> None:
    paper = settings_within(read_budget("paper"), ["epochs=3"])
    assert (paper.preset, paper.epochs, paper.batch_size, paper.learning_rate) == ("paper", 3, 1, 1e-4)


def test_what_the_compared_systems_lack_is_left_out() -> None:
    network = settings_within(read_budget("60s")).network
    assert (network.neighbours, network.anatomy_classes) == (0, 0)
