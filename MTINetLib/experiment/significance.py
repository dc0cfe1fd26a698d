"""Paired tests of one system against another, corrected for how many comparisons are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

_NAN = float("nan")


@dataclass(frozen=True)
class PairedTest:
    """What a paired test says.

    Args:
        p: two-sided; nan where there is no pair.
        effect: from -1 (the second is always better) to 1, see the functions.
        n: pairs.
        method: name of the test.
    """

    p: float
    effect: float
    n: int
    method: str


def signed_rank(first: npt.ArrayLike, second: npt.ArrayLike) -> PairedTest:
    """Wilcoxon's signed-rank test (Biometrics Bulletin 1 (1945) 80-83) of paired figures.

    Zero differences take part in the ranking (Pratt, JASA 54 (1959) 655-667). The effect is the matched-pairs
    rank-biserial correlation (Kerby, Comprehensive Psychology 3 (2014)): the sum of the ranks in favour of
    ``first`` less that against it, over both. Pairs with a nan are left out.
    """
    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    difference = difference[~np.isnan(difference)]
    n, method = len(difference), "Wilcoxon signed-rank"
    if n == 0:
        return PairedTest(_NAN, _NAN, 0, method)
    if not difference.any():
        return PairedTest(1.0, 0.0, n, method)
    ranks = stats.rankdata(np.abs(difference))
    up, down = float(ranks[difference > 0].sum()), float(ranks[difference < 0].sum())
    # The exact distribution knows no ties; the library takes the normal one where there are some.
    p = float(stats.wilcoxon(difference, zero_method="pratt").pvalue)
    return PairedTest(min(1.0, p), (up - down) / (up + down), n, method)


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> PairedTest:
    """McNemar's exact test (Psychometrika 12 (1947) 153-157) of who was right.

    The effect is the difference of the two accuracies.
    """
    a, b = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    n, method = len(a), "McNemar, exact"
    if n == 0:
        return PairedTest(_NAN, _NAN, 0, method)
    won, lost = int((a & ~b).sum()), int((~a & b).sum())
    p = 1.0 if won + lost == 0 else float(stats.binomtest(won, won + lost, 0.5).pvalue)
    return PairedTest(p, (won - lost) / n, n, method)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction (Scandinavian Journal of Statistics 6 (1979) 65-70), in the same order.

    A nan stays one and counts as no comparison.
    """
    known = [n for n, p in enumerate(p_values) if not np.isnan(p)]
    corrected = [_NAN] * len(p_values)
    largest = 0.0
    for rank, n in enumerate(sorted(known, key=lambda n: p_values[n])):
        largest = max(largest, min(1.0, (len(known) - rank) * p_values[n]))
        corrected[n] = largest
    return corrected
