"""Class sets keep to the error that they state."""

from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.evaluation.conformal import fit_class_sets
from MTINetLib.models.class_sets import ClassSets

NAMES = ("hcc", "hemangioma", "other")


def lesions(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are right in most, and classes of unequal difficulty."""
    random = np.random.default_rng(seed)
    classes = random.integers(0, 3, count)
    logits = random.normal(0, 1, (count, 3))
    logits[np.arange(count), classes] += np.array([3.0, 1.0, 2.0])[classes]
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True), classes


@pytest.mark.parametrize("error", [0.05, 0.1, 0.3])
def test_each_class_is_missing_from_at_most_the_stated_share_of_its_sets(error: float) -> None:
    missing = []
    for seed in range(30):
        sets = fit_class_sets(*lesions(200, seed), NAMES, error)
        assert sets is not None
        shares, classes = lesions(600, 1000 + seed)
        out = [
            NAMES[own] not in sets.of(dict(zip(NAMES, row, strict=True)))
            for row, own in zip(shares, classes, strict=True)
        ]
        missing.append([np.mean(np.array(out)[classes == index]) for index in range(3)])
    assert np.mean(missing, axis=0) == pytest.approx([error] * 3, abs=0.03)


def test_too_few_lesions_of_a_class_make_no_sets() -> None:
    shares, _ = lesions(20, 0)
    assert fit_class_sets(shares, np.array([0] * 12 + [1] * 8), NAMES[:2], 0.1) is None
    assert fit_class_sets(shares, np.array([0] * 11 + [1] * 9), NAMES[:2], 0.1) is not None


def test_sets_come_back_from_their_plain_values() -> None:
    sets = ClassSets(0.1, {"hcc": 0.4, "hemangioma": 0.5})
    assert ClassSets.from_dict(sets.to_dict()) == sets
    assert sets.of({"hcc": 0.45, "hemangioma": 0.55}) == ("hcc", "hemangioma")
    assert sets.of({"hcc": 0.3, "hemangioma": 0.3}) == ()
