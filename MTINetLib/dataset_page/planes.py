"""Planes through a volume as the patient lies: transverse ones seen from the feet, coronal from in front.

Volumes are turned over and mirrored by what their headers say, so a picture in which the patient lies
otherwise than its letters say has a header that is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.study.grid import Grid

Image = npt.NDArray[Any]
#: Row of the direction matrix (L, P, S) that each axis of a turned array runs along.
_SPL = (2, 1, 0)


@dataclass(frozen=True)
class PatientAxes:
    """How an array [K, J, I] becomes one that runs to the head, to the back and to the patient's left.

    Args:
        order: the array's axis that lies nearest to each of these directions.
        flipped: whether it runs the other way.
        mm: size of a voxel along each.
    """

    order: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]
    mm: tuple[float, float, float]

    @classmethod
    def of(cls, grid: Grid) -> PatientAxes:
        toward = grid.direction_matrix[:, ::-1]  # columns k, j, i
        order = max(permutations(range(3)), key=lambda one: sum(abs(toward[_SPL, one])))
        signs = toward[_SPL, order]
        size = grid.spacing[::-1]
        first, second, third = order
        return cls(
            (first, second, third),
            (bool(signs[0] < 0), bool(signs[1] < 0), bool(signs[2] < 0)),
            (size[first], size[second], size[third]),
        )

    def turned(self, array: Image) -> Image:
        """The array as [to the head, to the back, to the left]; nothing is interpolated."""
        moved = array.transpose(self.order)
        return moved[tuple(slice(None, None, -1 if one else 1) for one in self.flipped)]


@dataclass(frozen=True)
class Plane:
    """A transverse or a coronal plane of a turned array.

    Args:
        axis: 0 for a transverse plane, 1 for a coronal one.
        index: of the plane.
    """

    axes: PatientAxes
    axis: int
    index: int

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """Height and width of a pixel."""
        return (self.axes.mm[1 - self.axis], self.axes.mm[2])

    def cut(self, array: Image) -> Image:
        """[rows, columns] as they are seen: the patient's right on the left; front or head on top."""
        plane: Image = self.axes.turned(array).take(self.index, axis=self.axis)
        return plane if self.axis == 0 else plane[::-1]

    def sample(self, array: Image, source: Grid, grid: Grid) -> Image:
        """The same places of a volume on another grid, by their headers; NaN where it has none.

        Args:
            source: of ``array``; ``grid`` that of this plane.
        """
        if source.matches(grid):
            return np.asarray(self.cut(array), dtype=np.float32)
        axes = [
            np.arange(n).reshape([-1 if a == b else 1 for b in range(3)]) for a, n in enumerate(grid.shape)
        ]
        places = np.stack([self.cut(np.broadcast_to(one, grid.shape)) for one in axes], axis=-1)
        index = np.moveaxis(source.to_index(grid.to_lps(places)), -1, 0)
        found = ndimage.map_coordinates(
            np.asarray(array, np.float32), index, order=1, mode="constant", cval=np.nan
        )
        return np.asarray(found, dtype=np.float32)


def planes_through(labels: Image, grid: Grid) -> tuple[Plane, Plane]:
    """The transverse and the coronal plane that show most of the lesions; the middle ones without any."""
    axes = PatientAxes.of(grid)
    marked = axes.turned(labels > 0)

    def best(axis: int) -> Plane:
        areas = marked.sum(axis=tuple(other for other in range(3) if other != axis))
        most = np.flatnonzero(areas == areas.max())
        return Plane(axes, axis, int(most[len(most) // 2]))

    return best(0), best(1)
