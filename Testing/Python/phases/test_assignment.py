"""The search for the best way to give each phase a volume, against trying every way."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from MTINetLib.phases.assignment import WIDEST, best_options
from MTINetLib.study.grid import FloatArray

MARGIN = 1.0
Pairs = dict[tuple[int, int], FloatArray]


def made_scores(rng: np.random.Generator, phases: int, size: int, steps: float) -> tuple[list, Pairs]:
    """Scores as volumes have them: rounded, so that many are equal; one volume is never two phases."""

    def drawn(*shape: int) -> FloatArray:
        return np.round(rng.normal(0, 3, shape) / steps) * steps

    unary = [drawn(size) for _ in range(phases)]
    pairs = {}
    for pair in combinations(range(phases), 2):
        pairs[pair] = np.minimum(drawn(size, size), 1.5)
        np.fill_diagonal(pairs[pair][:-1, :-1], -1000.0)
        pairs[pair][-1] = pairs[pair][:, -1] = 0.0
    return unary, pairs


def tried_all(unary: list, pairs: Pairs) -> tuple[tuple[int, ...], list[int | None]]:
    """The first best of all ways, and each phase's best other option within the margin."""
    size, count = len(unary[0]), len(unary)
    total = np.zeros((size,) * count)
    for p, scores in enumerate(unary):
        total += scores.reshape([size if n == p else 1 for n in range(count)])
    for pair, scores in pairs.items():
        total += scores.reshape([size if n in pair else 1 for n in range(count)])
    best = np.unravel_index(int(np.argmax(total)), total.shape)
    rivals: list[int | None] = []
    for p in range(count):
        others = np.moveaxis(total, p, 0).reshape(size, -1).max(axis=1)
        others[best[p]] = -np.inf
        rival = int(np.argmax(others))
        rivals.append(rival if others[rival] > total[best] - MARGIN else None)
    return tuple(int(option) for option in best), rivals


@pytest.mark.parametrize("phases", [2, 3, 4, 5])
@pytest.mark.parametrize("steps", [0.01, 0.5, 2.0])
@pytest.mark.parametrize("seed", range(5))
def test_it_finds_what_trying_every_way_finds(phases: int, steps: float, seed: int) -> None:
    unary, pairs = made_scores(np.random.default_rng(seed), phases, 8, steps)
    found = best_options(unary, pairs, MARGIN)
    options, rivals = tried_all(unary, pairs)
    assert found.options == options
    assert list(found.rivals) == rivals


@pytest.mark.parametrize("steps", [0.01, 2.0, 1000.0])
def test_the_work_does_not_grow_as_volumes_to_the_power_of_phases(steps: float) -> None:
    phases, size = 6, 41
    for seed in range(3):
        unary, pairs = made_scores(np.random.default_rng(seed), phases, size, steps)
        found = best_options(unary, pairs, MARGIN)
        assert found.tried <= 2 * phases * (WIDEST + 1) * size < size**4
        assert len(set(found.options) - {size - 1}) + found.options.count(size - 1) == phases


def test_a_volume_is_never_two_phases_also_where_it_fits_both_best() -> None:
    unary = [np.array([9.0, 1.0, 0.9]), np.array([9.0, 1.0, 0.9])]
    pair = np.zeros((3, 3))
    np.fill_diagonal(pair[:-1, :-1], -1000.0)
    assert best_options(unary, {(0, 1): pair}, MARGIN).options == (0, 1)
