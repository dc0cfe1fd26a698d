"""The probability of being a lesion, and the points that a reader may choose from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from MTINetLib.evaluation.free_response import MASKS, Component, StudyComponents
from MTINetLib.evaluation.lesion_probability import (
    USUAL_FALSE_POSITIVES,
    PatientComponents,
    fit_lesion_probability,
    fit_points,
)
from MTINetLib.inference.candidate_features import CandidateFeatures


def made(count: int, seed: int = 0) -> tuple[list[CandidateFeatures], np.ndarray]:
    random = np.random.default_rng(seed)
    features = [
        CandidateFeatures(*random.uniform((0.3, 0.5, 30), (0.95, 1.0, 4000)), vessel=random.uniform())
        for _ in range(count)
    ]
    score = [1.5 * np.log(one.mean / (1 - one.mean)) - 4 * one.vessel for one in features]
    return features, random.uniform(size=count) < 1 / (1 + np.exp(-np.array(score)))


def test_the_probability_is_calibrated_on_candidates_that_it_was_not_fitted_on() -> None:
    fitted = fit_lesion_probability(*made(800))
    others, hits = made(4000, seed=1)
    shares = np.array([fitted.of(*one) for one in others])
    bins = np.digitize(shares, np.linspace(0, 1, 11)[1:-1])
    gaps = [abs(shares[bins == n].mean() - hits[bins == n].mean()) * (bins == n).mean() for n in set(bins)]
    assert sum(gaps) < 0.05
    assert fitted.vessel < -2
    assert fitted.mean > 1


def test_few_candidates_give_small_weights() -> None:
    features, _ = made(4)
    hits = np.array([True, False, True, False])
    fitted = fit_lesion_probability(features, hits)
    assert all(0.02 < fitted.of(*one) < 0.98 for one in features)


def studies(count: int = 40) -> list[PatientComponents]:
    """Each with one sure lesion, and now and then a false mark that is nearly as sure."""
    random = np.random.default_rng(4)
    seen = []
    for number in range(count):
        hit = Component(900.0, 4, 0.99, float(random.uniform(0.7, 0.95)), {1: 0.8}, liver=1.0)
        false = [
            Component(200.0, 2, 0.9, float(random.uniform(0.5, 0.85)), {}, liver=0.2, vessel=0.6)
            for _ in range(int(random.integers(0, 3)))
        ]
        by_mask = dict.fromkeys(MASKS, (hit, *false))
        seen.append(PatientComponents(f"p{number}", StudyComponents(1, by_mask)))
    return seen


def test_points_lie_by_falling_threshold_and_the_usual_one_keeps_to_its_false_positives() -> None:
    points = fit_points(studies())
    assert points is not None
    thresholds = [point.threshold for point in points.points]
    assert thresholds == sorted(set(thresholds), reverse=True)
    sensitivities = [point.sensitivity for point in points.points]
    assert sensitivities == sorted(sensitivities)
    assert points.points[points.usual].false_positives_a_study <= USUAL_FALSE_POSITIVES
    assert points.points[points.usual].sensitivity > 0.9
    assert points.candidates["mean"] == 0.0


def test_the_curve_is_made_by_patients_that_were_held_out() -> None:
    """Candidates whose being a lesion cannot be known do not look known."""
    random = np.random.default_rng(0)
    seen = []
    for number in range(60):
        ious = {1: 0.5} if random.uniform() < 0.5 else {}
        part = Component(100.0, 2, 0.9, float(random.uniform(0.5, 0.9)), ious)
        seen.append(PatientComponents(f"p{number}", StudyComponents(1, dict.fromkeys(MASKS, (part,)))))
    points = fit_points(seen)
    assert points is not None
    few = [point for point in points.points if point.false_positives_a_study <= 0.1]
    assert all(point.sensitivity < 0.4 for point in few)


@pytest.mark.parametrize("ious", [{}, {1: 0.9}])
def test_candidates_of_one_kind_offer_no_choice(ious: dict[int, float]) -> None:
    part = Component(100.0, 2, 0.9, 0.8, ious)
    one_kind = [
        PatientComponents(f"p{n}", StudyComponents(1, dict.fromkeys(MASKS, (part,)))) for n in range(12)
    ]
    assert fit_points(one_kind) is None


def test_the_mask_threshold_with_the_better_outlines_is_taken() -> None:
    seen = []
    for one in studies():
        parts = one.study.by_mask[MASKS[0]]
        sharper = tuple(replace(part, ious={1: 0.9} if part.ious else {}) for part in parts)
        by_mask = {**one.study.by_mask, MASKS[3]: sharper}
        seen.append(PatientComponents(one.patient, StudyComponents(1, by_mask)))
    points = fit_points(seen)
    assert points is not None
    assert points.candidates["mask"] == points.candidates["peak"] == MASKS[3]
