"""Class metrics against values computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from MTINetLib.evaluation.classification import (
    ClassItem,
    auc_of,
    brier_of,
    confusion,
    correct,
    decided,
    ece_of,
    exact_mcnemar,
)
from MTINetLib.findings import LesionClass

HCC, HEMANGIOMA, UNDECIDED = LesionClass.HCC, LesionClass.HEMANGIOMA, LesionClass.UNDECIDED

ITEMS = [
    ClassItem("a", HCC, HCC, 0.9),
    ClassItem("a", HCC, UNDECIDED, 0.6),
    ClassItem("b", HCC, HEMANGIOMA, 0.2),
    ClassItem("c", HEMANGIOMA, HEMANGIOMA, 0.2),
    ClassItem("d", HEMANGIOMA, HCC, 0.7),
]
ONES = np.ones((1, len(ITEMS)))


def test_confusion_keeps_undecided_as_an_answer_of_its_own() -> None:
    assert confusion(ITEMS) == {
        "HCC": {"HCC": 1, "hemangioma": 1, "undecided": 1},
        "hemangioma": {"HCC": 1, "hemangioma": 1, "undecided": 0},
    }


def test_undecided_is_neither_decided_nor_correct() -> None:
    assert decided(ITEMS).tolist() == [True, False, True, True, True]
    assert correct(ITEMS).tolist() == [True, False, False, True, False]


def test_auc_counts_won_pairs_and_half_of_the_ties() -> None:
    # HCC .9 .6 .2 against hemangioma .2 .7: won .9>.2 .9>.7 .6>.2, tied .2=.2 -> 3.5 of 6.
    assert auc_of(ITEMS)(ONES)[0] == pytest.approx(3.5 / 6)


def test_auc_needs_both_classes() -> None:
    assert math.isnan(auc_of(ITEMS[:3])(np.ones((1, 3)))[0])


def test_weights_act_like_repeated_items() -> None:
    weights = np.array([[2.0, 0.0, 1.0, 3.0, 1.0]])
    repeated = [item for item, weight in zip(ITEMS, weights[0], strict=True) for _ in range(int(weight))]
    ones = np.ones((1, len(repeated)))
    for statistic in (auc_of, brier_of, ece_of):
        assert statistic(ITEMS)(weights)[0] == pytest.approx(statistic(repeated)(ones)[0])


def test_brier_is_the_mean_squared_error_of_the_probability() -> None:
    assert brier_of(ITEMS)(ONES)[0] == pytest.approx((0.01 + 0.16 + 0.64 + 0.04 + 0.49) / 5)


def test_ece_is_the_weighted_gap_between_confidence_and_accuracy_per_bin() -> None:
    # Five bins of 0.1: confidences .9 and .6 and .7 right, right, wrong; the two .8 one wrong, one right.
    items = [
        ClassItem("a", HCC, HCC, 0.95),
        ClassItem("b", HCC, HCC, 0.65),
        ClassItem("c", HCC, HEMANGIOMA, 0.15),
        ClassItem("d", HEMANGIOMA, HEMANGIOMA, 0.15),
        ClassItem("e", HEMANGIOMA, HCC, 0.75),
    ]
    expected = (abs(1 - 0.95) + abs(1 - 0.65) + 2 * abs(0.5 - 0.85) + abs(0 - 0.75)) / 5
    assert ece_of(items, bins=5)(np.ones((1, 5)))[0] == pytest.approx(expected)


def test_certain_and_right_answers_are_perfectly_calibrated() -> None:
    items = [ClassItem("a", HCC, HCC, 1.0), ClassItem("b", HEMANGIOMA, HEMANGIOMA, 0.0)]
    assert ece_of(items)(np.ones((1, 2)))[0] == brier_of(items)(np.ones((1, 2)))[0] == 0.0


def test_mcnemar_counts_only_what_one_system_got_right_alone() -> None:
    # One only by the first, five only by the second: p = 2 * (1 + 6) / 2^6.
    first = [True, False, False, False, False, False, True, False]
    second = [False, True, True, True, True, True, True, False]
    assert exact_mcnemar(first, second) == pytest.approx(14 / 64)
    assert exact_mcnemar(first, first) == 1.0
