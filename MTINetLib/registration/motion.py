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

from MTINetLib.registration.blocks import Blocks, peaks_near_zero
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.resample import coarsen, fill_unknown, resample
from MTINetLib.study.study import Volume

Mask = npt.NDArray[np.bool_]

#: The voxels that are compared measure about this.
COARSE_MM = 4.0
#: Larger shifts are not looked for.
LARGEST_SHIFT_MM = 32.0


@dataclass(frozen=True)
class CoarsePhase:
    """One phase on voxels of about 4 mm."""

    array: Volume
    grid: Grid

    @staticmethod
    def of(array: Volume, grid: Grid) -> CoarsePhase:
        return CoarsePhase(*coarsen(array, grid, COARSE_MM))


@dataclass(frozen=True)
class Reference:
    """The reference phase on a coarse grid, prepared for comparisons.

    ``edges`` are gradient magnitudes, ``inside`` the body without its rim: skin and the edge of the
    image hardly move when the organs do, and their strong edges would hide it.
    """

    phase: CoarsePhase
    edges: Volume
    inside: Mask

    @staticmethod
    def of(array: Volume, grid: Grid) -> Reference:
        phase = CoarsePhase.of(array, grid)
        return Reference(phase, _edges(phase.array, phase.grid), _inside(phase.array, phase.grid))

    @property
    def grid(self) -> Grid:
        """The coarse grid."""
        return self.phase.grid

    def fit(self, moving: CoarsePhase, transform: object = None) -> Fit:
        """How well a phase lies on the reference, where ``transform`` leads from this one to that one."""
        moved, known = self.bring(moving, transform)
        return Fit(self, _edges(moved, self.grid), known)

    def fit_in_place(self, moving: CoarsePhase) -> Fit:
        """The same for a phase that lies on the reference's very voxels: nothing is interpolated."""
        return Fit(self, _edges(moving.array, self.grid), np.ones(moving.array.shape, dtype=bool))

    def bring(self, moving: CoarsePhase, transform: object = None) -> tuple[Volume, Mask]:
        """A phase on the reference's coarse grid, and where its gradients are known.

        Where the phase has no voxel its nearest one stands: zeros would make an edge of the field of view.
        """
        return fill_unknown(resample(moving.array, moving.grid, self.grid, transform, outside=float("nan")))

    def covered(self, grid: Grid) -> float:
        """The share of the body's voxels that lie inside another grid, 0 to 1."""
        points = np.argwhere(self.inside)
        if len(points) == 0:
            return 1.0
        index = grid.to_index(self.grid.to_lps(points))
        last = np.array(grid.shape) - 0.5
        return float(np.mean(np.all((index >= -0.5) & (index <= last), axis=1)))

    @cached_property
    def blocks(self) -> Blocks:
        return Blocks.of(self.edges, self.inside, self.grid)

    @cached_property
    def spectrum(self) -> npt.NDArray[np.complex64]:
        """Of the edges inside the body, padded for shifts of up to 32 mm."""
        return np.asarray(fft.rfftn(_centred(self.edges, self.inside), self.padded), dtype=np.complex64)

    @property
    def padded(self) -> tuple[int, ...]:
        return tuple(
            int(fft.next_fast_len(count + margin, real=True))
            for count, margin in zip(self.grid.shape, self.reach, strict=True)
        )

    @property
    def reach(self) -> list[int]:
        """Voxels of the largest shift per axis."""
        return [int(np.ceil(LARGEST_SHIFT_MM / size)) + 1 for size in self.grid.spacing[::-1]]


@dataclass(frozen=True)
class Fit:
    """How well a phase's ``edges``, on the reference's grid, lie on those of the reference."""

    reference: Reference
    edges: Volume
    known: Mask

    @cached_property
    def agreement(self) -> float | None:
        """Correlation of gradient magnitudes inside the body, -1 to 1; None where too little overlaps."""
        inside = self.reference.inside & self.known
        if int(inside.sum()) < 100:
            return None
        one, other = self.reference.edges[inside], self.edges[inside]
        if float(one.std()) == 0.0 or float(other.std()) == 0.0:
            return None
        return float(np.corrcoef(one, other)[0, 1])

    @cached_property
    def shift_mm(self) -> FloatArray:
        """How far the content lies from the reference's, LPS mm, by cross-correlation of edges.

        Shifts up to 32 mm are looked for; the accuracy is about 1 mm.
        """
        reference = self.reference
        spectrum = fft.rfftn(_centred(self.edges, reference.inside), reference.padded)
        correlation = fft.irfftn(spectrum * np.conj(reference.spectrum), reference.padded)
        shift_kji = peaks_near_zero(correlation[None], reference.reach).shifts[0]
        shift_ijk = shift_kji[::-1] * np.array(reference.grid.spacing)
        return np.asarray(reference.grid.direction_matrix @ shift_ijk, dtype=np.float64)

    @cached_property
    def bend_mm(self) -> float:
        """How far parts of the phase lie from the reference's, mm: 0 without parts that can be compared.

        Blocks of about 5 cm are compared one by one, shifts of up to 16 mm are looked for; three quarters of
        the blocks lie no further off than this.
        """
        lengths = self.reference.blocks.shifts_mm(self.edges)
        return float(np.quantile(lengths, 0.75)) if len(lengths) else 0.0


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
