"""The picture being painted: four noise-free phases on the acquisition grid, and places in millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.study.anatomy import Organ
from MTINetLib.study.grid import Grid

Field = npt.NDArray[np.float32]
Box = tuple[slice, slice, slice]
Point = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Space:
    """The grid seen from the patient: x left, y back, z to the head, in mm from the body's middle.

    Args:
        grid: where the voxels lie.
        middle_lps: LPS of the body's middle.
        x, y, z: patient coordinates of every voxel, float32 [K, J, I].
    """

    grid: Grid
    middle_lps: Point
    x: Field
    y: Field
    z: Field

    @classmethod
    def of(cls, grid: Grid, middle_lps: Point) -> Space:
        matrix = grid.direction_matrix * np.array(grid.spacing)
        start = np.array(grid.origin) - middle_lps
        k, j, i = (np.arange(n, dtype=np.float64) for n in grid.shape)
        fields = []
        for axis in range(3):
            step_i, step_j, step_k = matrix[axis]
            plane = (start[axis] + step_j * j[:, None] + step_i * i[None, :]).astype(np.float32)
            fields.append(plane[None] + (step_k * k).astype(np.float32)[:, None, None])
        return cls(grid, middle_lps, fields[0], fields[1], fields[2])

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.grid.shape

    @property
    def spacing_kji(self) -> tuple[float, float, float]:
        i, j, k = self.grid.spacing
        return k, j, i

    @property
    def pixel_mm(self) -> float:
        return float(max(self.grid.spacing[:2]))

    def index_of(self, points: npt.ArrayLike) -> Point:
        """Continuous (k, j, i) of patient points [..., 3] in mm."""
        return self.grid.to_index(np.asarray(points, dtype=np.float64) + self.middle_lps)

    def point_at(self, kji: npt.ArrayLike) -> Point:
        """Patient coordinates (x, y, z) in mm of array indices [..., 3]."""
        return self.grid.to_lps(kji) - self.middle_lps

    def box(self, centre: npt.ArrayLike, radius_mm: float) -> Box | None:
        """The voxels within ``radius_mm`` of a patient point along each axis; None without any."""
        middle = self.index_of(centre)
        slices = []
        for at, step, n in zip(middle, self.spacing_kji, self.shape, strict=True):
            low = max(0, int(np.floor(at - radius_mm / step)))
            high = min(n, int(np.ceil(at + radius_mm / step)) + 1)
            if low >= high:
                return None
            slices.append(slice(low, high))
        return slices[0], slices[1], slices[2]

    def coordinates(self, box: Box) -> tuple[Field, Field, Field]:
        return self.x[box], self.y[box], self.z[box]


@dataclass
class Canvas:
    """Four phases of signal, painted from the outside in, and what was painted where.

    Args:
        space: where.
        signal: float32 [4, K, J, I].
        anatomy: the organ that fills most of each voxel (study/anatomy.py), uint8 [K, J, I].
    """

    space: Space
    signal: Field
    anatomy: npt.NDArray[np.uint8]

    @classmethod
    def blank(cls, space: Space) -> Canvas:
        return cls(
            space, np.zeros((4, *space.shape), dtype=np.float32), np.zeros(space.shape, dtype=np.uint8)
        )

    def paint(
        self,
        weight: Field,
        signal: npt.ArrayLike,
        box: Box | None = None,
        texture: Field | None = None,
        organ: Organ | None = None,
    ) -> None:
        """Blend a tissue in.

        Args:
            weight: share of each voxel that is the new tissue, 0 to 1, of the box's shape.
            signal: four values, or four values a voxel [4, k, j, i].
            box: where; None is everywhere.
            texture: factor on the signal, of the box's shape.
            organ: what the tissue belongs to; None is the organ that is there already.
        """
        values = np.asarray(signal, dtype=np.float32)
        for phase in range(4):
            target: Any = self.signal[phase] if box is None else self.signal[phase][box]
            new = values[phase] if texture is None else values[phase] * texture
            target += weight * (new - target)
        if organ is not None:
            there = self.anatomy if box is None else self.anatomy[box]
            there[weight >= 0.5] = organ


def soft(distance_mm: Field, edge_mm: float) -> Field:
    """Share of a voxel inside a surface, from its signed distance (negative inside), with a linear edge."""
    return np.asarray(
        np.clip(np.float32(0.5) - distance_mm * np.float32(1.0 / edge_mm), 0.0, 1.0), dtype=np.float32
    )


def ellipsoid(x: Field, y: Field, z: Field, centre: npt.ArrayLike, radii: npt.ArrayLike) -> Field:
    """Signed distance in mm, close to true near the surface, to an ellipsoid along the patient's axes."""
    c, r = np.asarray(centre, dtype=np.float32), np.asarray(radii, dtype=np.float32)
    dx, dy, dz = (x - c[0]) / r[0], (y - c[1]) / r[1], (z - c[2]) / r[2]
    unit = np.sqrt(dx * dx + dy * dy + dz * dz) + np.float32(1e-6)
    steep = np.sqrt((dx / r[0]) ** 2 + (dy / r[1]) ** 2 + (dz / r[2]) ** 2) + np.float32(1e-6)
    return np.asarray(unit * (unit - 1) / steep, dtype=np.float32)


def join(first: Field, second: Field, round_mm: float) -> Field:
    """Union of two signed distances with a rounded seam (polynomial smooth minimum)."""
    gap = np.clip(0.5 + 0.5 * (second - first) / round_mm, 0.0, 1.0)
    return np.asarray(
        second + (first - second) * gap - np.float32(round_mm) * gap * (1 - gap), dtype=np.float32
    )
