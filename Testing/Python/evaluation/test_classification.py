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
    mean_auc_of,
    of_told_classes,
)
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, UNDECIDED

CLASSES = (HCC, HEMANGIOMA)


def item(patient: str, truth: str, answer: str, p_hcc: float) -> ClassItem:
    return ClassItem(patient, truth, answer, {HCC: p_hcc, HEMANGIOMA: 1 - p_hcc})


ITEMS = [
    item("a", HCC, HCC, 0.9),
    item("a", HCC, UNDECIDED, 0.6),
    item("b", HCC, HEMANGIOMA, 0.2),
    item("c", HEMANGIOMA, HEMANGIOMA, 0.2),
    item("d", HEMANGIOMA, HCC, 0.7),
]
ONES = np.ones((1, len(ITEMS)))


def test_confusion_keeps_undecided_as_an_answer_of_its_own() -> None:
    assert confusion(ITEMS, CLASSES) == {
        "hcc": {"hcc": 1, "hemangioma": 1, "undecided": 1},
        "hemangioma": {"hcc": 1, "hemangioma": 1, "undecided": 0},
    }


def test_undecided_is_neither_decided_nor_correct() -> None:
    assert decided(ITEMS).tolist() == [True, False, True, True, True]
    assert correct(ITEMS).tolist() == [True, False, False, True, False]


def test_auc_counts_won_pairs_and_half_of_the_ties() -> None:
    # HCC .9 .6 .2 against hemangioma .2 .7: won .9>.2 .9>.7 .6>.2, tied .2=.2 -> 3.5 of 6.
    assert auc_of(ITEMS, HCC)(ONES)[0] == pytest.approx(3.5 / 6)


def test_auc_needs_both_classes() -> None:
    assert math.isnan(auc_of(ITEMS[:3], HCC)(np.ones((1, 3)))[0])


def test_weights_act_like_repeated_items() -> None:
    weights = np.array([[2.0, 0.0, 1.0, 3.0, 1.0]])
    repeated = [one for one, weight in zip(ITEMS, weights[0], strict=True) for _ in range(int(weight))]
    ones = np.ones((1, len(repeated)))
    for statistic in (mean_auc_of, brier_of, ece_of):
        once = statistic(ITEMS, CLASSES)(weights)[0]
        assert once == pytest.approx(statistic(repeated, CLASSES)(ones)[0])


def test_brier_is_the_mean_squared_error_of_the_probability() -> None:
    assert brier_of(ITEMS, CLASSES)(ONES)[0] == pytest.approx((0.01 + 0.16 + 0.64 + 0.04 + 0.49) / 5)


def test_ece_is_the_weighted_gap_between_confidence_and_accuracy_per_bin() -> None:
    # Five bins of 0.1: confidences .9 and .6 and .7 right, right, wrong; the two .8 one wrong, one right.
    items = [
        item("a", HCC, HCC, 0.95),
        item("b", HCC, HCC, 0.65),
        item("c", HCC, HEMANGIOMA, 0.15),
        item("d", HEMANGIOMA, HEMANGIOMA, 0.15),
        item("e", HEMANGIOMA, HCC, 0.75),
    ]
    expected = (abs(1 - 0.95) + abs(1 - 0.65) + 2 * abs(0.5 - 0.85) + abs(0 - 0.75)) / 5
    assert ece_of(items, CLASSES, bins=5)(np.ones((1, 5)))[0] == pytest.approx(expected)


def test_certain_and_right_answers_are_perfectly_calibrated() -> None:
    items = [item("a", HCC, HCC, 1.0), item("b", HEMANGIOMA, HEMANGIOMA, 0.0)]
    assert ece_of(items, CLASSES)(np.ones((1, 2)))[0] == brier_of(items, CLASSES)(np.ones((1, 2)))[0] == 0.0


THREE = (HCC, HEMANGIOMA, "cyst")


def of_three(truth: str, answer: str, *shares: float) -> ClassItem:
    return ClassItem("p", truth, answer, dict(zip(THREE, shares, strict=True)))


OF_THREE = [
    of_three(HCC, HCC, 0.7, 0.2, 0.1),
    of_three(HCC, "cyst", 0.3, 0.1, 0.6),
    of_three(HEMANGIOMA, HEMANGIOMA, 0.1, 0.8, 0.1),
    of_three("cyst", UNDECIDED, 0.2, 0.45, 0.35),
]


def test_the_confusion_of_three_classes_has_three_rows_and_four_answers() -> None:
    table = confusion(OF_THREE, THREE)
    assert table[HCC] == {HCC: 1, HEMANGIOMA: 0, "cyst": 1, UNDECIDED: 0}
    assert table["cyst"] == {HCC: 0, HEMANGIOMA: 0, "cyst": 0, UNDECIDED: 1}
    assert list(table) == [*THREE]


def test_a_class_that_the_model_does_not_know_has_a_row_and_no_probability_counts_it() -> None:
    items = [*OF_THREE, of_three("fnh", HCC, 0.9, 0.05, 0.05)]
    assert confusion(items, THREE)["fnh"] == {HCC: 1, HEMANGIOMA: 0, "cyst": 0, UNDECIDED: 0}
    assert of_told_classes(items) == OF_THREE
    assert correct(items).tolist()[-1] is False


def test_the_auc_of_three_classes_is_the_mean_of_each_against_the_rest() -> None:
    ones = np.ones((1, 4))
    # hcc .7 .3 against .1 .2: 4 of 4; hemangioma .8 against .2 .1 .45: 3 of 3;
    # cyst .35 against .1 .6 .1: 2 of 3.
    assert [auc_of(OF_THREE, name)(ones)[0] for name in THREE] == pytest.approx([1, 1, 2 / 3])
    assert mean_auc_of(OF_THREE, THREE)(ones)[0] == pytest.approx((1 + 1 + 2 / 3) / 3)


def test_the_mean_leaves_out_a_class_that_does_not_occur() -> None:
    items = [item for item in OF_THREE if item.truth != HEMANGIOMA]
    # hcc .7 .3 against .2: 2 of 2; cyst .35 against .1 .6: 1 of 2.
    assert mean_auc_of(items, THREE)(np.ones((1, 3)))[0] == pytest.approx((1 + 0.5) / 2)


def test_brier_and_calibration_of_three_classes() -> None:
    ones = np.ones((1, 4))
    squares = (0.09 + 0.04 + 0.01, 0.49 + 0.01 + 0.36, 0.01 + 0.04 + 0.01, 0.04 + 0.2025 + 0.4225)
    assert brier_of(OF_THREE, THREE)(ones)[0] == pytest.approx(0.5 * sum(squares) / 4)
    # Two bins from 1/3 to 1, parted at 2/3: .6 and .45 wrong; .7 and .8 right.
    assert ece_of(OF_THREE, THREE, bins=2)(ones)[0] == pytest.approx((1.05 + 0.5) / 4)
