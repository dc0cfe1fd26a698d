"""Shifts of single blocks are found, and blocks that cannot be compared are left out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from MTINetLib.registration.blocks import Blocks, peaks_near_zero
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Volume

GRID = Grid((32, 48, 48), (4.0, 4.0, 5.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
BODY = np.ones(GRID.shape, dtype=bool)


def _edges() -> Volume:
    noise = np.random.default_rng(5).standard_normal(GRID.shape)
    return ndimage.gaussian_filter(noise, 1.2).astype(np.float32)


def test_blocks_of_the_same_edges_do_not_move() -> None:
    lengths = Blocks.of(_edges(), BODY, GRID).shifts_mm(_edges())
    assert len(lengths) > 10
    np.testing.assert_allclose(lengths, 0.0, atol=1e-3)


def test_a_shift_of_all_edges_is_found_in_every_block() -> None:
    moved = ndimage.shift(_edges(), (1.0, 0.0, 2.0), order=1, mode="nearest")
    lengths = Blocks.of(_edges(), BODY, GRID).shifts_mm(moved)
    assert np.hypot(5.0, 8.0) - 3.5 < lengths.min() <= lengths.max() < np.hypot(5.0, 8.0) + 0.5


def test_half_a_body_that_moved_shows_in_its_own_blocks() -> None:
    moved = _edges()
    moved[:, :, 24:] = np.roll(moved, 2, axis=1)[:, :, 24:]
    lengths = Blocks.of(_edges(), BODY, GRID).shifts_mm(moved)
    assert (lengths < 0.5).any()
    assert (np.abs(lengths - 8.0) < 0.5).any()


def test_unlike_and_empty_edges_are_not_compared() -> None:
    blocks = Blocks.of(_edges(), BODY, GRID)
    other = np.random.default_rng(6).standard_normal(GRID.shape).astype(np.float32)
    assert len(blocks.shifts_mm(other)) < len(blocks.boxes) / 4
    assert len(blocks.shifts_mm(np.zeros_like(other))) == 0


def test_blocks_of_a_tiny_volume_are_not_taken_for_moved_by_chance() -> None:
    grid = Grid((4, 8, 8), GRID.spacing, GRID.origin, GRID.direction)
    rng = np.random.default_rng(9)
    for _ in range(20):
        edges, noise = rng.standard_normal((2, *grid.shape)).astype(np.float32)
        blocks = Blocks.of(edges, np.ones(grid.shape, dtype=bool), grid)
        assert blocks.shifts_mm(edges + 0.5 * noise).max() < 1.5


def test_no_body_has_no_blocks() -> None:
    blocks = Blocks.of(_edges(), ~BODY, GRID)
    assert blocks.boxes == ()
    assert len(blocks.shifts_mm(_edges())) == 0


@pytest.mark.parametrize("shift", [(0, 0, 0), (2, -3, 1), (-3, 3, -3)])
def test_a_peak_is_found_at_positive_and_negative_shifts(shift: tuple[int, int, int]) -> None:
    correlation = np.zeros((1, 12, 12, 12), dtype=np.float32)
    correlation[(0, *shift)] = 2.0
    peaks = peaks_near_zero(correlation, (3, 3, 3))
    np.testing.assert_allclose(peaks.shifts[0], shift)
    assert peaks.heights[0] == 2.0


def test_a_peak_between_voxels_is_placed_by_a_parabola() -> None:
    axis = np.arange(12)
    line = 4.0 - (np.where(axis > 6, axis - 12, axis) - 1.3) ** 2
    correlation = np.broadcast_to(line[None, None, None, :], (1, 12, 12, 12)).astype(np.float32)
    assert peaks_near_zero(correlation, (3, 3, 3)).shifts[0, 2] == pytest.approx(1.3)
