"""How probable a candidate is to be a lesion, and the points of the curve, by patients held out in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from MTINetLib.evaluation.free_response import Component, StudyComponents, matched
from MTINetLib.inference.candidates import CandidateFeatures
from MTINetLib.models.operating_points import LesionProbability, OperatingPoint, OperatingPoints
from MTINetLib.models.thresholds import Thresholds

Array = npt.NDArray[np.float64]

#: A point for each of these numbers of false positives a study, as far as they are reached.
FALSE_POSITIVES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
#: The point that is taken where the reader says nothing.
USUAL_FALSE_POSITIVES = 0.2
FOLDS = 5
#: Thresholds are kept with so many digits, rounded down.
_DIGITS = 4


@dataclass(frozen=True)
class PatientComponents:
    """One study of a patient, and its components by mask threshold."""

    patient: str
    study: StudyComponents


def fit_points(studies: Sequence[PatientComponents], thresholds: Thresholds) -> OperatingPoints | None:
    """The choice of sensitivity that a model offers.

    The curve is made of probabilities that each patient's candidates get from the other patients; the
    probability that is kept rests on all of them.

    Args:
        thresholds: of the model; candidates are found with its ``mask`` alone.

    Returns:
        None where there are not both lesions and other marks among the candidates.
    """
    of_study = [seen.study.by_mask[thresholds.mask] for seen in studies]
    candidates = [part for parts in of_study for part in parts]
    features = [_features(part) for part in candidates]
    hits = np.array([hit for parts in of_study for hit in _is_lesion(parts)], dtype=bool)
    if not hits.any() or hits.all():
        return None
    patients = [seen.patient for seen, parts in zip(studies, of_study, strict=True) for _ in parts]
    shares = _of_others(features, hits, patients)
    told = iter(shares)
    by_study = [(parts, [next(told) for _ in parts]) for parts in of_study]
    points = _curve(by_study, sum(seen.study.lesions for seen in studies))
    usual = max(
        (n for n, point in enumerate(points) if point.false_positives_a_study <= USUAL_FALSE_POSITIVES),
        default=0,
    )
    relaxed = {"peak": thresholds.mask, "mean": 0.0, "smallest_mm3": 30.0, "min_slices": 1}
    return OperatingPoints(tuple(points), usual, fit_lesion_probability(features, hits), relaxed)


def fit_lesion_probability(
    features: Sequence[CandidateFeatures], hits: npt.NDArray[np.bool_]
) -> LesionProbability:
    """Logistic regression with a penalty that keeps weights of few candidates small.

    Args:
        features: of N candidates.
        hits: [N], whether each is a lesion.
    """
    columns = np.array([LesionProbability.columns(*one) for one in features])
    centre, spread = columns.mean(axis=0), columns.std(axis=0)
    used = spread > 1e-9
    standard = np.where(used, (columns - centre) / np.where(used, spread, 1.0), 0.0)
    signs = np.where(hits, 1.0, -1.0)

    def loss(weights: Array) -> tuple[float, Array]:
        margin = signs * (weights[0] + standard @ weights[1:])
        slope = -signs * expit(-margin)
        gradient = np.concatenate([[slope.sum()], standard.T @ slope + weights[1:]])
        return float(np.logaddexp(0, -margin).sum() + 0.5 * (weights[1:] ** 2).sum()), gradient

    found = minimize(loss, np.zeros(1 + columns.shape[1]), jac=True, method="L-BFGS-B").x
    weights = np.where(used, found[1:] / np.where(used, spread, 1.0), 0.0)
    values = (round(float(value), 6) for value in (found[0] - weights @ centre, *weights))
    return LesionProbability(*values)


def _features(part: Component) -> CandidateFeatures:
    return CandidateFeatures(part.mean, part.peak, part.mm3, part.liver, part.vessel, part.organ)


def _is_lesion(parts: Sequence[Component]) -> list[bool]:
    """Which components stand for a true lesion, one to one."""
    standing = {number for number, _, _ in matched(parts)}
    return [number in standing for number in range(len(parts))]


def _of_others(
    features: Sequence[CandidateFeatures], hits: npt.NDArray[np.bool_], patients: Sequence[str]
) -> list[float]:
    """Each candidate's probability by what was fitted on other patients."""
    order = {patient: number % FOLDS for number, patient in enumerate(dict.fromkeys(patients))}
    folds = [order[patient] for patient in patients]
    fitted = {}
    for fold in set(folds):
        others = [number for number, other in enumerate(folds) if other != fold]
        known = fit_lesion_probability([features[n] for n in others], hits[others]) if others else None
        fitted[fold] = known or LesionProbability(0.0)
    return [fitted[fold].of(*one) for fold, one in zip(folds, features, strict=True)]


def _curve(
    studies: Sequence[tuple[Sequence[Component], Sequence[float]]], lesions: int
) -> list[OperatingPoint]:
    """By falling threshold: for each number of false positives the lowest threshold that keeps to it."""
    every = sorted({share for _, shares in studies for share in shares}, reverse=True)
    floors = dict.fromkeys(np.floor(share * 10**_DIGITS) / 10**_DIGITS for share in every)
    chosen: dict[float, OperatingPoint] = {}
    for threshold in floors:
        found = false = 0
        for parts, shares in studies:
            kept = [part for part, share in zip(parts, shares, strict=True) if share >= threshold]
            hits = len(matched(kept))
            found, false = found + hits, false + len(kept) - hits
        point = OperatingPoint(
            float(threshold), round(found / max(1, lesions), 4), round(false / len(studies), 4)
        )
        for most in FALSE_POSITIVES:
            if point.false_positives_a_study <= most:
                chosen[most] = point
    if not chosen:
        return [point]
    return sorted(dict.fromkeys(chosen.values()), key=lambda one: -one.threshold)
