"""Two models on the same lesions and studies: figures of each, and of what differs, patient by patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from MTINetLib.evaluation.compare import CaseRow, LesionRow
from MTINetLib.evaluation.statistics import (
    Estimate,
    PatientBootstrap,
    Statistic,
    difference_of,
    mean_of,
    median_of,
    ratio_of,
)

OLD, NEW, DIFFERENCE = "old", "new", "difference"
SENSITIVITY, FALSE_MARKS, DICE, CLASSES, QUALITY = (
    "sensitivity",
    "false_positives_per_study",
    "dice_median",
    "class_accuracy",
    "panoptic_quality",
)
#: All figures, in the order of the table.
FIGURES = (SENSITIVITY, FALSE_MARKS, DICE, CLASSES, QUALITY)


@dataclass(frozen=True)
class LesionPair:
    """One true lesion, as two models found it; an answer is None where it was missed."""

    case: str
    patient: str
    truth_label: int
    true_class: str | None
    size_band: str
    long_axis_mm: float
    old_found: bool
    new_found: bool
    old_dice: float
    new_dice: float
    old_answer: str | None
    new_answer: str | None

    @property
    def weight(self) -> float:
        """How much the two differ: 1 for found or missed, half for another class, and the Dice."""
        missed = self.old_found != self.new_found
        other_class = self.old_found and self.new_found and self.old_answer != self.new_answer
        return float(missed) + 0.5 * other_class + abs(self.old_dice - self.new_dice)


def lesion_pairs(old: Sequence[LesionRow], new: Sequence[LesionRow]) -> list[LesionPair]:
    """The true lesions of two evaluations of the same cases, by case and label."""
    found = {(row.case, row.truth_label): row for row in new if row.truth_label is not None}
    return [
        _pair(row, found[row.case, row.truth_label])
        for row in old
        if row.truth_label is not None and (row.case, row.truth_label) in found
    ]


def _pair(old: LesionRow, new: LesionRow) -> LesionPair:
    assert old.truth_label is not None
    return LesionPair(
        old.case,
        old.patient,
        old.truth_label,
        old.true_class,
        old.size_band,
        old.long_axis_mm,
        old.outcome == "matched",
        new.outcome == "matched",
        old.dice,
        new.dice,
        old.answer,
        new.answer,
    )


def paired_figures(
    old: Sequence[CaseRow], new: Sequence[CaseRow], pairs: Sequence[LesionPair], bootstrap: PatientBootstrap
) -> dict[str, Any]:
    """By figure the ``old``, the ``new`` and the ``difference``, all with intervals by patient.

    Both sides rest on the same items: sensitivity and Dice (0 where missed) on all true lesions, class
    accuracy (undecided counts as wrong) on the lesions that both found, false marks and quality on all
    studies. The panoptic quality (Kirillov et al., CVPR 2019) is the sum of the IoU of the found lesions over
    found ones plus half of the missed and half of the false ones, with the matching of all figures here.

    Args:
        old, new: rows of the same cases in the same order.
    """
    of_lesions = [pair.patient for pair in pairs]
    both = [pair for pair in pairs if pair.old_found and pair.new_found and pair.true_class is not None]
    of_both = [pair.patient for pair in both]
    of_cases = [row.patient for row in old]

    def told(patients: Sequence[str], first: Statistic, second: Statistic) -> dict[str, Estimate]:
        return {
            OLD: bootstrap.estimate(first, patients),
            NEW: bootstrap.estimate(second, patients),
            DIFFERENCE: bootstrap.estimate(difference_of(second, first), patients),
        }

    return {
        SENSITIVITY: told(
            of_lesions,
            mean_of([float(pair.old_found) for pair in pairs]),
            mean_of([float(pair.new_found) for pair in pairs]),
        ),
        FALSE_MARKS: told(
            of_cases,
            mean_of([float(row.false_positives) for row in old]),
            mean_of([float(row.false_positives) for row in new]),
        ),
        DICE: told(
            of_lesions,
            median_of([pair.old_dice for pair in pairs]),
            median_of([pair.new_dice for pair in pairs]),
        ),
        CLASSES: told(
            of_both,
            mean_of([float(pair.old_answer == pair.true_class) for pair in both]),
            mean_of([float(pair.new_answer == pair.true_class) for pair in both]),
        ),
        QUALITY: told(of_cases, _quality(old), _quality(new)),
        "counts": {
            "studies": len(old),
            "lesions": len(pairs),
            "found_by_both": sum(pair.old_found and pair.new_found for pair in pairs),
            "found_by_old_only": sum(pair.old_found and not pair.new_found for pair in pairs),
            "found_by_new_only": sum(pair.new_found and not pair.old_found for pair in pairs),
        },
    }


def _quality(rows: Sequence[CaseRow]) -> Statistic:
    counted = [
        row.matched + 0.5 * row.false_positives + 0.5 * (row.true_lesions - row.matched) for row in rows
    ]
    return ratio_of([row.matched_iou for row in rows], counted)
