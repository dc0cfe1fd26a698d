"""Intervals: bootstrap by patient, Wilson, exact Poisson.

Lesions and slices of one patient are no independent draws, so resampling draws patients with all that
belongs to them. A statistic is written once, for weighted items: with all weights one it is the point
estimate, with how often each patient was drawn it is the bootstrap distribution, computed for all
resamples at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
#: From weights [resamples, items] to the statistic of every resample, [resamples]; nan where undefined.
Statistic = Callable[[Floats], Floats]

RESAMPLES = 2000
CONFIDENCE = 0.95
#: Resampling fewer patients than this tells more of the few than of the many: then there is no interval.
LEAST_PATIENTS = 5


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval.

    Args:
        value: the point estimate, nan when there is nothing to estimate it from.
        low, high: ends of the interval, nan where it cannot be said.
        n: how many items (lesions, studies, ...) carry it.
        method: how the interval was made.
    """

    value: float
    low: float
    high: float
    n: int
    method: str


class PatientBootstrap:
    """Percentile bootstrap intervals (Efron and Tibshirani 1993, chapter 13) with patients as clusters.

    Args:
        patients: every patient of the evaluation, also those without any lesion.
        seed: the same seed gives the same intervals on every machine.
    """

    def __init__(self, patients: Sequence[Hashable], seed: int = 0, resamples: int = RESAMPLES) -> None:
        self._row = {patient: n for n, patient in enumerate(dict.fromkeys(patients))}
        count = len(self._row)
        draws = np.random.default_rng(seed).integers(0, max(count, 1), size=(resamples, count))
        rows = np.repeat(np.arange(resamples), count)
        self._drawn = np.zeros((resamples, count))
        np.add.at(self._drawn, (rows, draws.ravel()), 1.0)

    def estimate(self, statistic: Statistic, patients: Sequence[Hashable], n: int | None = None) -> Estimate:
        """Point estimate and interval of a statistic over items.

        Args:
            statistic: built over the items, such as ``mean_of(values)``.
            patients: whose each item is, in the items' order.
            n: what to report as the number of items, else their count.
        """
        count = len(patients) if n is None else n
        value = float(statistic(np.ones((1, len(patients))))[0]) if len(patients) else float("nan")
        if not np.isfinite(value):
            return Estimate(value, float("nan"), float("nan"), count, "none")
        if len(set(patients)) < LEAST_PATIENTS:
            return Estimate(
                value, float("nan"), float("nan"), count, f"none, under {LEAST_PATIENTS} patients"
            )
        drawn = statistic(self._drawn[:, [self._row[patient] for patient in patients]])
        drawn = drawn[~np.isnan(drawn)]
        tail = (1.0 - CONFIDENCE) / 2.0
        if not len(drawn):
            return Estimate(value, float("nan"), float("nan"), count, "none")
        # The inverse of the distribution function, as interpolating between infinities has no meaning.
        low, high = np.quantile(drawn, [tail, 1.0 - tail], method="inverted_cdf")
        return Estimate(value, float(low), float(high), count, "bootstrap by patient")


def mean_of(values: npt.ArrayLike) -> Statistic:
    """The mean of the items' values; items with the value nan are left out."""
    return ratio_of(values, np.ones(len(np.asarray(values))))


def ratio_of(numerators: npt.ArrayLike, denominators: npt.ArrayLike) -> Statistic:
    """Sum of numerators over sum of denominators; items with a nan in either are left out."""
    top, bottom = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    known = ~(np.isnan(top) | np.isnan(bottom))

    def statistic(weights: Floats) -> Floats:
        kept = weights[:, known]
        return divide(kept @ top[known], kept @ bottom[known])

    return statistic


def median_of(values: npt.ArrayLike) -> Statistic:
    """The median of the items' values; items with the value nan are left out, infinities are ordered."""
    array = np.asarray(values, dtype=np.float64)
    order = np.argsort(array, kind="stable")
    order = order[~np.isnan(array[order])]
    ordered = array[order]

    def statistic(weights: Floats) -> Floats:
        if not len(order):
            return np.full(len(weights), np.nan)
        reached = np.cumsum(weights[:, order], axis=1)
        total = reached[:, -1]
        lower = ordered[(reached >= np.floor((total + 1) / 2)[:, None]).argmax(axis=1)]
        upper = ordered[(reached >= np.minimum(np.floor(total / 2) + 1, total)[:, None]).argmax(axis=1)]
        return np.where(total > 0, (lower + upper) / 2.0, np.nan)

    return statistic


def difference_of(first: Statistic, second: Statistic) -> Statistic:
    """The first less the second, both over the same items: paired where these are the same patients."""

    def statistic(weights: Floats) -> Floats:
        # Two infinities that are one and the same value differ by nothing that can be told.
        with np.errstate(invalid="ignore"):
            return np.asarray(first(weights) - second(weights))

    return statistic


def wilson(successes: int, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """A proportion with its Wilson score interval (Wilson, JASA 22 (1927) 209-212).

    It takes the items as independent; where several come from one patient it is a little too narrow.
    """
    if n == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0, "none")
    z = float(stats.norm.ppf(0.5 + confidence / 2.0))
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Estimate(p, max(0.0, centre - half), min(1.0, centre + half), n, "Wilson")


def poisson_rate(events: int, exposure: int, confidence: float = CONFIDENCE) -> Estimate:
    """Events per unit with the exact interval of Garwood (Biometrika 28 (1936) 437-442).

    Unlike the bootstrap it has a width when no event was seen at all.
    """
    if exposure == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0, "none")
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if events == 0 else float(stats.chi2.ppf(tail, 2 * events)) / 2.0
    high = float(stats.chi2.ppf(1.0 - tail, 2 * events + 2)) / 2.0
    return Estimate(events / exposure, low / exposure, high / exposure, exposure, "exact Poisson")


def divide(top: Floats, bottom: Floats) -> Floats:
    """Element by element; nan where the divisor is not positive."""
    quotient: Floats = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return quotient
