"""The largest piece of a mask."""

from __future__ import annotations

import numpy as np

from MTINetLib.study.pieces import largest_piece


def test_the_largest_piece_stays_alone() -> None:
    mask = np.zeros((4, 8, 8), dtype=bool)
    mask[1:3, 1:4, 1:4] = True
    wanted = mask.copy()
    mask[3, 6:, 6:] = True
    assert np.array_equal(largest_piece(mask), wanted)


def test_voxels_that_share_a_corner_are_one_piece_only_where_they_are_to_be() -> None:
    mask = np.zeros((3, 4, 4), dtype=bool)
    mask[0, 0, :2] = mask[1, 1, 2] = True
    assert largest_piece(mask).sum() == 2
    assert largest_piece(mask, np.ones((3, 3, 3), dtype=bool)).sum() == 3


def test_an_empty_mask_stays_empty() -> None:
    assert not largest_piece(np.zeros((2, 3), dtype=bool)).any()
