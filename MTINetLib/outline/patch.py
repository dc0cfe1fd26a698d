"""The square around a box that the network looks at, cut out of a slice and put back into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.outline.marks import PlacedMarks

_Plane = npt.NDArray[np.float32]
_Corners = tuple[float, float, float, float]

#: Sides of patches in mm: each box takes the first that holds it this many times over. They are few, so that
#: a box that is moved a little keeps its patch, and with it what the network has seen.
_SIDES_MM = (64.0, 96.0, 144.0, 216.0, 324.0, 486.0)
_ROOM = 2.2
#: Centres of patches lie on a lattice of this part of their side.
_LATTICE = 1 / 8


@dataclass(frozen=True)
class Patch:
    """Where it lies in a slice.

    Args:
        centre: row and column in voxels.
        step: of its pixels in voxels, down and across.
        side: pixels, height and width.
    """

    centre: tuple[float, float]
    step: tuple[float, float]
    side: int

    @staticmethod
    def around(marks: PlacedMarks, spacing: tuple[float, float], side: int) -> Patch:
        """The patch for a box; boxes that are nearly alike have the same one."""
        size_mm = marks.size[1:] * spacing
        wanted = _ROOM * float(size_mm.max())
        side_mm = next((mm for mm in _SIDES_MM if mm >= wanted), wanted)
        lattice = _LATTICE * side_mm
        row, column = np.round(marks.centre[1:] * spacing / lattice) * lattice / spacing
        down, across = (side_mm / side / mm for mm in spacing)
        return Patch((float(row), float(column)), (down, across), side)

    def cut(self, plane: _Plane) -> _Plane:
        """The patch of a slice, float32 [side, side]; the edge goes on outside of the slice."""
        rows, columns = self._axis(0), self._axis(1)
        places = np.meshgrid(rows, columns, indexing="ij")
        cut: _Plane = ndimage.map_coordinates(plane.astype(np.float32), places, order=1, mode="nearest")
        return cut

    def put(self, values: _Plane, shape: tuple[int, int], outside: float) -> _Plane:
        """Values of the patch where the voxels of a slice lie; ``outside`` beyond it."""
        rows, columns = (self.pixel(np.arange(count), axis) for axis, count in enumerate(shape))
        places = np.meshgrid(rows, columns, indexing="ij")
        back: _Plane = ndimage.map_coordinates(values, places, order=1, mode="constant", cval=outside)
        return back

    def corners(self, low: npt.ArrayLike, high: npt.ArrayLike) -> _Corners:
        """A rectangle (row, column) of a slice as x, y, x, y in pixels."""
        (top, left), (bottom, right) = self.pixels(low), self.pixels(high)
        return left, top, right, bottom

    def pixels(self, place: npt.ArrayLike) -> tuple[float, float]:
        """Row and column in pixels of a place (row, column) of the slice."""
        row, column = np.asarray(place, dtype=np.float64)
        return float(self.pixel(row, 0)), float(self.pixel(column, 1))

    def pixel(self, voxel: npt.ArrayLike, axis: int) -> npt.NDArray[np.float64]:
        """Voxels along rows (0) or columns (1) in pixels."""
        offset = (np.asarray(voxel, dtype=np.float64) - self.centre[axis]) / self.step[axis]
        return np.asarray(offset + (self.side - 1) / 2)

    def _axis(self, axis: int) -> npt.NDArray[np.float64]:
        return np.asarray(self.centre[axis] + (np.arange(self.side) - (self.side - 1) / 2) * self.step[axis])
