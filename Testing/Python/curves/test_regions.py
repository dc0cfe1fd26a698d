"""Segments, boxes and points on grids of every kind."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_analysis import made_grid

from MTINetLib.curves.regions import BoxRegion, PointRegion, SegmentRegion, around
from MTINetLib.errors import InputError
from MTINetLib.study.grid import Grid

STRAIGHT = Grid((10, 20, 30), (2.0, 2.0, 5.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


def mask_of(region: object, grid: Grid) -> np.ndarray:
    mask = np.zeros(grid.shape, dtype=bool)
    mask.reshape(-1)[region.on(grid).flat] = True  # type: ignore[attr-defined]
    return mask


def test_a_box_has_the_voxels_whose_centres_lie_in_it() -> None:
    box = BoxRegion.between("b", (9.0, 39.0, 11.0), (-1.0, 5.0, 26.0))
    expected = np.zeros(STRAIGHT.shape, dtype=bool)
    expected[3:6, 3:20, 0:5] = True
    np.testing.assert_array_equal(mask_of(box, STRAIGHT), expected)


@pytest.mark.parametrize("left_handed", [False, True])
def test_a_turned_box_on_an_oblique_grid_is_found_voxel_by_voxel(left_handed: bool) -> None:
    grid = made_grid((12, 20, 24), left_handed=left_handed)
    axes = made_grid(degrees=(30.0, 20.0, -15.0)).direction_matrix
    centre = grid.to_lps((6.0, 9.0, 12.0))
    box = BoxRegion("b", tuple(centre), (20.0, 30.0, 25.0), axes)  # type: ignore[arg-type]
    lps = grid.to_lps(np.stack(np.indices(grid.shape), axis=-1))
    inside = (np.abs((lps - centre) @ axes) <= np.array([10.0, 15.0, 12.5])).all(axis=-1)
    assert inside.sum() > 50
    np.testing.assert_array_equal(mask_of(box, grid), inside)


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ((0.0, 0.0, 0.0), (20.0, 20.0, 20.0), 1.0),
        ((-21.0, 0.0, 0.0), (19.0, 20.0, 20.0), 0.5),
        ((500.0, 0.0, 0.0), (520.0, 20.0, 20.0), 0.0),
    ],
)
def test_how_much_of_a_box_lies_in_the_image_is_told(
    one: tuple[float, float, float], other: tuple[float, float, float], share: float
) -> None:
    found = BoxRegion.between("b", one, other).on(STRAIGHT)
    assert found.share == pytest.approx(share, abs=0.03)
    assert (found.box is None) == (share == 0)


def test_a_box_smaller_than_a_voxel_is_the_voxel_that_it_lies_in() -> None:
    box = BoxRegion.between("b", (8.6, 12.7, 20.4), (8.7, 12.8, 20.5))
    assert np.argwhere(mask_of(box, STRAIGHT)).tolist() == [[4, 6, 4]]


def test_a_point_is_one_voxel_or_a_ball() -> None:
    assert np.argwhere(mask_of(PointRegion("p", (8.9, 12.2, 21.0)), STRAIGHT)).tolist() == [[4, 6, 4]]
    lps = STRAIGHT.to_lps(np.stack(np.indices(STRAIGHT.shape), axis=-1))
    ball = np.linalg.norm(lps - np.array([20.0, 20.0, 20.0]), axis=-1) <= 7.0
    np.testing.assert_array_equal(mask_of(PointRegion("p", (20.0, 20.0, 20.0), 7.0), STRAIGHT), ball)
    outside = PointRegion("p", (-3.0, 0.0, 0.0)).on(STRAIGHT)
    assert (outside.box, outside.share) == (None, 0.0)


def test_a_segment_keeps_its_place_on_another_grid_and_tells_what_is_cut_off() -> None:
    mask = np.zeros(STRAIGHT.shape, dtype=bool)
    mask[2:8, 5:15, 10:20] = True
    region = SegmentRegion.of("s", mask, STRAIGHT)
    assert region.on(STRAIGHT).share == 1.0
    finer = Grid((20, 40, 60), (1.0, 1.0, 2.5), (-0.5, -0.5, -1.25), STRAIGHT.direction)
    np.testing.assert_array_equal(mask_of(region, finer), np.kron(mask, np.ones((2, 2, 2))) > 0)
    lower = Grid((5, 20, 30), STRAIGHT.spacing, STRAIGHT.origin, STRAIGHT.direction)
    found = region.on(lower)
    assert found.share == pytest.approx(0.5)
    assert found.box == (slice(2, 5), slice(5, 15), slice(10, 20))


def test_regions_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="'s' has no voxel"):
        SegmentRegion.of("s", np.zeros(STRAIGHT.shape, dtype=bool), STRAIGHT)
    with pytest.raises(InputError, match="box 'b' has no size"):
        BoxRegion.between("b", (0.0, 0.0, 0.0), (0.0, 5.0, 5.0))
    with pytest.raises(InputError, match="box 'b' has no size"):
        BoxRegion.between("b", (0.0, 0.0, 0.0), (float("nan"), 5.0, 5.0))
    with pytest.raises(InputError, match="point 'p' has no place"):
        PointRegion("p", (0.0, 0.0, float("inf")))


def test_the_box_around_boxes() -> None:
    one, other = (slice(1, 3), slice(4, 5), slice(0, 2)), (slice(2, 6), slice(0, 1), slice(1, 9))
    assert around([one, other]) == (slice(1, 6), slice(0, 5), slice(0, 9))
