"""Planes lie as the header says, however the array runs."""

from __future__ import annotations

import io
from itertools import permutations, product

import numpy as np
import pytest
from matplotlib.image import imread

from MTINetLib.dataset_page.planes import PatientAxes, Plane, planes_through
from MTINetLib.report.outlined_slice import jpeg_of, outlined_slice
from MTINetLib.study.grid import Grid

#: Of a place in the patient: to the left, to the back and to the head of the middle, in mm.
PLACE = np.array([-12.0, 9.0, 14.0])
ORIENTATIONS = [(order, signs) for order in permutations(range(3)) for signs in product((1, -1), repeat=3)]


def marked(order: tuple[int, ...], signs: tuple[int, ...]) -> tuple[np.ndarray, Grid]:
    """An array whose axes i, j, k run along any of the patient's, with one bright place."""
    direction = np.zeros((3, 3))
    for column, (axis, sign) in enumerate(zip(order, signs, strict=True)):
        direction[axis, column] = sign
    spacing = (2.0, 3.0, 4.0)
    counts = np.array([30, 20, 14])
    origin = -direction @ (np.array(spacing) * (counts - 1) / 2)
    shape = (int(counts[2]), int(counts[1]), int(counts[0]))
    grid = Grid(shape, spacing, tuple(origin), tuple(direction.ravel()))  # type: ignore[arg-type]
    array = np.zeros(shape, dtype=np.float32)
    array[tuple(np.rint(grid.to_index(PLACE)).astype(int))] = 1
    return array, grid


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_a_place_on_the_right_in_the_back_and_near_the_head_is_drawn_there(
    order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    array, grid = marked(order, signs)
    transverse, coronal = planes_through(array, grid)
    for plane, below in ((transverse, True), (coronal, False)):
        image = plane.cut(array)
        (row,), (column,) = np.nonzero(image)
        down = (row - (image.shape[0] - 1) / 2) * plane.pixel_mm[0]
        right = (column - (image.shape[1] - 1) / 2) * plane.pixel_mm[1]
        assert right == pytest.approx(PLACE[0], abs=2)
        assert down == pytest.approx(PLACE[1] if below else -PLACE[2], abs=2)


def test_a_volume_on_another_grid_is_shown_at_the_same_place() -> None:
    array, grid = marked((0, 1, 2), (1, 1, 1))
    other, other_grid = marked((2, 0, 1), (-1, 1, -1))
    plane = planes_through(array, grid)[0]
    moved = plane.sample(other, other_grid, grid)
    known = np.nan_to_num(moved)
    (row,), (column,) = np.nonzero(plane.cut(array))
    found = np.array(np.unravel_index(known.argmax(), known.shape))
    assert known.max() > 0.2
    assert np.abs(found - (row, column)).max() <= 1
    assert np.isnan(moved).any()


def test_an_array_is_not_copied_to_be_turned() -> None:
    array, grid = marked((1, 2, 0), (-1, 1, 1))
    assert np.shares_memory(array, PatientAxes.of(grid).turned(array))
    assert Plane(PatientAxes.of(grid), 0, 3).cut(array).ndim == 2


def test_the_outline_has_its_colour_and_missing_image_is_blue() -> None:
    image = np.full((40, 60), 100.0, dtype=np.float32)
    image[:, :20] = np.nan
    labels = np.zeros((40, 60), dtype=np.uint8)
    labels[10:30, 35:50] = 7
    pixels = outlined_slice(image, labels, {7: "#FF0000"}, (2.0, 1.0), (0.0, 200.0), 260)
    height, width, _ = pixels.shape
    assert max(height, width) == 260
    shown = imread(io.BytesIO(jpeg_of(pixels)), format="jpg").astype(int)
    assert shown.shape == (height, width, 3)
    assert height == pytest.approx(width * 40 * 2 / 60, abs=1)
    red = (shown[..., 0] - shown[..., 1] > 60).nonzero()
    assert red[0].min() == pytest.approx(height / 4, abs=3)
    assert red[1].max() == pytest.approx(width * 50 / 60, abs=3)
    middle = shown[height // 2, round(width * 42 / 60)]
    assert abs(middle - 127).max() < 20
    assert shown[height // 2, width // 8, 2] > shown[height // 2, width // 8, 0] + 20
