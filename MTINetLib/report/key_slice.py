"""The slice of a lesion that is worth showing, and how to show it as a radiologist expects.

A slice is shown in its own plane, turned and mirrored in steps of 90 degrees only, so that no voxel is
invented: the patient's right on the left of the picture and anterior on top for an axial stack, head on top
for a coronal or sagittal one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.study.grid import Grid


@dataclass(frozen=True)
class ShownPlane:
    """How slices of a grid are laid out on paper.

    Args:
        transpose: exchange rows and columns first.
        flip_rows, flip_columns: then mirror top-bottom, left-right.
        pixel_mm: height and width of a shown pixel.
        edges: anatomical letters at the left, right, top and bottom edge, such as ``R L A P``.
    """

    transpose: bool
    flip_rows: bool
    flip_columns: bool
    pixel_mm: tuple[float, float]
    edges: tuple[str, str, str, str]

    @classmethod
    def of(cls, grid: Grid) -> ShownPlane:
        """The layout for slices of constant k of ``grid``."""
        across, down = _screen_axes(int(np.argmax(np.abs(grid.direction_matrix[:, 2]))))
        axes = grid.direction_matrix[:, :2]
        transpose = bool(abs(axes[across, 0]) < abs(axes[across, 1]))
        column, row = (axes[:, 1], axes[:, 0]) if transpose else (axes[:, 0], axes[:, 1])
        flip_columns = bool(column[across] < 0)
        # LPS grows to the feet's opposite: screen "down" is posterior for axial planes, feet for the others.
        wanted_down = row[down] if down == 1 else -row[down]
        flip_rows = bool(wanted_down < 0)
        right = _letter(-column if flip_columns else column)
        bottom = _letter(-row if flip_rows else row)
        spacing = (grid.spacing[0], grid.spacing[1]) if transpose else (grid.spacing[1], grid.spacing[0])
        edges = (_opposite(right), right, _opposite(bottom), bottom)
        return cls(transpose, flip_rows, flip_columns, spacing, edges)

    def show(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """An array [J, I] of the grid as it lies on paper, first row on top."""
        shown = image.T if self.transpose else image
        shown = shown[::-1] if self.flip_rows else shown
        return shown[:, ::-1] if self.flip_columns else shown


@dataclass(frozen=True)
class Crop:
    """A rectangle of the shown slice: rows and columns as (first, behind the last)."""

    rows: tuple[int, int]
    columns: tuple[int, int]

    def cut(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return image[self.rows[0] : self.rows[1], self.columns[0] : self.columns[1]]


def key_slice(labels: npt.NDArray[Any], label: int) -> int:
    """The slice k where the lesion's area is largest; of equal ones, the middle.

    Args:
        labels: [K, J, I].
        label: value of a lesion that is there.
    """
    areas = (labels == label).sum(axis=(1, 2))
    best = np.flatnonzero(areas == areas.max())
    return int(best[len(best) // 2])


def body_crop(inside: npt.NDArray[np.bool_], room: float = 0.05) -> Crop:
    """The box of the body in a shown slice, with some room around it."""
    rows, columns = _extent(inside.any(axis=1)), _extent(inside.any(axis=0))
    return Crop(_widen(rows, room, inside.shape[0]), _widen(columns, room, inside.shape[1]))


def lesion_crop(mask: npt.NDArray[Any], pixel_mm: tuple[float, float], at_least_mm: float = 110.0) -> Crop:
    """A square window in mm around a shown mask: three times its extent, at least ``at_least_mm``."""
    rows, columns = _extent(mask.any(axis=1)), _extent(mask.any(axis=0))
    extents_mm = [(end - start) * mm for (start, end), mm in zip((rows, columns), pixel_mm, strict=True)]
    side_mm = max(at_least_mm, 3 * max(extents_mm))
    sides = [min(size, round(side_mm / mm)) for size, mm in zip(mask.shape, pixel_mm, strict=True)]
    return Crop(_window(rows, sides[0], mask.shape[0]), _window(columns, sides[1], mask.shape[1]))


def _screen_axes(normal: int) -> tuple[int, int]:
    """LPS axes that run across and down the picture for a stack whose normal is mostly this LPS axis."""
    return {0: (1, 2), 1: (0, 2), 2: (0, 1)}[normal]


def _letter(direction: npt.NDArray[np.float64]) -> str:
    axis = int(np.argmax(np.abs(direction)))
    positive = {0: "L", 1: "P", 2: "H"}[axis]
    return positive if direction[axis] > 0 else _opposite(positive)


def _opposite(letter: str) -> str:
    return {"R": "L", "L": "R", "A": "P", "P": "A", "H": "F", "F": "H"}[letter]


def _extent(line: npt.ArrayLike) -> tuple[int, int]:
    found = np.flatnonzero(line)
    return (int(found[0]), int(found[-1]) + 1) if found.size else (0, np.size(line))


def _widen(extent: tuple[int, int], room: float, size: int) -> tuple[int, int]:
    more = round(room * (extent[1] - extent[0]))
    return max(0, extent[0] - more), min(size, extent[1] + more)


def _window(extent: tuple[int, int], side: int, size: int) -> tuple[int, int]:
    start = round((extent[0] + extent[1] - side) / 2)
    start = min(max(0, start), size - side)
    return start, start + side
