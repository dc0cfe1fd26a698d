from __future__ import annotations

import numpy as np
import pytest
from support.made_analysis import made_grid, turned

from MTINetLib.report.key_slice import Crop, ShownPlane, body_crop, key_slice, lesion_crop
from MTINetLib.study.grid import Grid

AXIAL = (1.0, 0, 0, 0, 1, 0, 0, 0, 1)
CORONAL = (1.0, 0, 0, 0, 0, 1, 0, -1, 0)
SAGITTAL = (0.0, 0, 1, 1, 0, 0, 0, -1, 0)


def grid(direction: tuple[float, ...], spacing: tuple[float, float, float] = (1.0, 2.0, 5.0)) -> Grid:
    return Grid((5, 6, 7), spacing, (0.0, 0.0, 0.0), direction)  # type: ignore[arg-type]


def shown_lps(of: Grid, row: int, column: int) -> np.ndarray:
    """LPS of the voxel that lies at this place on paper."""
    indices = np.stack(np.meshgrid(range(of.shape[1]), range(of.shape[2]), indexing="ij"), axis=-1)
    plane = ShownPlane.of(of)
    j, i = (plane.show(indices[..., axis])[row, column] for axis in (0, 1))
    return of.to_lps((2, int(j), int(i)))


@pytest.mark.parametrize("flips", [(1, 1), (-1, 1), (1, -1), (-1, -1)])
@pytest.mark.parametrize("swapped", [False, True])
def test_an_axial_slice_shows_the_right_on_the_left_and_anterior_on_top(
    flips: tuple[int, int], swapped: bool
) -> None:
    x, y = np.array([flips[0], 0, 0]), np.array([0, flips[1], 0])
    columns = (y, x) if swapped else (x, y)
    direction = np.stack([*columns, np.array([0, 0, 1])], axis=1).astype(float).ravel()
    of = grid(tuple(direction))
    assert ShownPlane.of(of).edges == ("R", "L", "A", "P")
    top_left, bottom_right = shown_lps(of, 0, 0), shown_lps(of, -1, -1)
    assert top_left[0] < bottom_right[0], "L grows to the right of the picture"
    assert top_left[1] < bottom_right[1], "P grows to the bottom of the picture"


@pytest.mark.parametrize(
    ("direction", "edges"), [(CORONAL, ("R", "L", "H", "F")), (SAGITTAL, ("A", "P", "H", "F"))]
)
def test_other_stacks_show_the_head_on_top(direction: tuple[float, ...], edges: tuple[str, ...]) -> None:
    of = grid(direction)
    assert ShownPlane.of(of).edges == edges
    assert shown_lps(of, 0, 0)[2] > shown_lps(of, -1, -1)[2]


def test_an_oblique_left_handed_stack_is_shown_like_the_nearest_plain_one() -> None:
    assert ShownPlane.of(made_grid(left_handed=True)).edges == ("R", "L", "A", "P")
    assert ShownPlane.of(grid(turned((20.0, 10.0, 170.0)))).edges == ("R", "L", "A", "P")


def test_pixels_keep_their_size_when_rows_and_columns_change_places() -> None:
    assert ShownPlane.of(grid(AXIAL)).pixel_mm == (2.0, 1.0)
    swapped = grid((0.0, 1, 0, 1, 0, 0, 0, 0, 1))
    assert ShownPlane.of(swapped).pixel_mm == (1.0, 2.0)
    assert ShownPlane.of(swapped).show(np.zeros((6, 7))).shape == (7, 6)


def test_the_key_slice_is_the_one_with_the_largest_area() -> None:
    labels = np.zeros((6, 8, 8), np.uint8)
    labels[1, 2:4, 2:4] = 3
    labels[4, 1:6, 1:6] = 3
    labels[2] = 1
    assert key_slice(labels, 3) == 4


def test_of_equal_slices_the_middle_one_is_the_key_slice() -> None:
    labels = np.zeros((9, 4, 4), np.uint8)
    labels[2:7, 1, 1] = 1
    assert key_slice(labels, 1) == 4


def test_the_close_up_holds_the_whole_lesion_and_stays_inside_the_slice() -> None:
    mask = np.zeros((100, 120), bool)
    mask[2:22, 100:119] = True
    crop = lesion_crop(mask, (2.0, 1.0), at_least_mm=60.0)
    assert crop.cut(mask).sum() == mask.sum()
    assert crop.rows[0] >= 0
    assert crop.columns[1] <= 120
    height, width = np.subtract(crop.rows[1], crop.rows[0]) * 2.0, crop.columns[1] - crop.columns[0]
    assert height == pytest.approx(width, abs=2), "square in mm"


def test_the_body_crop_leaves_the_air_out() -> None:
    inside = np.zeros((80, 100), bool)
    inside[20:60, 30:80] = True
    assert body_crop(inside, room=0.1) == Crop((16, 64), (25, 85))
