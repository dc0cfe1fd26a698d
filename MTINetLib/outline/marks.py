"""What a person marks of a lesion: a box around it, and points inside and outside of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.outline.stack import Stack

#: A position in mm, LPS.
Point = tuple[float, float, float]
Places = npt.NDArray[np.float64]

#: Fewer voxels across hold no outline.
_LEAST_VOXELS = 2.0
#: A box flatter than this part of a slice was drawn in that slice.
_IN_ONE_SLICE = 0.5
#: A box that takes more of a slice's height and width is around no lesion.
_MOST_OF_SLICE = 0.9


@dataclass(frozen=True)
class Marks:
    """Marks of one lesion, mm in LPS.

    Args:
        box: two opposite corners, in either order; its sides run along the study's own rows, columns and
            slices. Corners in one slice make a box drawn in that slice.
        inside: points of the lesion, within the box.
        outside: points that are none of it.
    """

    box: tuple[Point, Point]
    inside: tuple[Point, ...] = ()
    outside: tuple[Point, ...] = ()


@dataclass(frozen=True, eq=False)
class PlacedMarks:
    """Marks in a stack's continuous indices (slice, row, column); whole numbers are centres of voxels.

    Args:
        low, high: edges of the box, [3].
        inside, outside: [n, 3].
    """

    low: Places
    high: Places
    inside: Places
    outside: Places

    @property
    def centre(self) -> Places:
        return (self.low + self.high) / 2

    @property
    def size(self) -> Places:
        return self.high - self.low

    @property
    def first_slice(self) -> int:
        """In the middle of the box, where the outline begins."""
        return int(np.clip(np.floor(self.centre[0] + 0.5), np.ceil(self.low[0]), np.floor(self.high[0])))


def place(marks: Marks, stack: Stack) -> PlacedMarks:
    """Marks in a stack; a box that reaches out of the images is cut off there.

    Raises:
        InputError: they hold no numbers, or lie where there is nothing to outline.
    """
    corners = _numbers(marks.box, "The box")
    inside, outside = (_numbers(points, "A click") for points in (marks.inside, marks.outside))
    shape = np.array(stack.shape)
    ends = stack.index(corners)
    low, high = ends.min(axis=0), ends.max(axis=0)
    if (high < -0.5).any() or (low > shape - 0.5).any() or not _holds(shape, ((low + high) / 2)[None]):
        raise InputError(
            f"The box lies outside the images: its middle is at {_words(corners.mean(axis=0))}; draw it "
            "around a lesion."
        )
    low, high = np.maximum(low, -0.5), np.minimum(high, shape - 0.5)
    if (high - low)[0] < _IN_ONE_SLICE:
        low[0] = high[0] = np.clip(np.floor((low[0] + high[0]) / 2 + 0.5), 0, shape[0] - 1)
    size = (high - low)[1:]
    if (size < _LEAST_VOXELS).any():
        across = " x ".join(f"{mm:.1f}" for mm in size * stack.spacing[1:])
        raise InputError(f"The box is too small to hold a lesion, {across} mm in the slice: draw it larger.")
    if (size > _MOST_OF_SLICE * shape[1:]).all():
        raise InputError("The box holds whole slices: draw it around one lesion.")
    placed = PlacedMarks(low, high, stack.index(inside), stack.index(outside))
    _check_clicks(placed, shape)
    return placed


def _check_clicks(placed: PlacedMarks, shape: npt.NDArray[np.int_]) -> None:
    if not (_holds(shape, placed.inside) and _holds(shape, placed.outside)):
        raise InputError("A click lies outside the images: click on the lesion or beside it.")
    in_plane = placed.inside[:, 1:]
    if (in_plane < placed.low[1:]).any() or (in_plane > placed.high[1:]).any():
        raise InputError("A click on the lesion lies outside the box: draw the box around the whole lesion.")


def _holds(shape: npt.NDArray[np.int_], places: Places) -> bool:
    return bool(((places >= -0.5) & (places <= shape - 0.5)).all())


def _numbers(points: tuple[Point, ...], what: str) -> Places:
    numbers = np.array(points, dtype=np.float64).reshape(-1, 3)
    if not np.isfinite(numbers).all():
        raise InputError(f"{what} has a coordinate that is no number; give x, y and z in mm.")
    return numbers


def _words(lps: Places) -> str:
    return ", ".join(f"{name} {value:.0f}" for name, value in zip("LPS", lps, strict=True)) + " mm"
