"""How well classes are told apart, when ``undecided`` is an answer.

Items are lesions of a known class that were found. The confusion matrix has a third column for undecided;
accuracy counts decided lesions only and therefore always stands beside the coverage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from MTINetLib.evaluation.statistics import Floats, Statistic, divide
from MTINetLib.findings import NETWORK_CLASSES, LesionClass

#: Bins of equal width over the confidence 0.5 to 1 that a winner of two classes can have.
ECE_BINS = 10


@dataclass(frozen=True)
class ClassItem:
    """One lesion: its true class, the answer, and the probability of HCC (the other class has the rest)."""

    patient: str
    truth: LesionClass
    answer: LesionClass
    p_hcc: float


def confusion(items: Sequence[ClassItem]) -> dict[str, dict[str, int]]:
    """Counts by true class (outer) and answer (inner: both classes and undecided)."""
    table = {truth.value: {answer.value: 0 for answer in LesionClass} for truth in NETWORK_CLASSES}
    for item in items:
        table[item.truth.value][item.answer.value] += 1
    return table


def decided(items: Sequence[ClassItem]) -> npt.NDArray[np.bool_]:
    """Which items got a class, [items]."""
    return np.array([item.answer is not LesionClass.UNDECIDED for item in items], dtype=bool)


def correct(items: Sequence[ClassItem]) -> npt.NDArray[np.bool_]:
    """Which items got their true class, [items]; undecided is not correct."""
    return np.array([item.answer is item.truth for item in items], dtype=bool)


def auc_of(items: Sequence[ClassItem]) -> Statistic:
    """Area under the ROC curve of the probability of HCC; ties count half, undecided lesions count too."""
    p, is_hcc = _probabilities(items)
    positive, negative = p[is_hcc], p[~is_hcc]
    wins = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])

    def statistic(weights: Floats) -> Floats:
        up, down = weights[:, is_hcc], weights[:, ~is_hcc]
        pairs = up.sum(axis=1) * down.sum(axis=1)
        won = ((up @ wins) * down).sum(axis=1)
        return divide(won, pairs)

    return statistic


def brier_of(items: Sequence[ClassItem]) -> Statistic:
    """Mean squared error of the probability of HCC (Brier 1950, in its form for two classes), 0 to 1."""
    p, is_hcc = _probabilities(items)
    errors = (p - is_hcc) ** 2

    def statistic(weights: Floats) -> Floats:
        return divide(weights @ errors, weights.sum(axis=1))

    return statistic


def ece_of(items: Sequence[ClassItem], bins: int = ECE_BINS) -> Statistic:
    """Expected calibration error (Naeini et al., AAAI 2015) of the winning class's probability.

    Bins of equal width over 0.5 to 1; it is biased upwards when there are few lesions per bin.
    """
    p, is_hcc = _probabilities(items)
    confidence = np.maximum(p, 1.0 - p)
    right = ((p >= 0.5) == is_hcc).astype(np.float64)
    index = np.clip(((confidence - 0.5) * 2.0 * bins).astype(int), 0, bins - 1)
    member = (index[:, None] == np.arange(bins)[None, :]).astype(np.float64)

    def statistic(weights: Floats) -> Floats:
        gap = np.abs((weights * (right - confidence)) @ member).sum(axis=1)
        return divide(gap, weights.sum(axis=1))

    return statistic


def exact_mcnemar(first_right: npt.ArrayLike, second_right: npt.ArrayLike) -> float:
    """Two-sided exact McNemar test of two systems' right answers on the same lesions; the p-value."""
    a, b = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    only_first, only_second = int((a & ~b).sum()), int((~a & b).sum())
    if only_first + only_second == 0:
        return 1.0
    return float(stats.binomtest(only_first, only_first + only_second, 0.5).pvalue)


def _probabilities(items: Sequence[ClassItem]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    p = np.array([item.p_hcc for item in items], dtype=np.float64)
    return p, np.array([item.truth is LesionClass.HCC for item in items], dtype=bool)
