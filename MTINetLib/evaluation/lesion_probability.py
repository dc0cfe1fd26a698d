"""How probable a candidate is to be a lesion, and the points of the curve, by patients held out in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from MTINetLib.evaluation.free_response import MASKS, Component, StudyComponents, count_detections, matched
from MTINetLib.inference.candidate_features import CandidateFeatures
from MTINetLib.models.operating_points import LesionProbability, OperatingPoint, OperatingPoints

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


def fit_points(studies: Sequence[PatientComponents]) -> OperatingPoints | None:
    """The choice of sensitivity that a model offers.

    The curve is made of probabilities that each patient's candidates get from the other patients; the
    probability that is kept rests on all of them. Candidates are found with a mask threshold alone: the one
    with the greatest sum of sensitivity and mean IoU (missed lesions counting 0) at the usual point.

    Returns:
        None where there are not both lesions and other marks among the candidates of any mask threshold.
    """
    fits = [fit for mask in MASKS if (fit := _fit_of_mask(studies, mask)) is not None]
    return max(fits, key=lambda fit: fit.merit).points if fits else None


@dataclass(frozen=True)
class _Fit:
    points: OperatingPoints
    merit: float


def _fit_of_mask(studies: Sequence[PatientComponents], mask: float) -> _Fit | None:
    of_study = [seen.study.by_mask[mask] for seen in studies]
    features = [_features(part) for parts in of_study for part in parts]
    hits = np.array([hit for parts in of_study for hit in _is_lesion(parts)], dtype=bool)
    if not hits.any() or hits.all():
        return None
    patients = [seen.patient for seen, parts in zip(studies, of_study, strict=True) for _ in parts]
    told = iter(_of_others(features, hits, patients))
    by_study = [(parts, [next(told) for _ in parts]) for parts in of_study]
    curve = _curve(by_study, sum(seen.study.lesions for seen in studies))
    allowed = [n for n, (point, _) in enumerate(curve) if _usual(point)]
    usual = max(allowed, default=0)
    point, mean_iou = curve[usual]
    relaxed = {"mask": mask, "peak": mask, "mean": 0.0, "smallest_mm3": 30.0, "min_slices": 1}
    offered = OperatingPoints(
        tuple(point for point, _ in curve), usual, fit_lesion_probability(features, hits), relaxed
    )
    return _Fit(offered, point.sensitivity + mean_iou)


def _usual(point: OperatingPoint) -> bool:
    return point.false_positives_a_study <= USUAL_FALSE_POSITIVES


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
) -> list[tuple[OperatingPoint, float]]:
    """By falling threshold, with the mean IoU: the lowest that keeps to each number of false positives."""
    every = sorted({share for _, shares in studies for share in shares}, reverse=True)
    floors = dict.fromkeys(float(np.floor(share * 10**_DIGITS) / 10**_DIGITS) for share in every)
    at = [_at(threshold, studies, lesions) for threshold in floors]
    lowest = {most: one for one in at for most in FALSE_POSITIVES if one[0].false_positives_a_study <= most}
    return sorted(set(lowest.values()), key=lambda one: -one[0].threshold) or at[:1]


def _at(
    threshold: float, studies: Sequence[tuple[Sequence[Component], Sequence[float]]], lesions: int
) -> tuple[OperatingPoint, float]:
    count = count_detections(
        [part for part, share in zip(parts, shares, strict=True) if share >= threshold]
        for parts, shares in studies
    )
    most = max(1, lesions)
    point = OperatingPoint(threshold, round(count.found / most, 4), round(count.false / len(studies), 4))
    return point, count.ious / most
