"""Size and place of a lesion, from its mask and the grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull

from MTINetLib.study.grid import Grid

Mask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LesionSize:
    """Measures of one lesion; see :class:`MTINetLib.findings.LesionFinding` for their meaning."""

    volume_ml: float
    long_axis_mm: float
    short_axis_mm: float
    diameter_3d_mm: float
    centroid_lps_mm: tuple[float, float, float]
    slices: tuple[int, int]


def measure_size(mask: Mask, offset: tuple[int, int, int], grid: Grid) -> LesionSize:
    """Measure a lesion.

    The lesion's surface is taken through the middle of the faces of its outermost voxels, so that a
    row of n voxels is n voxels long: centres would measure one voxel less, corners more.

    Args:
        mask: [k, j, i], the lesion's bounding box; not empty.
        offset: index (k, j, i) of the box's first voxel in the grid.
    """
    step = np.array(grid.spacing[::-1])
    long_axis, short_axis = max(plane_diameters(plane, (step[1], step[2])) for plane in mask if plane.any())
    kji = np.argwhere(mask)
    centroid = grid.to_lps(kji.mean(axis=0) + offset)
    used = np.flatnonzero(mask.any(axis=(1, 2)))
    return LesionSize(
        volume_ml=float(len(kji) * grid.voxel_volume_mm3 / 1000),
        long_axis_mm=long_axis,
        short_axis_mm=short_axis,
        diameter_3d_mm=_widest(_hull(_surface(mask, step)))[0],
        centroid_lps_mm=(float(centroid[0]), float(centroid[1]), float(centroid[2])),
        slices=(int(used[0]) + offset[0], int(used[-1]) + offset[0]),
    )


def plane_diameters(plane: Mask, spacing: tuple[float, float]) -> tuple[float, float]:
    """The longest diameter of a shape [j, i] and the longest chord perpendicular to it, in mm.

    Both of its convex hull, as a reader with callipers measures (RECIST 1.1; WHO 1979).
    """
    hull = _hull(_surface(plane, np.array(spacing)))
    length, one, other = _widest(hull)
    along = (other - one) / length
    across = np.array([-along[1], along[0]])
    return length, _longest_chord(hull @ along, hull @ across)


def _longest_chord(x: Points, y: Points) -> float:
    """The longest chord parallel to y of a convex polygon with corners (x, y) in order.

    The longest one, or one as long, ends in a corner, so the lines through the corners are enough.
    """
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    sloped = np.abs(next_x - x) > 1e-9  # edges along y: their ends belong to other edges as well
    x, y, next_x, next_y = x[sloped], y[sloped], next_x[sloped], next_y[sloped]
    share = (np.append(x, next_x)[:, None] - x) / (next_x - x)
    crossed = (share >= -1e-9) & (share <= 1 + 1e-9)
    heights = y + share * (next_y - y)
    top = np.where(crossed, heights, -np.inf).max(axis=1)
    bottom = np.where(crossed, heights, np.inf).min(axis=1)
    return float((top - bottom).max())


def _surface(mask: Mask, step: Points) -> Points:
    """Face centres of the outermost voxels along every axis, in mm, [n, axes]; enough for the hull."""
    found = []
    for axis, size in enumerate(mask.shape):
        used = mask.any(axis=axis)
        first = mask.argmax(axis=axis)[used]
        last = size - 1 - np.flip(mask, axis).argmax(axis=axis)[used]
        others = np.argwhere(used).astype(np.float64)
        for ends in (first - 0.5, last + 0.5):
            found.append(np.insert(others, axis, ends, axis=1))
    points: Points = np.concatenate(found) * step
    return points


def _hull(points: Points) -> Points:
    corners: Points = points[ConvexHull(points).vertices]
    return corners


def _widest(corners: Points) -> tuple[float, Points, Points]:
    """The largest distance between two points, and the two."""
    squares = ((corners[:, None] - corners[None]) ** 2).sum(axis=-1)
    one, other = np.unravel_index(int(squares.argmax()), squares.shape)
    return float(np.sqrt(squares[one, other])), corners[one], corners[other]
