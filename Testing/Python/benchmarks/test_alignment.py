"""Phantoms moved by known amounts: what the benchmark measures is true, and auto does no harm."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from benchmarks.alignment import aligned
from benchmarks.alignment_cases import StillCase, bend, shift, still_case
from MTINetLib.study.phase import Phase


@cache
def _case() -> StillCase:
    return still_case(7, 40, 128)


def test_content_lies_where_the_truth_says_after_a_bend() -> None:
    move = bend(np.random.default_rng(2), 8.0, (0.0, 4.0, 12.0))
    still = _case().case.study.phase(Phase.PORTAL_VENOUS)
    moved = _case().moved(Phase.PORTAL_VENOUS, move, 1)
    points = _case().lesion_points[0]
    index = _case().grid.to_index(move.to_moved(points)).T
    there = ndimage.map_coordinates(moved, index, order=1)
    here = still[tuple(_case().grid.to_index(points).round().astype(int).T)]
    assert abs(float(there.mean() - here.mean())) < 0.05 * float(here.mean())
    assert _case().errors_mm(move, move.to_moved) == (0.0, 0.0)


def test_an_aligned_study_is_not_made_worse_by_more_than_half_a_millimetre() -> None:
    results, _ = aligned(_case(), shift((0.0, 0.0, 0.0)))
    assert max(max(result.after_mm) for result in results) <= 0.5


def test_shifts_to_25_mm_are_undone_within_two_millimetres() -> None:
    results, _ = aligned(_case(), shift((8.0, 3.0, -23.5)))
    assert min(min(result.before_mm) for result in results) > 24.0
    assert max(max(result.after_mm) for result in results) <= 2.0


@pytest.mark.parametrize("base", [(0.0, 0.0, 0.0), (0.0, 4.0, 12.0)])
def test_a_bend_is_undone_within_two_millimetres_and_worsens_no_lesion(
    base: tuple[float, float, float],
) -> None:
    results, _ = aligned(_case(), bend(np.random.default_rng(7), 8.0, base))
    for result in results:
        assert "deformed" in result.said
        assert max(result.after_mm) <= 2.0
        assert max(np.subtract(result.after_mm, result.before_mm)) <= 0.5
