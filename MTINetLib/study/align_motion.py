"""Has the patient moved between two phases? A shift in mm and a figure of agreement.

Contrast changes intensities, but edges stay: both measures compare gradient magnitudes inside the
body, on voxels of a few millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from MTINetLib.study.align_resample import coarsen, resample
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.study import Volume

Mask = npt.NDArray[np.bool_]

_STEP_MM = 4.0
_LARGEST_SHIFT_MM = 32.0
_BLOCK_MM = 52.0
_LARGEST_BEND_MM = 16.0
#: Blocks whose edges agree less at their best place hold nothing that can be compared.
_LEAST_BLOCK_AGREEMENT = 0.35


@dataclass(frozen=True)
class Reference:
    """The reference phase on a coarse grid, prepared for comparisons.

    ``edges`` are gradient magnitudes, ``inside`` the body without its rim: skin and the edge of the
    image hardly move when the organs do, and their strong edges would hide it.
    """

    grid: Grid
    edges: Volume
    inside: Mask

    @staticmethod
    def of(array: Volume, grid: Grid) -> Reference:
        coarse, coarse_grid = coarsen(array, grid, _STEP_MM)
        return Reference(coarse_grid, _edges(coarse, coarse_grid), _inside(coarse, coarse_grid))

    @cached_property
    def _spectrum(self) -> npt.NDArray[np.complex64]:
        return np.asarray(fft.rfftn(_centred(self.edges, self.inside), self._padded), dtype=np.complex64)

    @property
    def _padded(self) -> tuple[int, ...]:
        return tuple(
            int(fft.next_fast_len(count + margin, real=True))
            for count, margin in zip(self.grid.shape, self._reach, strict=True)
        )

    @property
    def _reach(self) -> list[int]:
        return [int(np.ceil(_LARGEST_SHIFT_MM / size)) + 1 for size in self.grid.spacing[::-1]]

    def agreement(self, array: Volume, grid: Grid, transform: object = None) -> float | None:
        """Correlation of gradient magnitudes inside the body, -1 to 1; None where too little overlaps."""
        moved = self._on_grid(array, grid, transform)
        inside = self.inside & np.isfinite(moved)
        if int(inside.sum()) < 100:
            return None
        edges = _edges(np.nan_to_num(moved), self.grid)
        one, other = self.edges[inside], edges[inside]
        if float(one.std()) == 0.0 or float(other.std()) == 0.0:
            return None
        return float(np.corrcoef(one, other)[0, 1])

    def shift_of(self, array: Volume, grid: Grid) -> FloatArray:
        """How far the volume's content lies from the reference's, LPS mm, by cross-correlation of edges.

        Shifts up to 32 mm are looked for; the accuracy is about 1 mm.
        """
        moved = np.nan_to_num(self._on_grid(array, grid, None))
        spectrum = fft.rfftn(_centred(_edges(moved, self.grid), self.inside), self._padded)
        correlation = fft.irfftn(spectrum * np.conj(self._spectrum), self._padded)
        near = np.full(correlation.shape, -np.inf)
        window = np.ix_(*[np.r_[0 : reach + 1, -reach:0] for reach in self._reach])
        near[window] = correlation[window]
        peak = np.unravel_index(int(np.argmax(near)), near.shape)
        shift_kji = [_refined(correlation, peak, axis) for axis in range(3)]
        shift_ijk = np.array(shift_kji[::-1]) * np.array(self.grid.spacing)
        return np.asarray(self.grid.direction_matrix @ shift_ijk, dtype=np.float64)

    def bend_of(self, array: Volume, grid: Grid, transform: object = None) -> float:
        """How far parts of the volume lie from the reference's, mm: 0 without parts that can be compared.

        Blocks of about 5 cm are compared one by one, shifts of up to 16 mm are looked for; three quarters of
        the blocks lie no further off than this.
        """
        moved = np.nan_to_num(self._on_grid(array, grid, transform))
        edges = _edges(moved, self.grid)
        lengths = []
        for block in self._blocks:
            inside = self.inside[block]
            one, other = _centred(self.edges[block], inside), _centred(edges[block], inside)
            scale = float(np.sqrt((one * one).sum() * (other * other).sum()))
            if scale == 0.0:
                continue
            padded = tuple(2 * count for count in one.shape)
            spectrum = fft.rfftn(other, padded) * np.conj(fft.rfftn(one, padded))
            correlation = fft.irfftn(spectrum, padded)
            reach = [int(_LARGEST_BEND_MM / size) for size in self.grid.spacing[::-1]]
            near = np.full(correlation.shape, -np.inf)
            window = np.ix_(*[np.r_[0 : r + 1, -r:0] if r else np.r_[0:1] for r in reach])
            near[window] = correlation[window]
            peak = np.unravel_index(int(np.argmax(near)), near.shape)
            if correlation[peak] < _LEAST_BLOCK_AGREEMENT * scale:
                continue
            shift = [_refined(correlation, peak, axis) for axis in range(3)]
            lengths.append(float(np.linalg.norm(np.array(shift[::-1]) * np.array(self.grid.spacing))))
        return float(np.quantile(lengths, 0.75)) if lengths else 0.0

    @cached_property
    def _blocks(self) -> list[tuple[slice, slice, slice]]:
        """Blocks of about 5 cm, half of one apart, that lie mostly inside the body."""
        sizes = [
            min(count, max(4, round(_BLOCK_MM / step)))
            for count, step in zip(self.grid.shape, self.grid.spacing[::-1], strict=True)
        ]
        starts = [
            range(0, count - size + 1, max(1, size // 2))
            for count, size in zip(self.grid.shape, sizes, strict=True)
        ]
        blocks = [
            (slice(k, k + sizes[0]), slice(j, j + sizes[1]), slice(i, i + sizes[2]))
            for k in starts[0]
            for j in starts[1]
            for i in starts[2]
        ]
        return [block for block in blocks if float(self.inside[block].mean()) > 0.7]

    def covered(self, grid: Grid) -> float:
        """The share of the body's voxels that lie inside another grid, 0 to 1."""
        points = np.argwhere(self.inside)
        if len(points) == 0:
            return 1.0
        index = grid.to_index(self.grid.to_lps(points))
        last = np.array(grid.shape) - 0.5
        return float(np.mean(np.all((index >= -0.5) & (index <= last), axis=1)))

    def _on_grid(self, array: Volume, grid: Grid, transform: object) -> Volume:
        coarse, coarse_grid = coarsen(array, grid, _STEP_MM)
        return resample(coarse, coarse_grid, self.grid, transform, outside=float("nan"))


def _edges(array: Volume, grid: Grid) -> Volume:
    """Gradient magnitude per mm; bright edges are damped so that vessels full of contrast do not rule."""
    top = float(np.quantile(array, 0.98)) or 1.0
    softened = np.sqrt(np.clip(array / top, 0.0, 1.5))
    axes = [axis for axis in range(3) if array.shape[axis] > 1]
    parts = [ndimage.sobel(softened, axis=axis) / grid.spacing[2 - axis] for axis in axes]
    return np.asarray(np.sqrt(sum(part * part for part in parts)), dtype=np.float32)


def _inside(array: Volume, grid: Grid) -> Mask:
    body = array > 0.15 * float(np.quantile(array, 0.95))
    filled = np.stack([ndimage.binary_fill_holes(slice_) for slice_ in body])
    rim = max(1, round(8.0 / grid.spacing[0]))
    across = np.zeros((1, 3, 3), dtype=bool)
    across[0] = ndimage.generate_binary_structure(2, 1)
    eroded = ndimage.binary_erosion(filled, across, iterations=rim)
    return np.asarray(eroded if eroded.sum() >= 100 else filled, dtype=bool)


def _centred(edges: Volume, inside: Mask) -> Volume:
    if not inside.any():
        return np.zeros_like(edges)
    return np.where(inside, edges - edges[inside].mean(), 0.0).astype(np.float32)


def _refined(correlation: FloatArray, peak: tuple[np.intp, ...], axis: int) -> float:
    """The peak along one axis between voxels, by a parabola; counted from 0 with negative shifts."""
    size = correlation.shape[axis]
    if size < 3:
        return 0.0
    line = [
        correlation[tuple((p + step) % size if a == axis else p for a, p in enumerate(peak))]
        for step in (-1, 0, 1)
    ]
    bend = line[0] - 2 * line[1] + line[2]
    offset = 0.5 * (line[0] - line[2]) / bend if bend < 0 else 0.0
    whole = int(peak[axis])
    return (whole if whole <= size // 2 else whole - size) + float(np.clip(offset, -0.5, 0.5))
