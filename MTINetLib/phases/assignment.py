"""The best of all ways to give each phase a volume, found without trying them all.

Scores are sums over phases and over pairs of phases. Phases are filled one after the other; a way that
cannot come near the best one, even if everything that is left went as well as it can, is given up. So the
work grows with the number of phases times the volumes, where trying all would take volumes to the power of
phases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from MTINetLib.study.grid import FloatArray

#: So many ways are followed at a time; more than that lie close together only where nothing tells.
WIDEST = 4096
_FIRST_WIDTH = 64
_ROUNDING = 1e-6
_ROWS_AT_ONCE = 1 << 15

Pairs = Mapping[tuple[int, int], FloatArray]


@dataclass
class Best:
    """What the search found.

    Args:
        options: the option of each phase.
        score: their total.
        rivals: for each phase another option whose best total is less than ``margin`` below, the best first
            found; None where there is none.
        tried: ways, whole or in part, that were scored.
    """

    options: tuple[int, ...]
    score: float
    rivals: tuple[int | None, ...]
    tried: int


def best_options(unary: Sequence[FloatArray], pairs: Pairs, margin: float) -> Best:
    """The options with the highest total; of equals the first.

    Args:
        unary: per phase, the score of each option [n].
        pairs: per pair of phases (first < second), the score of their options together [n, n].
        margin: how near to the best a rival is.
    """
    search = _Search(unary, pairs)
    rough = search.run(-np.inf, _FIRST_WIDTH)
    ways = search.run(float(search.totals(rough).max()) - margin, WIDEST)
    totals = search.totals(ways)
    first = int(np.argmax(totals))
    rivals = tuple(_rival(ways[:, p], totals, first, margin, len(row)) for p, row in enumerate(unary))
    return Best(tuple(map(int, ways[first])), float(totals[first]), rivals, search.tried)


def _rival(
    options: npt.NDArray[np.int64], totals: FloatArray, first: int, margin: float, count: int
) -> int | None:
    best = np.full(count, -np.inf)
    np.maximum.at(best, options, totals)
    best[options[first]] = -np.inf
    rival = int(np.argmax(best))
    return rival if best[rival] > totals[first] - margin else None


@dataclass
class _Search:
    unary: Sequence[FloatArray]
    pairs: Pairs
    tried: int = field(default=0)

    def totals(self, ways: npt.NDArray[np.int64]) -> FloatArray:
        """The totals of whole ways [m, phases]."""
        total = np.zeros(len(ways))
        for p, scores in enumerate(self.unary):
            total += scores[ways[:, p]]
        for (p, q), scores in self.pairs.items():
            total += scores[ways[:, p], ways[:, q]]
        return total

    def run(self, floor: float, width: int) -> npt.NDArray[np.int64]:
        """Whole ways [m, phases] that may reach ``floor``, at most ``width``, in the order of options."""
        ways = np.zeros((1, 0), dtype=np.int64)
        scores = np.zeros(1)
        for p in range(len(self.unary)):
            added = self._gain(ways, p)
            totals = (scores[:, None] + added).ravel()
            self.tried += totals.size
            rows, options = np.divmod(np.arange(totals.size), added.shape[1])
            if p + 1 < len(self.unary):
                hopes = totals + self._hope(ways, rows, options, p)
            else:
                hopes = totals
            kept = np.flatnonzero(hopes >= floor - _ROUNDING)
            if len(kept) > width:
                best = np.argsort(-hopes[kept], kind="stable")[:width]
                kept = np.sort(kept[best])
            ways = np.column_stack([ways[rows[kept]], options[kept]])
            scores = totals[kept]
        return ways

    def _gain(self, ways: npt.NDArray[np.int64], p: int) -> FloatArray:
        """What each option of phase ``p`` adds to ways that end before it [m, n]."""
        added = np.broadcast_to(self.unary[p], (len(ways), len(self.unary[p]))).copy()
        for before in range(ways.shape[1]):
            added += self.pairs[(before, p)][ways[:, before]]
        return added

    def _hope(
        self, ways: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], options: npt.NDArray[np.int64], p: int
    ) -> FloatArray:
        """The most that the phases behind ``p`` can still add, for each way with its option."""
        behind = range(p + 1, len(self.unary))
        hope = np.full(len(rows), float(sum(self.pairs[pair].max() for pair in combinations(behind, 2))))
        for q in behind:
            gain, with_p = self._gain(ways, q), self.pairs[(p, q)]
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                part = slice(start, start + _ROWS_AT_ONCE)
                hope[part] += (gain[rows[part]] + with_p[options[part]]).max(axis=1)
        return hope
