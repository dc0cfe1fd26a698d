"""Square axial slices for the network, and the exact way back to the study's own grid.

Any grid is first turned into canonical axial order (slices towards superior, rows towards posterior,
columns towards left) by permuting and flipping array axes, which loses nothing. In-plane the field of
view is padded to a physical square and resampled to ``size`` x ``size`` isotropic pixels. Both steps
share one geometry: the squares and the field of view have the same centre, and the outer *edges* of
the pixels (not their centres) span the side of the square.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.study.grid import Grid

FloatVolume = npt.NDArray[np.float32]
_Array = npt.NDArray[Any]


@dataclass(frozen=True)
class SliceFrame:
    """The geometry between a study's grid and the network's slices; make it with :meth:`of`.

    Args:
        grid: the native grid.
        size: pixels along each side of a slice.
        axes: the array axes of the native grid that become (slice, row, column).
        flipped: per canonical axis, whether the native order runs the other way.
    """

    grid: Grid
    size: int
    axes: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]

    @staticmethod
    def of(grid: Grid, size: int = 256) -> SliceFrame:
        """The frame of a grid of any orientation; oblique grids go to the nearest axial order."""
        # cosines[n, a]: LPS component a of native array axis n; array axes are (k, j, i).
        cosines = grid.direction_matrix.T[::-1]
        wanted = (2, 1, 0)  # LPS axes of (slice, row, column): superior, posterior, left
        axes = max(
            permutations(range(3)),
            key=lambda order: float(
                np.prod([abs(cosines[n, a]) + 1e-6 for n, a in zip(order, wanted, strict=True)])
            ),
        )
        flips = tuple(bool(cosines[n, a] < 0) for n, a in zip(axes, wanted, strict=True))
        return SliceFrame(grid, size, (axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2]))

    @property
    def canonical_shape(self) -> tuple[int, int, int]:
        """Native voxels along (slice, row, column)."""
        z, row, column = (self.grid.shape[axis] for axis in self.axes)
        return z, row, column

    @property
    def canonical_spacing(self) -> tuple[float, float, float]:
        """Native voxel size in mm along (slice, row, column)."""
        z, row, column = (self.grid.spacing[2 - axis] for axis in self.axes)
        return z, row, column

    @property
    def slice_count(self) -> int:
        return self.canonical_shape[0]

    @property
    def pixel_mm(self) -> float:
        """Side in mm of the square pixels of a slice."""
        return self._side_mm / self.size

    @property
    def _side_mm(self) -> float:
        (_, rows, columns), (_, dy, dx) = self.canonical_shape, self.canonical_spacing
        return max(rows * dy, columns * dx)

    def to_canonical(self, array: _Array) -> _Array:
        """A view of a native array [..., K, J, I] in canonical order [..., Z, rows, columns]."""
        lead = array.ndim - 3
        turned = array.transpose(*range(lead), *(lead + axis for axis in self.axes))
        return _flip(turned, self.flipped)

    def from_canonical(self, array: _Array) -> _Array:
        """The exact inverse of :meth:`to_canonical`, as a view."""
        lead = array.ndim - 3
        unflipped = _flip(array, self.flipped)
        back = tuple(int(axis) for axis in np.argsort(self.axes))
        native: _Array = unflipped.transpose(*range(lead), *(lead + axis for axis in back))
        return native

    def to_slices(self, volumes: npt.ArrayLike) -> FloatVolume:
        """Resample volumes [C, K, J, I] to slices float32 [Z, C, size, size].

        Linear where pixels are finer than voxels, a linear filter as wide as the pixel where they are
        coarser (no aliasing). Outside the field of view the slices are 0.
        """
        source = self.to_canonical(np.asarray(volumes))
        rows, columns = self._forward(1), self._forward(2)
        out = np.empty((self.slice_count, len(source), self.size, self.size), dtype=np.float32)
        for channel, volume in enumerate(source):
            _separable(np.ascontiguousarray(volume, dtype=np.float32), rows, columns, out[:, channel])
        return out

    def labels_to_slices(self, labels: _Array) -> _Array:
        """Nearest-voxel labels [Z, size, size] of a native label map [K, J, I]; 0 outside."""
        turned = self.to_canonical(labels)
        row, row_inside = self._nearest(1)
        column, column_inside = self._nearest(2)
        picked = turned[:, row[:, None], column[None, :]]
        return np.where(row_inside[:, None] & column_inside[None, :], picked, picked.dtype.type(0))

    def to_native(self, slices: npt.ArrayLike) -> FloatVolume:
        """Slices [Z, size, size] back on the native grid, float32 [K, J, I], C-contiguous."""
        source = np.ascontiguousarray(slices, dtype=np.float32)
        out = np.empty(self.canonical_shape, dtype=np.float32)
        _separable(source, self._backward(1), self._backward(2), out)
        return np.ascontiguousarray(self.from_canonical(out))

    def _forward(self, axis: int) -> FloatVolume:
        count, spacing = self.canonical_shape[axis], self.canonical_spacing[axis]
        return _weights(count, spacing, self.size, self.pixel_mm, keep_outside=False)

    def _backward(self, axis: int) -> FloatVolume:
        count, spacing = self.canonical_shape[axis], self.canonical_spacing[axis]
        return _weights(self.size, self.pixel_mm, count, spacing, keep_outside=True)

    def _nearest(self, axis: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        count, spacing = self.canonical_shape[axis], self.canonical_spacing[axis]
        # The small bias decides ties (a pixel edge on a voxel centre) the same way on every machine.
        index = np.floor(_positions(count, spacing, self.size, self.pixel_mm) + 0.5 + 1e-6).astype(np.int64)
        inside = (index >= 0) & (index < count)
        return np.clip(index, 0, count - 1), inside


def _flip(array: _Array, flipped: tuple[bool, bool, bool]) -> _Array:
    steps = tuple(slice(None, None, -1 if flip else 1) for flip in flipped)
    flipped_array: _Array = array[(Ellipsis,) + steps]  # noqa: RUF005  (numpy's types know this form)
    return flipped_array


def _positions(n_in: int, step_in: float, n_out: int, step_out: float) -> npt.NDArray[np.float64]:
    """Continuous input index of each output sample, both rows of samples having the same centre."""
    offset_mm = (np.arange(n_out) - (n_out - 1) / 2) * step_out
    return np.asarray(offset_mm / step_in + (n_in - 1) / 2)


@lru_cache(maxsize=64)
def _weights(n_in: int, step_in: float, n_out: int, step_out: float, keep_outside: bool) -> FloatVolume:
    """Interpolation matrix [n_out, n_in]; each row sums to one, or to zero outside the input.

    ``keep_outside`` repeats the edge outside instead. The kernel is a triangle, one input step wide to
    each side, or one output step where that is larger.
    """
    position = _positions(n_in, step_in, n_out, step_out)
    inside = (position > -0.5 - 1e-6) & (position < n_in - 0.5 + 1e-6)
    width = max(1.0, step_out / step_in)
    position = np.clip(position, 0, n_in - 1) if width < 1 + 1e-9 else np.clip(position, -0.5, n_in - 0.5)
    weights = np.clip(1 - np.abs(position[:, None] - np.arange(n_in)[None, :]) / width, 0, None)
    weights[weights < 1e-9] = 0  # rounding of the positions must not leave traces of far voxels
    weights /= weights.sum(axis=1, keepdims=True)
    if not keep_outside:
        weights[~inside] = 0
    result = weights.astype(np.float32)
    result.setflags(write=False)
    return result


def _separable(source: FloatVolume, rows: FloatVolume, columns: FloatVolume, out: FloatVolume) -> None:
    """out[z] = rows @ source[z] @ columns.T, leaving out factors that are the identity.

    The matrices are banded, so blocks of outputs are multiplied with the inputs that they touch.
    """
    if not _is_identity(columns):
        z, height, width = source.shape
        flat = source.reshape(z * height, width)
        narrowed = np.empty((z * height, len(columns)), dtype=np.float32)
        for block, touched in _bands(columns):
            np.matmul(flat[:, touched], columns[block, touched].T, out=narrowed[:, block])
        source = narrowed.reshape(z, height, len(columns))
    if _is_identity(rows):
        out[...] = source
        return
    for block, touched in _bands(rows):
        np.matmul(rows[block, touched], source[:, touched], out=out[:, block])


def _bands(matrix: FloatVolume, height: int = 64) -> list[tuple[slice, slice]]:
    """Blocks of rows with the columns in which they are not zero."""
    bands = []
    for start in range(0, len(matrix), height):
        block = slice(start, min(start + height, len(matrix)))
        used = np.flatnonzero(matrix[block].any(axis=0))
        bands.append((block, slice(int(used[0]), int(used[-1]) + 1) if used.size else slice(0, 1)))
    return bands


def _is_identity(matrix: FloatVolume) -> bool:
    return matrix.shape[0] == matrix.shape[1] and bool(np.array_equal(matrix, np.eye(len(matrix))))
