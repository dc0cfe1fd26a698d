from __future__ import annotations

import math

import pytest

from MTINetLib.evaluation.calibration import calibration, class_calibration, expected_error
from MTINetLib.evaluation.classification import ClassItem
from MTINetLib.evaluation.free_response import FreeResponsePoint, best_curve
from MTINetLib.models.thresholds import Thresholds


def test_bins_compare_what_was_claimed_with_what_was_true() -> None:
    bins = calibration([0.91, 0.95, 0.99, 0.42], [True, True, False, False])
    assert [one["n"] for one in bins] == [1, 3]
    assert bins[1]["claimed"] == pytest.approx(0.95)
    assert bins[1]["true"].value == pytest.approx(2 / 3)
    assert expected_error(bins) == pytest.approx((0.42 + 3 * (0.95 - 2 / 3)) / 4)
    assert calibration([1.0, 0.0], [True, False])[-1]["claimed"] == 1.0
    assert math.isnan(expected_error(calibration([], [])))


def test_the_winning_class_is_judged_whatever_was_answered() -> None:
    items = [
        ClassItem("p", "hcc", "undecided", {"hcc": 0.6, "hemangioma": 0.4}),
        ClassItem("p", "hemangioma", "hcc", {"hcc": 0.62, "hemangioma": 0.38}),
    ]
    (bin_,) = class_calibration(items)
    assert (bin_["n"], bin_["true"].value) == (2, 0.5)


def test_the_curve_holds_only_points_that_no_cheaper_one_reaches() -> None:
    points = [
        FreeResponsePoint(Thresholds(), sensitivity, false, 0.0)
        for sensitivity, false in ((0.9, 1.0), (0.7, 0.2), (0.6, 0.4), (0.8, 0.2), (0.9, 2.0))
    ]
    curve = [(p["false_positives_a_study"], p["sensitivity"]) for p in best_curve(points)]
    assert curve == [(0.2, 0.8), (1.0, 0.9)]
