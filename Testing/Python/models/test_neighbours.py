"""A slice with its neighbours."""

from __future__ import annotations

import numpy as np

from MTINetLib.models.neighbours import with_neighbours

#: Slice z of phase p holds 10 z + p.
SLICES = np.add.outer(10 * np.arange(4), np.arange(2))[:, :, None, None] * np.ones((1, 1, 2, 2))


def test_a_slice_comes_first_then_before_and_behind() -> None:
    stack = with_neighbours(SLICES, [2], 1)
    assert stack.shape == (1, 6, 2, 2)
    assert stack[0, :, 0, 0].tolist() == [20, 21, 10, 11, 30, 31]


def test_past_the_ends_the_outermost_slice_is_repeated() -> None:
    first, last = with_neighbours(SLICES, [0, 3], 2)[:, :, 1, 1]
    assert first.tolist() == [0, 1, 0, 1, 10, 11, 0, 1, 20, 21]
    assert last.tolist() == [30, 31, 20, 21, 30, 31, 10, 11, 30, 31]


def test_without_neighbours_it_is_the_slice_itself() -> None:
    np.testing.assert_array_equal(with_neighbours(SLICES, range(1, 3), 0), SLICES[1:3])
