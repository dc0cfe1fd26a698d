from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.inference.decide import (
    LITTLE_EVIDENCE,
    LOW_PROBABILITY,
    NO_CLASS,
    NOT_READ,
    SEVERAL_CLASSES,
    SLICES_DISAGREE,
    decide,
)
from MTINetLib.models.class_sets import ClassSets
from MTINetLib.models.reading import LesionReading
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, UNDECIDED

CLASSES = (HCC, HEMANGIOMA)
ANYTHING = Thresholds(class_probability=0.01)
RULES = Thresholds(class_probability=0.7, slice_disagreement=0.35, least_pixels=8)


def reading(areas: list[int], logits: list[tuple[float, ...]]) -> LesionReading:
    return LesionReading(np.array(areas), np.array(logits, dtype=np.float32), None)


def test_clear_evidence_decides() -> None:
    decision = decide(reading([100, 50], [(3, -1), (2, 0)]), CLASSES, RULES)
    assert decision.lesion_class == HCC
    assert decision.flags == ()
    mean = (100 * 4 + 50 * 2) / 150
    assert decision.probabilities["hcc"] == pytest.approx(1 / (1 + np.exp(-mean)))
    assert sum(decision.probabilities.values()) == pytest.approx(1)
    assert decide(reading([100], [(-1, 3)]), CLASSES, RULES).lesion_class == HEMANGIOMA


def test_a_low_probability_is_undecided() -> None:
    decision = decide(reading([100], [(0.2, 0)]), CLASSES, RULES)
    assert decision.lesion_class == UNDECIDED
    assert decision.flags == (LOW_PROBABILITY,)
    assert decision.probabilities["hcc"] > 0.5


def test_a_temperature_lowers_confidence_and_not_the_order() -> None:
    hot = decide(reading([100], [(2, 0)]), CLASSES, RULES, temperature=4)
    assert hot.flags == (LOW_PROBABILITY,)
    assert (
        0.5 < hot.probabilities["hcc"] < decide(reading([100], [(2, 0)]), CLASSES, RULES).probabilities["hcc"]
    )


def test_slices_that_disagree_are_undecided() -> None:
    decision = decide(reading([60, 40], [(9, 0), (0, 1)]), CLASSES, RULES)
    assert decision.flags == (SLICES_DISAGREE,)
    assert decide(reading([70, 30], [(9, 0), (0, 1)]), CLASSES, RULES).flags == ()


def test_too_few_pixels_are_undecided() -> None:
    assert decide(reading([4, 3], [(9, 0), (9, 0)]), CLASSES, RULES).flags == (LITTLE_EVIDENCE,)


@pytest.mark.parametrize(
    "nothing", [None, LesionReading(np.array([9]), None, None), reading([9], [(float("nan"), 0)])]
)
def test_a_lesion_that_was_not_read_is_undecided(nothing: LesionReading | None) -> None:
    decision = decide(nothing, CLASSES, RULES)
    assert decision.lesion_class == UNDECIDED
    assert decision.flags == (NOT_READ,)
    assert decision.probabilities == {"hcc": 0.5, "hemangioma": 0.5}


def test_large_logits_do_not_overflow() -> None:
    sure = decide(reading([9], [(1e5, -1e5)]), CLASSES, RULES)
    assert sure.probabilities == {
        "hcc": 1.0,
        "hemangioma": 0.0,
    }


THREE = (HCC, HEMANGIOMA, "cyst")


def test_of_three_classes_the_likeliest_is_decided() -> None:
    decision = decide(reading([40, 20], [(0, 1, 4), (1, 0, 5)]), THREE, RULES)
    powers = np.exp([1 / 3, 2 / 3, 13 / 3])
    assert decision.lesion_class == "cyst"
    assert list(decision.probabilities) == [*THREE]
    assert list(decision.probabilities.values()) == pytest.approx(powers / powers.sum())


def test_slices_for_any_other_class_speak_against_the_likeliest() -> None:
    # The cyst's slices are 50 of 90 pixels, the others' 20 each: 40 of 90 against it.
    decision = decide(reading([50, 20, 20], [(0, 0, 9), (1, 0, 0), (0, 1, 0)]), THREE, RULES)
    assert (decision.lesion_class, decision.flags) == (UNDECIDED, (SLICES_DISAGREE,))
    one = decide(reading([50, 20, 20], [(0, 0, 9), (1, 0, 0), (0, 0, 1)]), THREE, RULES)
    assert (one.lesion_class, one.flags) == ("cyst", ())


def test_what_was_not_read_may_be_any_of_three_or_has_no_class_at_all() -> None:
    assert decide(None, THREE, RULES).probabilities == pytest.approx(dict.fromkeys(THREE, 1 / 3))
    assert decide(None, (), RULES).probabilities == {}


@pytest.mark.parametrize(
    ("logits", "chosen", "flags"),
    [
        ((2.0, 0.0), HCC, ()),
        ((0.5, 0.0), UNDECIDED, (SEVERAL_CLASSES,)),
        ((-2.0, 0.0), HEMANGIOMA, ()),
    ],
)
def test_class_sets_decide_where_one_class_alone_is_possible(
    logits: tuple[float, float], chosen: str, flags: tuple[str, ...]
) -> None:
    sets = ClassSets(0.1, {HCC: 0.3, HEMANGIOMA: 0.2})
    decision = decide(reading([100], [logits]), CLASSES, ANYTHING, class_sets=sets)
    assert (decision.lesion_class, decision.flags) == (chosen, flags)


def test_a_lesion_unlike_every_class_is_undecided() -> None:
    sets = ClassSets(0.1, {HCC: 0.8, HEMANGIOMA: 0.8})
    decision = decide(
        reading([100], [(0.5, 0.0)]), CLASSES, Thresholds(class_probability=0.5), class_sets=sets
    )
    assert (decision.lesion_class, decision.flags) == (UNDECIDED, (NO_CLASS,))


def test_the_only_possible_class_must_be_the_most_probable() -> None:
    sets = ClassSets(0.1, {HCC: 0.9, HEMANGIOMA: 0.2})
    decision = decide(
        reading([100], [(0.5, 0.0)]), CLASSES, Thresholds(class_probability=0.5), class_sets=sets
    )
    assert (decision.lesion_class, decision.flags) == (UNDECIDED, (SEVERAL_CLASSES,))
