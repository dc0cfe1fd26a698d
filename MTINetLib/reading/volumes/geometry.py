"""From the axes in a file's header to a grid: voxel sizes are judged, sheared axes straightened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from MTINetLib.errors import InputError
from MTINetLib.reading.dicom.geometry import LARGEST_REPAIRED_TILT_DEGREES
from MTINetLib.reading.dicom.repair import RESAMPLED_TILT
from MTINetLib.reading.volumes.header import FileHeader, refuse_voxel_size
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.study import Volume

#: Voxels of no MRI are smaller or larger than this (mm).
_SMALLEST_MM, _LARGEST_MM = 0.01, 100.0
#: Axes are sheared if that moves a corner of the volume by more than this share of a voxel.
_LARGEST_SHIFT = 0.5
#: The volume that axes of length 1 span below which they do not span space.
_DEGENERATE = 1e-3
#: Less of a voxel's weight than this on stored voxels is none of the image.
_WHOLLY = 0.999


class ShearedError(InputError):
    """The axes of a file are too far from perpendicular."""


@dataclass(frozen=True, eq=False)
class FileGeometry:
    """The grid of a file's volume, and how its voxels come onto it.

    Args:
        to_stored: from array indices on the grid to those of the file, [3, 4]; None where they are the same.
    """

    grid: Grid
    to_stored: FloatArray | None
    flags: tuple[str, ...]

    def interpolate(self, stored: Volume) -> Volume:
        """Linear interpolation where the axes were sheared; NaN where no voxel is."""
        moved = self._moved(stored, order=1)
        if self.to_stored is not None:
            moved[self._moved(np.ones_like(stored), order=1) < _WHOLLY] = np.nan
        return moved

    def nearest(self, stored: Volume) -> Volume:
        """Like :meth:`interpolate` without mixing labels."""
        return self._moved(stored, order=0)

    def _moved(self, stored: Volume, order: int) -> Volume:
        if self.to_stored is None:
            return stored
        matrix, offset = self.to_stored[:, :3], self.to_stored[:, 3]
        moved = ndimage.affine_transform(
            stored, matrix, offset, output_shape=self.grid.shape, order=order, mode="grid-constant"
        )
        return np.asarray(moved, dtype=np.float32)


def geometry_of(header: FileHeader) -> FileGeometry:
    """
    Raises:
        InputError: no voxel size, no axes that span space, or axes too far from perpendicular.
    """
    sizes = _voxel_sizes(header)
    units = header.axes / sizes
    straight = _perpendicular(header, units)
    counts = np.array(header.shape[::-1]) - 1
    # How far the far corners lie from where perpendicular axes of the same lengths would put them, in voxels.
    moved = np.abs(straight.T @ ((units - straight) * sizes * counts)) / sizes[:, None]
    if float(moved.max()) <= _LARGEST_SHIFT:
        grid = Grid(header.shape, _three(sizes), header.origin, _nine(straight))
        return FileGeometry(grid, None, header.flags)
    tilt = float(np.degrees(np.arccos(np.clip(np.abs(np.sum(units * straight, axis=0)), 0, 1))).max())
    if tilt > LARGEST_REPAIRED_TILT_DEGREES:
        raise ShearedError(
            f"The file {header.path} has axes that are sheared by {tilt:.0f} degrees (not perpendicular); "
            "resample it to perpendicular axes, for example with Resample Scalar Volume in 3D Slicer."
        )
    return _straightened(header, straight)


def _voxel_sizes(header: FileHeader) -> FloatArray:
    if not (np.isfinite(header.axes).all() and np.isfinite(header.origin).all()):
        refuse_voxel_size(header.path, "says that its voxels lie at no finite place", header.size_field)
    sizes = np.asarray(np.linalg.norm(header.axes, axis=0), dtype=np.float64)
    if sizes.min() < _SMALLEST_MM or sizes.max() > _LARGEST_MM:
        listed = " x ".join(f"{size:.4g}" for size in sizes)
        refuse_voxel_size(header.path, f"says that its voxels measure {listed} mm", header.size_field)
    return sizes


def _perpendicular(header: FileHeader, units: FloatArray) -> FloatArray:
    """Orthonormal axes of the same handedness, the first two in the plane of the file's slices."""
    row = units[:, 0]
    column = units[:, 1] - (units[:, 1] @ row) * row
    if np.linalg.norm(column) < _DEGENERATE or abs(np.linalg.det(units)) < _DEGENERATE:
        raise ShearedError(
            f"The file {header.path} has two axes in the same direction, so nobody knows where its voxels "
            "lie; convert the DICOM images again."
        )
    column /= np.linalg.norm(column)
    normal = np.cross(row, column)
    return np.stack([row, column, normal * np.sign(normal @ units[:, 2])], axis=1)


def _straightened(header: FileHeader, straight: FloatArray) -> FileGeometry:
    """A grid along the perpendicular axes that holds every voxel."""
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in header.shape[::-1]])).reshape(3, -1)
    steps = np.abs(np.diag(straight.T @ header.axes))
    inside = straight.T @ (header.axes @ corners) / steps[:, None]
    first = np.floor(np.round(inside.min(axis=1), 6))
    counts = np.ceil(np.round(inside.max(axis=1), 6)) - first + 1
    matrix = np.linalg.inv(header.axes) @ (straight * steps)
    to_stored = np.column_stack([matrix[::-1, ::-1], (matrix @ first)[::-1]])
    x, y, z = np.array(header.origin) + (straight * steps) @ first
    shape = (int(counts[2]), int(counts[1]), int(counts[0]))
    grid = Grid(shape, _three(steps), (float(x), float(y), float(z)), _nine(straight))
    return FileGeometry(grid, to_stored, (*header.flags, RESAMPLED_TILT))


def _three(values: FloatArray) -> tuple[float, float, float]:
    return (float(values[0]), float(values[1]), float(values[2]))


def _nine(
    matrix: FloatArray,
) -> tuple[float, float, float, float, float, float, float, float, float]:
    # no negative zeros
    return tuple(float(value) + 0.0 for value in matrix.ravel())  # type: ignore[return-value]
