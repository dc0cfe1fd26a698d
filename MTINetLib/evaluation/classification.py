"""How well classes are told apart, when ``undecided`` is an answer.

Items are lesions of a known class that were found. The confusion matrix has a further column for undecided;
accuracy counts decided lesions only and therefore always stands beside the coverage. A lesion of a class
that the model does not tell apart is wrong whenever it is decided, and no figure of probabilities counts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MTINetLib.evaluation.statistics import Floats, Statistic, divide
from MTINetLib.study.lesion_class import UNDECIDED, in_usual_order

#: Bins of equal width over the confidences that a winner can have, from one over the number of classes to 1.
ECE_BINS = 10


@dataclass(frozen=True)
class ClassItem:
    """One lesion: its true class, the answer, and the probability of each class of the model."""

    patient: str
    truth: str
    answer: str
    probabilities: Mapping[str, float]


def confusion(items: Sequence[ClassItem], classes: Sequence[str]) -> dict[str, dict[str, int]]:
    """Counts by true class (outer) and answer (inner: every class and undecided)."""
    unknown = {item.truth for item in items} - set(classes)
    table = {truth: dict.fromkeys((*classes, UNDECIDED), 0) for truth in (*classes, *in_usual_order(unknown))}
    for item in items:
        table[item.truth][item.answer] += 1
    return table


def decided(items: Sequence[ClassItem]) -> npt.NDArray[np.bool_]:
    """Which items got a class, [items]."""
    return np.array([item.answer != UNDECIDED for item in items], dtype=bool)


def correct(items: Sequence[ClassItem]) -> npt.NDArray[np.bool_]:
    """Which items got their true class, [items]; undecided is not correct."""
    return np.array([item.answer == item.truth for item in items], dtype=bool)


def of_told_classes(items: Sequence[ClassItem]) -> list[ClassItem]:
    """The items whose true class is one that the model tells apart: what probabilities can be judged by."""
    return [item for item in items if item.truth in item.probabilities]


def auc_of(items: Sequence[ClassItem], name: str) -> Statistic:
    """Area under the ROC curve of one class against the rest; ties count half, undecided ones count too."""
    p = np.array([item.probabilities[name] for item in items], dtype=np.float64)
    is_class = np.array([item.truth == name for item in items], dtype=bool)
    positive, negative = p[is_class], p[~is_class]
    wins = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])

    def statistic(weights: Floats) -> Floats:
        up, down = weights[:, is_class], weights[:, ~is_class]
        pairs = up.sum(axis=1) * down.sum(axis=1)
        won = ((up @ wins) * down).sum(axis=1)
        return divide(won, pairs)

    return statistic


def mean_auc_of(items: Sequence[ClassItem], classes: Sequence[str]) -> Statistic:
    """The AUC of two classes; of more the mean of one against the rest, over the classes that occur."""
    of_each = [auc_of(items, name) for name in (classes[:1] if len(classes) == 2 else classes)]

    def statistic(weights: Floats) -> Floats:
        values = np.array([each(weights) for each in of_each]).reshape(len(of_each), len(weights))
        known = ~np.isnan(values)
        return divide(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0).astype(np.float64))

    return statistic


def brier_of(items: Sequence[ClassItem], classes: Sequence[str]) -> Statistic:
    """Half the summed squared errors of the probabilities (Brier 1950), 0 to 1; for two classes the usual."""
    p, truth = _probabilities(items, classes)
    hot = truth[:, None] == np.arange(len(classes))
    errors = 0.5 * ((p - hot) ** 2).sum(axis=1)

    def statistic(weights: Floats) -> Floats:
        return divide(weights @ errors, weights.sum(axis=1))

    return statistic


def ece_of(items: Sequence[ClassItem], classes: Sequence[str], bins: int = ECE_BINS) -> Statistic:
    """Expected calibration error (Naeini et al., AAAI 2015) of the winning class's probability.

    It is biased upwards when there are few lesions per bin.
    """
    p, truth = _probabilities(items, classes)
    confidence = p.max(axis=1, initial=0.0)
    right = (p.argmax(axis=1) == truth).astype(np.float64) if p.size else np.zeros(0)
    least = 1 / max(len(classes), 1)
    index = np.clip(((confidence - least) / max(1 - least, 1e-9) * bins).astype(int), 0, bins - 1)
    member = (index[:, None] == np.arange(bins)[None, :]).astype(np.float64)

    def statistic(weights: Floats) -> Floats:
        gap = np.abs((weights * (right - confidence)) @ member).sum(axis=1)
        return divide(gap, weights.sum(axis=1))

    return statistic


def _probabilities(
    items: Sequence[ClassItem], classes: Sequence[str]
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Of each class, [items, classes], and the index of the true one, [items]."""
    rows = [[item.probabilities[name] for name in classes] for item in items]
    p = np.array(rows, dtype=np.float64).reshape(len(items), len(classes))
    return p, np.array([classes.index(item.truth) for item in items], dtype=np.int64)
