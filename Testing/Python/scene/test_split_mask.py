"""One mask into its parts."""

from __future__ import annotations

import numpy as np

from MTINetLib.scene.split_mask import split_mask

SPACING = (5.0, 1.5, 1.5)


def ball(centre: tuple[float, float, float], radius_mm: float, shape: tuple[int, int, int]) -> np.ndarray:
    grids = np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")
    squares = [((g - c) * s) ** 2 for g, c, s in zip(grids, centre, SPACING, strict=True)]
    inside: np.ndarray = sum(squares) <= radius_mm**2  # type: ignore[assignment]
    return inside


SHAPE = (14, 60, 60)
LARGE = ball((6, 20, 20), 18.0, SHAPE)
SMALL = ball((8, 44, 42), 12.0, SHAPE)


def check_whole(parts: tuple[np.ndarray, ...], mask: np.ndarray) -> None:
    assert np.array_equal(np.sum(parts, axis=0), mask.astype(int)), "each voxel in exactly one part"
    sizes = [int(part.sum()) for part in parts]
    assert sizes == sorted(sizes, reverse=True)


def test_parts_that_do_not_touch_are_the_parts() -> None:
    assert not (LARGE & SMALL).any()
    parts = split_mask(LARGE | SMALL, SPACING)
    assert len(parts) == 2
    assert np.array_equal(parts[0], LARGE)
    assert np.array_equal(parts[1], SMALL)


def test_stray_voxels_make_no_lesion() -> None:
    mask = LARGE | SMALL
    mask[0, 0, 0] = mask[13, 59, 59] = True
    parts = split_mask(mask, SPACING)
    assert len(parts) == 2
    check_whole(parts, mask)
    assert parts[0][0, 0, 0]


def test_two_balls_that_hang_together_are_cut_at_the_neck() -> None:
    first, second = ball((7, 20, 20), 15.0, SHAPE), ball((7, 36, 34), 15.0, SHAPE)
    mask = first | second
    parts = split_mask(mask, SPACING)
    assert len(parts) == 2
    check_whole(parts, mask)
    for one in (first & ~second, second & ~first):
        share = max((part & one).sum() for part in parts) / one.sum()
        assert share > 0.97


def test_a_bridge_far_from_the_middle_is_where_it_is_cut() -> None:
    mask = np.zeros((3, 12, 60), dtype=bool)
    mask[:, :, :38] = True
    mask[:, 5:7, 38:42] = True
    mask[:, :, 42:] = True
    parts = split_mask(mask, (1.0, 1.0, 1.0))
    check_whole(parts, mask)
    assert abs(int(parts[0].sum()) - mask[:, :, :40].sum()) <= 3 * 12 * 2


def test_a_ball_is_halved_and_a_voxel_is_not() -> None:
    parts = split_mask(LARGE, SPACING)
    assert len(parts) == 2
    check_whole(parts, LARGE)
    assert parts[1].sum() > 0.35 * LARGE.sum()
    assert len(split_mask(np.ones((1, 1, 1), bool), SPACING)) == 1


def test_two_voxels_become_one_and_one() -> None:
    parts = split_mask(np.ones((1, 1, 2), bool), SPACING)
    assert [int(part.sum()) for part in parts] == [1, 1]
