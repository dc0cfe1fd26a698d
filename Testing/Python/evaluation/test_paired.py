"""Two models on the same lesions: figures of each, and of what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from MTINetLib.evaluation.compare import CaseRow
from MTINetLib.evaluation.paired import (
    CLASSES,
    DICE,
    DIFFERENCE,
    FALSE_MARKS,
    NEW,
    OLD,
    QUALITY,
    SENSITIVITY,
    LesionPair,
    paired_figures,
)
from MTINetLib.evaluation.statistics import Estimate, PatientBootstrap
from MTINetLib.evaluation.verdict import Verdict, verdict_of

PATIENTS = 10


def pair(patient: int, **changes: object) -> LesionPair:
    usual = LesionPair(
        f"case {patient}", f"p{patient}", 1, "hcc", "10-20 mm", 15.0, True, True, 0.8, 0.8, "hcc", "hcc"
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def case(patient: int, **changes: object) -> CaseRow:
    usual = CaseRow(f"case {patient}", f"p{patient}", "hcc", true_lesions=1, matched=1, matched_iou=0.6)
    return replace(usual, **changes)  # type: ignore[arg-type]


def figures(old: Sequence[CaseRow], new: Sequence[CaseRow], pairs: Sequence[LesionPair]) -> dict[str, object]:
    return paired_figures(old, new, pairs, PatientBootstrap([row.patient for row in old]))


def test_each_side_and_the_difference_rest_on_the_same_items() -> None:
    missed = {"old_found": False, "old_dice": 0.0, "old_answer": None}
    pairs = [pair(n, **(missed if n < 4 else {})) for n in range(PATIENTS)]
    pairs[9] = pair(9, old_answer="hemangioma")
    pairs[8] = pair(8, new_answer="undecided")
    old = [case(n, false_positives=2) for n in range(PATIENTS)]
    new = [case(n, false_positives=1 if n else 0) for n in range(PATIENTS)]
    told = figures(old, new, pairs)
    assert [round(one.value, 6) for one in told[SENSITIVITY].values()] == [0.6, 1.0, 0.4]  # type: ignore[attr-defined]
    assert [round(one.value, 6) for one in told[FALSE_MARKS].values()] == [2.0, 0.9, -1.1]  # type: ignore[attr-defined]
    classes = told[CLASSES]
    assert [round(classes[key].value, 6) for key in (OLD, NEW, DIFFERENCE)] == [0.833333, 0.833333, 0.0]  # type: ignore[index]
    assert classes[OLD].n == 6, "only lesions that both found"  # type: ignore[index]
    assert told[DICE][OLD].value == 0.8  # type: ignore[index]
    assert told["counts"] == {
        "studies": 10,
        "lesions": 10,
        "found_by_both": 6,
        "found_by_old_only": 0,
        "found_by_new_only": 4,
    }


def test_panoptic_quality_counts_misses_and_false_marks_by_half() -> None:
    rows = [case(n) for n in range(PATIENTS)]
    rows[0] = case(0, matched=0, matched_iou=0.0)
    rows[1] = case(1, false_positives=3)
    told = figures(rows, rows, [pair(n) for n in range(PATIENTS)])
    assert told[QUALITY][NEW].value == pytest.approx(9 * 0.6 / (9 + 0.5 + 1.5))  # type: ignore[index]
    assert told[QUALITY][DIFFERENCE].low == told[QUALITY][DIFFERENCE].high == 0.0  # type: ignore[index]


def test_a_difference_is_judged_patient_by_patient() -> None:
    """Every patient gains the same little: pairs tell it for certain, whatever patients differ in."""
    old = [case(n, matched_iou=0.3 + 0.06 * n) for n in range(PATIENTS)]
    new = [replace(row, matched_iou=row.matched_iou + 0.02) for row in old]
    told = figures(old, new, [pair(n) for n in range(PATIENTS)])
    difference = told[QUALITY][DIFFERENCE]  # type: ignore[index]
    assert difference.low > 0.015
    assert told[QUALITY][OLD].high > told[QUALITY][NEW].low, "apart they would not be told from each other"  # type: ignore[index]


def estimate(low: float, high: float) -> dict[str, Estimate]:
    return {DIFFERENCE: Estimate((low + high) / 2, low, high, 10, "made")}


def changes(**given: tuple[float, float]) -> dict[str, dict[str, Estimate]]:
    names = (QUALITY, SENSITIVITY, FALSE_MARKS, CLASSES)
    return {name: estimate(*given.get(name, (-0.1, 0.1))) for name in names}


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, Verdict(False)),
        ({QUALITY: (0.01, 0.2)}, Verdict(True, (QUALITY,))),
        ({CLASSES: (0.01, 0.2)}, Verdict(True, (CLASSES,))),
        ({SENSITIVITY: (0.01, 0.2)}, Verdict(False, (SENSITIVITY,))),
        ({QUALITY: (0.01, 0.2), FALSE_MARKS: (0.1, 0.5)}, Verdict(False, (QUALITY,), (FALSE_MARKS,))),
        ({QUALITY: (0.01, 0.2), FALSE_MARKS: (-0.5, -0.1)}, Verdict(True, (QUALITY, FALSE_MARKS))),
        ({QUALITY: (0.01, 0.2), CLASSES: (-0.3, -0.1)}, Verdict(False, (QUALITY,), (CLASSES,))),
        ({QUALITY: (0.0, 0.2)}, Verdict(False)),
    ],
)
def test_the_new_one_is_better_if_something_gains_and_nothing_loses(
    given: dict[str, tuple[float, float]], verdict: Verdict
) -> None:
    assert verdict_of(changes(**given)) == verdict


def test_without_intervals_the_old_one_stays_and_that_is_said() -> None:
    nan = float("nan")
    told = changes(**dict.fromkeys((QUALITY, SENSITIVITY, FALSE_MARKS, CLASSES), (nan, nan)))
    assert verdict_of(told) == Verdict(False, unknown=True)
    assert Verdict.from_dict(verdict_of(told).to_dict()) == verdict_of(told)
