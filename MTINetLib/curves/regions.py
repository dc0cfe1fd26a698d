"""What a curve is of: a segment, a box, or a point, found on the grid of each time point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.inference.lesions import Box, bounding_box
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.resample import resample_labels
from MTINetLib.study.study import Mask

Kind = Literal["segment", "box", "point"]
Lps = tuple[float, float, float]
Flat = npt.NDArray[np.integer[Any]]
#: Along each axis of a box; how many of these places lie in an image is how much of the box does.
_PLACES = 10


@dataclass(frozen=True, eq=False)
class Voxels:
    """A region's voxels on one grid.

    Args:
        flat: where they stand in an array [K, J, I] in C order.
        box: around them; None where there are none.
        share: how much of the region lies inside the grid, 0 to 1.
    """

    flat: Flat
    box: Box | None
    share: float


class Region(Protocol):
    """Something with a name and voxels on any grid."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    def on(self, grid: Grid) -> Voxels:
        """Its voxels; where it is smaller than one, the voxel that it lies in."""


@dataclass(frozen=True, eq=False)
class SegmentRegion:
    """A mask on a grid of its own; on other grids each voxel is that of the nearest one.

    Args:
        outside: how much of what was outlined lies outside of that grid, 0 to 1.
    """

    name: str
    grid: Grid
    voxels: Voxels
    kind: Kind = field(default="segment", init=False)

    @staticmethod
    def of(name: str, mask: Mask, grid: Grid, outside: float = 0.0) -> SegmentRegion:
        """
        Raises:
            InputError: the mask is empty.
        """
        voxels = _of_mask(mask, 1.0 - outside)
        if voxels.box is None:
            raise InputError(f"'{name}' has no voxel in the images: outline it there, or leave it out.")
        return SegmentRegion(name, grid, voxels)

    def on(self, grid: Grid) -> Voxels:
        if grid.matches(self.grid):
            return self.voxels
        mask = np.zeros(self.grid.shape, dtype=np.uint8)
        mask.reshape(-1)[self.voxels.flat] = 1
        kji = np.stack(np.unravel_index(self.voxels.flat, self.grid.shape), axis=-1)
        share = _share_inside(self.grid.to_lps(kji), grid)
        return _of_mask(resample_labels(mask, self.grid, grid) > 0, self.voxels.share * share)


@dataclass(frozen=True, eq=False)
class BoxRegion:
    """All voxels whose centres lie in a box.

    Args:
        centre: LPS, mm.
        sizes: lengths of the edges, mm.
        axes: LPS directions of the edges as columns, [3, 3].
    """

    name: str
    centre: Lps
    sizes: Lps
    axes: FloatArray = field(default_factory=lambda: np.eye(3))
    kind: Kind = field(default="box", init=False)

    def __post_init__(self) -> None:
        if not np.isfinite([*self.centre, *self.sizes]).all() or min(self.sizes) <= 0:
            raise InputError(f"The box '{self.name}' has no size: give two opposite corners that differ.")

    @staticmethod
    def between(name: str, one: Lps, other: Lps) -> BoxRegion:
        """A box along the patient's axes, by two opposite corners in LPS mm."""
        first, last = np.minimum(one, other), np.maximum(one, other)
        return BoxRegion(name, _three((first + last) / 2), _three(last - first))

    def on(self, grid: Grid) -> Voxels:
        half = np.array(self.sizes) / 2
        cells = (np.arange(_PLACES) + 0.5) / _PLACES * 2 - 1
        places = self._lps(np.stack(np.meshgrid(cells, cells, cells), axis=-1).reshape(-1, 3) * half)
        corners = self._lps(np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, -1).T * half)

        def contains(lps: FloatArray) -> Mask:
            offset = (lps - np.array(self.centre)) @ self.axes
            return np.asarray((np.abs(offset) <= half).all(axis=-1))

        return _of_solid(grid, contains, corners, self.centre, _share_inside(places, grid))

    def _lps(self, offsets: FloatArray) -> FloatArray:
        return np.asarray(np.array(self.centre) + offsets @ self.axes.T)


@dataclass(frozen=True, eq=False)
class PointRegion:
    """The voxel at a point, or all voxels whose centres lie within a radius of it (mm)."""

    name: str
    place: Lps
    radius_mm: float = 0.0
    kind: Kind = field(default="point", init=False)

    def __post_init__(self) -> None:
        if not np.isfinite([*self.place, self.radius_mm]).all() or self.radius_mm < 0:
            raise InputError(f"The point '{self.name}' has no place: give x, y and z in mm.")

    def on(self, grid: Grid) -> Voxels:
        cells = ((np.arange(_PLACES) + 0.5) / _PLACES * 2 - 1) * self.radius_mm
        lattice = np.stack(np.meshgrid(cells, cells, cells), axis=-1).reshape(-1, 3)
        places = np.array(self.place) + lattice[np.linalg.norm(lattice, axis=1) <= self.radius_mm]
        corners = (
            np.array(self.place) + np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, -1).T * self.radius_mm
        )

        def contains(lps: FloatArray) -> Mask:
            return np.asarray(np.linalg.norm(lps - np.array(self.place), axis=-1) <= self.radius_mm)

        return _of_solid(grid, contains, corners, self.place, _share_inside(places, grid))


def around(boxes: list[Box]) -> Box:
    """The smallest box around others."""
    parts = [
        slice(min(part.start for part in axis), max(part.stop for part in axis))
        for axis in zip(*boxes, strict=True)
    ]
    return parts[0], parts[1], parts[2]


def _share_inside(lps: FloatArray, grid: Grid) -> float:
    kji = grid.to_index(lps)
    inside = ((kji >= -0.5) & (kji < np.array(grid.shape) - 0.5)).all(axis=-1)
    return float(inside.mean()) if inside.size else 0.0


def _of_mask(mask: Mask, share: float) -> Voxels:
    flat = np.flatnonzero(mask)
    kept = flat.astype(np.int32) if mask.size <= np.iinfo(np.int32).max else flat
    return Voxels(kept, bounding_box(mask), share)


def _of_solid(
    grid: Grid, contains: Callable[[FloatArray], Mask], corners: FloatArray, centre: Lps, share: float
) -> Voxels:
    """Slice by slice, for a box may be as large as the image and the places of all voxels are not."""
    shape = np.array(grid.shape)
    kji = grid.to_index(corners)
    low = np.clip(np.floor(kji.min(axis=0)), 0, shape).astype(int)
    high = np.clip(np.ceil(kji.max(axis=0)) + 1, 0, shape).astype(int)
    mask = np.zeros(grid.shape, dtype=bool)
    rows, columns = np.arange(low[1], high[1]), np.arange(low[2], high[2])
    for k in range(low[0], high[0]):
        places = np.stack(np.broadcast_arrays(k, rows[:, None], columns[None, :]), axis=-1)
        mask[k, low[1] : high[1], low[2] : high[2]] = contains(grid.to_lps(places))
    nearest = np.rint(grid.to_index(centre)).astype(int)
    if not mask.any() and ((nearest >= 0) & (nearest < shape)).all():
        mask[tuple(nearest)] = True
    return _of_mask(mask, share)


def _three(values: FloatArray) -> Lps:
    return (float(values[0]), float(values[1]), float(values[2]))
