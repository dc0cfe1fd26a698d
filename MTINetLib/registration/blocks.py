"""How far single parts of a phase lie off: blocks of edges, compared by cross-correlation all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.study import Volume

_BLOCK_MM = 52.0
_LARGEST_SHIFT_MM = 16.0
#: Blocks whose edges agree less at their best place hold nothing that can be compared.
_LEAST_AGREEMENT = 0.35
#: A block lies at least by this share inside the body.
_LEAST_INSIDE = 0.7

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Blocks:
    """Blocks of about 5 cm, half of one apart, that lie mostly inside the body, of the reference's edges."""

    boxes: tuple[Box, ...]
    inside: npt.NDArray[np.float32]
    spectra: npt.NDArray[np.complex64]
    energy: FloatArray
    spacing_kji: tuple[float, ...]
    padded: tuple[int, ...]
    reach: tuple[int, ...]

    @staticmethod
    def of(edges: Volume, inside: npt.NDArray[np.bool_], grid: Grid) -> Blocks:
        """From edges [K, J, I] and the mask of the body."""
        spacing = grid.spacing[::-1]
        sizes = [
            min(count, max(4, round(_BLOCK_MM / step)))
            for count, step in zip(grid.shape, spacing, strict=True)
        ]
        reach = _reach(sizes, spacing)
        boxes = tuple(box for box in _boxes(grid.shape, sizes) if inside[box].mean() > _LEAST_INSIDE)
        padded = tuple(
            int(fft.next_fast_len(size + far + 1, real=True)) for size, far in zip(sizes, reach, strict=True)
        )
        masks = np.array([inside[box] for box in boxes], dtype=np.float32).reshape(-1, *sizes)
        own = _centred(np.array([edges[box] for box in boxes], dtype=np.float32).reshape(-1, *sizes), masks)
        spectra = np.conj(fft.rfftn(own, padded, axes=(1, 2, 3))) if boxes else np.empty(0)
        energy = np.square(own, dtype=np.float64).sum(axis=(1, 2, 3))
        kept = np.asarray(spectra, dtype=np.complex64)
        return Blocks(boxes, masks, kept, energy, spacing, padded, reach)

    def shifts_mm(self, edges: Volume) -> FloatArray:
        """How far each block that can be compared lies off in other edges [K, J, I], 16 mm at most.

        A block overlaps less with one further off, so that shifts come out a little too small.
        """
        if not self.boxes:
            return np.zeros(0)
        other = _centred(np.array([edges[box] for box in self.boxes], dtype=np.float32), self.inside)
        energy = np.square(other, dtype=np.float64).sum(axis=(1, 2, 3))
        spectra = fft.rfftn(other, self.padded, axes=(1, 2, 3)) * self.spectra
        correlations = fft.irfftn(spectra, self.padded, axes=(1, 2, 3))
        peaks = peaks_near_zero(correlations, self.reach)
        scale = np.sqrt(energy * self.energy)
        comparable = (scale > 0.0) & (peaks.heights >= _LEAST_AGREEMENT * scale)
        return np.asarray(np.linalg.norm(peaks.shifts[comparable] * self.spacing_kji, axis=1))


@dataclass(frozen=True)
class Peaks:
    """The highest value of each correlation [n], and where it lies in voxels [n, 3] (K, J, I)."""

    heights: FloatArray
    shifts: FloatArray


def peaks_near_zero(correlations: npt.NDArray[np.float32], reach: Sequence[int]) -> Peaks:
    """The peaks of circular correlations [n, k, j, i] at shifts of at most ``reach`` voxels per axis.

    Between voxels by a parabola along each axis.
    """
    shape = correlations.shape[1:]
    wide = [np.arange(-far - 1, far + 2) % size for far, size in zip(reach, shape, strict=True)]
    near = correlations[np.ix_(np.arange(len(correlations)), *wide)]
    inner = near[:, 1:-1, 1:-1, 1:-1]
    highest = inner.reshape(len(inner), -1).argmax(axis=1)
    peak = np.stack(np.unravel_index(highest, inner.shape[1:]), axis=1) + 1
    rows = np.arange(len(near))
    heights = near[rows, peak[:, 0], peak[:, 1], peak[:, 2]].astype(np.float64)
    shifts = peak - 1.0 - np.array(reach)
    for axis in range(3):
        if shape[axis] < 3:
            continue
        step = np.eye(3, dtype=np.intp)[axis]
        below, above = (near[(rows, *(peak + side).T)].astype(np.float64) for side in (-step, step))
        curve = below - 2 * heights + above
        with np.errstate(divide="ignore", invalid="ignore"):
            between = np.where(curve < 0, 0.5 * (below - above) / curve, 0.0)
        shifts[:, axis] += np.clip(between, -0.5, 0.5)
    return Peaks(heights, shifts)


def _reach(sizes: Sequence[int], spacing_kji: Sequence[float]) -> tuple[int, ...]:
    """Voxels of the largest shift per axis; half of a small block: what hardly overlaps fits by chance."""
    return tuple(
        min(int(_LARGEST_SHIFT_MM / step), size // 2) for size, step in zip(sizes, spacing_kji, strict=True)
    )


def _boxes(shape: Sequence[int], sizes: Sequence[int]) -> list[Box]:
    k_starts, j_starts, i_starts = (
        range(0, count - size + 1, max(1, size // 2)) for count, size in zip(shape, sizes, strict=True)
    )
    return [
        (slice(k, k + sizes[0]), slice(j, j + sizes[1]), slice(i, i + sizes[2]))
        for k in k_starts
        for j in j_starts
        for i in i_starts
    ]


def _centred(blocks: npt.NDArray[np.float32], inside: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Blocks [n, k, j, i] less their mean inside the body, 0 outside of it."""
    mean = (blocks * inside).sum(axis=(1, 2, 3)) / inside.sum(axis=(1, 2, 3))
    return np.asarray((blocks - mean[:, None, None, None]) * inside)
