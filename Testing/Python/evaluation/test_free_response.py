"""The free-response curve over thresholds, and the point that is taken."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_analysis import made_grid

from MTINetLib.evaluation.detection import match_lesions
from MTINetLib.evaluation.free_response import (
    Component,
    FreeResponsePoint,
    StudyComponents,
    free_response,
    most_sensitive,
    study_components,
)
from MTINetLib.inference.lesions import find_lesions
from MTINetLib.models.thresholds import Thresholds

SHAPE = (8, 40, 48)


def maps(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A probability map with sure and unsure blobs of many sizes, and a truth that most of them hit."""
    random = np.random.default_rng(seed)
    k, j, i = np.indices(SHAPE)
    probability = np.full(SHAPE, 0.05, np.float32)
    truth = np.zeros(SHAPE, np.uint8)
    for number, (row, column) in enumerate(((8, 8), (8, 24), (8, 40), (28, 8), (28, 24), (28, 40)), start=1):
        radius = random.uniform(1.5, 6)
        height = random.uniform(0.4, 0.99)
        away = np.hypot(j - row, i - column)
        thick = random.integers(1, 5)
        disc = (away < radius) & (k >= 2) & (k < 2 + thick)
        probability[disc] = np.clip(height - 0.03 * away[disc], 0, 1)
        if number % 3:
            truth[(away < radius * random.uniform(0.6, 1.2)) & (k >= 2) & (k < 2 + thick)] = number
    return probability, truth


@pytest.mark.parametrize("seed", range(4))
def test_the_curve_says_what_finding_and_matching_say(seed: int) -> None:
    grid = made_grid(SHAPE)
    studies = [maps(seed), maps(seed + 100)]
    points = list(free_response([study_components(*study, grid) for study in studies], Thresholds()))
    chosen = np.random.default_rng(seed).choice(len(points), 25, replace=False)
    for point in (points[number] for number in chosen):
        found = false = lesions = 0
        for probability, truth in studies:
            detection = match_lesions(truth, find_lesions(probability, grid, point.thresholds))
            found += len(detection.matches)
            false += len(detection.false_positives)
            lesions += len(detection.matches) + len(detection.missed)
        assert point.sensitivity == pytest.approx(found / lesions)
        assert point.false_positives == pytest.approx(false / 2)


def test_thresholds_that_say_nothing_of_detection_stay_as_they_were() -> None:
    base = Thresholds(class_probability=0.9, slice_disagreement=0.2, least_pixels=3)
    study = StudyComponents(1, dict.fromkeys((0.3, 0.4, 0.5, 0.6, 0.7), ()))
    for point in free_response([study], base):
        assert point.thresholds.class_probability == 0.9
        assert point.thresholds.slice_disagreement == 0.2
        assert point.thresholds.least_pixels == 3


def test_one_component_over_two_lesions_finds_one_of_them() -> None:
    over_both = Component(900.0, 3, 0.99, 0.95, {1: 0.4, 2: 0.3})
    study = StudyComponents(2, dict.fromkeys((0.3, 0.4, 0.5, 0.6, 0.7), (over_both,)))
    assert {point.sensitivity for point in free_response([study], Thresholds())} == {0.5}


def point(sensitivity: float, false_positives: float, mean_iou: float = 0.5) -> FreeResponsePoint:
    return FreeResponsePoint(Thresholds(), sensitivity, false_positives, mean_iou)


def test_the_most_sensitive_point_within_the_limit_is_taken() -> None:
    points = [point(0.9, 0.31), point(0.8, 0.3), point(0.7, 0.0)]
    assert most_sensitive(points, 0.3) is points[1]


def test_of_equally_sensitive_points_the_better_outlines_win() -> None:
    points = [point(0.8, 0.0, 0.6), point(0.8, 0.2, 0.7)]
    assert most_sensitive(points, 0.3) is points[1]


def test_where_no_point_keeps_the_limit_the_fewest_false_positives_win() -> None:
    points = [point(0.9, 2.0), point(0.5, 1.0), point(0.6, 1.0)]
    assert most_sensitive(points, 0.3) is points[2]
