"""Temperature scaling."""

from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.evaluation.temperature import COLDEST, HOTTEST, fit_temperature


def drawn(temperature: float, count: int = 4000, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose true probabilities are those at the given temperature."""
    random = np.random.default_rng(3)
    logits = random.normal(0, 4, (count, classes))
    powers = np.exp(logits / temperature)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    drawn_classes = (probabilities.cumsum(axis=1) < random.random((count, 1))).sum(axis=1)
    return logits, drawn_classes


@pytest.mark.parametrize("temperature", [0.7, 1.0, 3.0])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_temperature_of_the_data_is_found(temperature: float, classes: int) -> None:
    assert fit_temperature(*drawn(temperature, classes=classes)) == pytest.approx(temperature, rel=0.12)


def test_a_few_lesions_that_are_all_right_do_not_ask_for_certainty() -> None:
    logits = np.array([[6.0, -6.0]] * 5 + [[-6.0, 6.0]] * 5)
    temperature = fit_temperature(logits, np.array([0] * 5 + [1] * 5))
    # Six of seven: what five right ones of five say.
    assert 1 / (1 + np.exp(-12 / temperature)) == pytest.approx(6 / 7, abs=0.01)


def test_logits_that_say_nothing_end_at_the_bounds() -> None:
    random = np.random.default_rng(0)
    value = fit_temperature(random.normal(0, 50, (400, 2)), random.integers(0, 2, 400))
    assert COLDEST < value <= HOTTEST
    assert value > 0.9 * HOTTEST
