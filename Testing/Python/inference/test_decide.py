from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.findings import LesionClass
from MTINetLib.inference.decide import LITTLE_EVIDENCE, LOW_PROBABILITY, NOT_READ, SLICES_DISAGREE, decide
from MTINetLib.models.reading import LesionReading
from MTINetLib.models.thresholds import Thresholds

RULES = Thresholds(class_probability=0.7, slice_disagreement=0.35, least_pixels=8)


def reading(areas: list[int], logits: list[tuple[float, float]]) -> LesionReading:
    return LesionReading(np.array(areas), np.array(logits, dtype=np.float32), None)


def test_clear_evidence_decides() -> None:
    decision = decide(reading([100, 50], [(3, -1), (2, 0)]), RULES)
    assert decision.lesion_class is LesionClass.HCC
    assert decision.flags == ()
    mean = (100 * 4 + 50 * 2) / 150
    assert decision.probabilities["HCC"] == pytest.approx(1 / (1 + np.exp(-mean)))
    assert sum(decision.probabilities.values()) == pytest.approx(1)
    assert decide(reading([100], [(-1, 3)]), RULES).lesion_class is LesionClass.HEMANGIOMA


def test_a_low_probability_is_undecided() -> None:
    decision = decide(reading([100], [(0.2, 0)]), RULES)
    assert decision.lesion_class is LesionClass.UNDECIDED
    assert decision.flags == (LOW_PROBABILITY,)
    assert decision.probabilities["HCC"] > 0.5


def test_a_temperature_lowers_confidence_and_not_the_order() -> None:
    hot = decide(reading([100], [(2, 0)]), RULES, temperature=4)
    assert hot.flags == (LOW_PROBABILITY,)
    assert 0.5 < hot.probabilities["HCC"] < decide(reading([100], [(2, 0)]), RULES).probabilities["HCC"]


def test_slices_that_disagree_are_undecided() -> None:
    decision = decide(reading([60, 40], [(9, 0), (0, 1)]), RULES)
    assert decision.flags == (SLICES_DISAGREE,)
    assert decide(reading([70, 30], [(9, 0), (0, 1)]), RULES).flags == ()


def test_too_few_pixels_are_undecided() -> None:
    assert decide(reading([4, 3], [(9, 0), (9, 0)]), RULES).flags == (LITTLE_EVIDENCE,)


@pytest.mark.parametrize(
    "nothing", [None, LesionReading(np.array([9]), None, None), reading([9], [(float("nan"), 0)])]
)
def test_a_lesion_that_was_not_read_is_undecided(nothing: LesionReading | None) -> None:
    decision = decide(nothing, RULES)
    assert decision.lesion_class is LesionClass.UNDECIDED
    assert decision.flags == (NOT_READ,)
    assert decision.probabilities == {"HCC": 0.5, "hemangioma": 0.5}


def test_large_logits_do_not_overflow() -> None:
    assert decide(reading([9], [(1e5, -1e5)]), RULES).probabilities == {"HCC": 1.0, "hemangioma": 0.0}
