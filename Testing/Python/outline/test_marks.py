"""Boxes and clicks in a study; each bad one ends in one sentence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from support.made_analysis import made_grid

from MTINetLib.errors import InputError
from MTINetLib.outline.marks import Marks, place
from MTINetLib.outline.stack import Stack
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Study

NAN = float("nan")


def marks_at(grid: Grid, low: list[float], high: list[float]) -> Marks:
    return Marks((tuple(grid.to_lps(low)), tuple(grid.to_lps(high))))


@pytest.mark.parametrize("left_handed", [False, True])
def test_a_box_is_the_same_whichever_of_its_corners_come_first(left_handed: bool) -> None:
    grid = made_grid(left_handed=left_handed)
    stack = Stack.of(grid)
    one = place(marks_at(grid, [3.0, 20.0, 30.0], [8.0, 33.0, 47.0]), stack)
    other = place(marks_at(grid, [8.0, 20.0, 47.0], [3.0, 33.0, 30.0]), stack)
    assert np.allclose(one.low, other.low)
    assert np.allclose(one.high, other.high)
    assert np.allclose(sorted(one.size), [5.0, 13.0, 17.0])


def test_a_box_in_one_slice_is_known_as_such() -> None:
    grid = made_grid()
    placed = place(marks_at(grid, [5.2, 20.0, 30.0], [5.2, 33.0, 47.0]), Stack.of(grid))
    assert placed.size[0] == 0.0
    assert placed.first_slice == placed.low[0]


def test_a_box_that_reaches_out_of_the_images_is_cut_off_there() -> None:
    grid = made_grid()
    placed = place(marks_at(grid, [-4.0, 20.0, 30.0], [8.0, 33.0, 47.0]), Stack.of(grid))
    assert (placed.low >= -0.5).all()
    assert placed.size[0] == pytest.approx(8.5)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        ([3.0, 20.0, -40.0], [8.0, 33.0, -10.0], "outside"),
        ([30.0, 20.0, 30.0], [40.0, 33.0, 47.0], "outside"),
        ([-40.0, 20.0, 30.0], [8.0, 33.0, 47.0], "outside"),
        ([3.0, 20.0, 30.0], [8.0, 21.0, 31.0], "too small"),
        ([3.0, 20.0, 30.0], [8.0, 20.0, 30.0], "too small"),
        ([0.0, -0.4, -0.4], [20.0, 79.4, 95.4], "whole slices"),
    ],
)
def test_a_box_around_nothing_is_refused(low: list[float], high: list[float], word: str) -> None:
    grid = made_grid()
    with pytest.raises(InputError, match=word):
        place(marks_at(grid, low, high), Stack.of(grid))


@pytest.mark.parametrize("number", [NAN, float("inf"), -float("inf")])
def test_what_is_no_number_is_refused(study: Study, number: float) -> None:
    with pytest.raises(InputError, match="no number"):
        place(Marks(((0.0, 0.0, 40.0), (10.0, number, 60.0))), Stack.of(study.grid))


def test_clicks_must_lie_in_the_images_and_those_of_the_lesion_in_its_box(
    study: Study, box_of: Callable[..., Marks]
) -> None:
    grid, box = study.grid, box_of(1).box
    far = tuple(grid.to_lps([0.0, 0.0, 0.0]))
    with pytest.raises(InputError, match="outside the box"):
        place(Marks(box, inside=(far,)), Stack.of(grid))
    with pytest.raises(InputError, match="outside the images"):
        place(Marks(box, outside=((9e3, 0.0, 0.0),)), Stack.of(grid))
    with pytest.raises(InputError, match="no number"):
        place(Marks(box, outside=((NAN, 0.0, 0.0),)), Stack.of(grid))
    assert place(Marks(box, outside=(far,)), Stack.of(grid)).outside.shape == (1, 3)


@pytest.mark.parametrize(
    ("direction", "spacing"),
    [
        ((1, 0, 0, 0, 1, 0, 0, 0, 1), (1.5, 1.5, 4.0)),
        ((0, 0, 1, 1, 0, 0, 0, -1, 0), (1.5, 1.5, 4.0)),  # sagittal
        ((-1, 0, 0, 0, 0, 1, 0, 1, 0), (1.5, 1.5, 4.0)),  # coronal
        ((-1, 0, 0, 0, -1, 0, 0, 0, 1), (2.0, 2.0, 2.0)),
    ],
)
def test_slices_are_those_of_the_scan_and_turn_back_to_the_voxel(
    direction: tuple[float, ...], spacing: tuple[float, float, float]
) -> None:
    grid = Grid((6, 9, 12), spacing, (10.0, -20.0, 30.0), direction)  # type: ignore[arg-type]
    stack = Stack.of(grid)
    native = np.arange(6 * 9 * 12).reshape(6, 9, 12)
    turned = stack.turned(native)
    assert turned.shape == stack.shape
    assert stack.spacing[0] == max(spacing)
    assert np.array_equal(stack.native(turned), native)
    for kji in ([0, 0, 0], [5, 8, 11], [2, 3, 4]):
        z, row, column = np.round(stack.index(grid.to_lps(kji))).astype(int)
        assert turned[z, row, column] == native[tuple(kji)]
