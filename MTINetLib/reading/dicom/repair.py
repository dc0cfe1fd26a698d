"""Makes a regular grid of slices that nearly stand on one: small differences of distance, and tilt.

Anything beyond that stays an error: what lies in a gap cannot be known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from MTINetLib.reading.dicom.frame import Frame
from MTINetLib.reading.dicom.geometry import (
    LARGEST_REPAIRED_TILT_DEGREES,
    REPAIRABLE_SPACING,
    StackShape,
    grid_of,
    stack_shape,
)
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.study import Volume

RESAMPLED_SPACING, RESAMPLED_TILT = "resampled_spacing", "resampled_tilt"
#: Less of a voxel's weight than this on stored slices is none of the image.
_WHOLLY = 0.999


@dataclass(frozen=True)
class Repair:
    """How slices become a regular volume.

    Args:
        grid: of the regular volume.
        shifts_px: of each slice against the first column and row of the grid, [n, 2], rows first, all >= 0.
        heights_mm: of each slice above the first slice of the grid.
        flags: what was done, for the study.
    """

    grid: Grid
    shifts_px: FloatArray
    heights_mm: FloatArray
    flags: tuple[str, ...]

    def apply(self, slices: Volume) -> Volume:
        """Linear interpolation of the slices [n, J, I] on the grid; NaN where no slice reaches."""
        moved = self._moved(slices)
        moved[self._moved(np.ones_like(slices)) < _WHOLLY] = np.nan
        return moved

    def _moved(self, slices: Volume) -> Volume:
        _, rows, columns = self.grid.shape
        straight = np.zeros((len(slices), rows, columns), dtype=np.float32)
        for number, (down, right) in enumerate(self.shifts_px):
            _add_shifted(straight[number], slices[number], float(down), float(right))
        return _at_regular_heights(straight, self.heights_mm, self.grid)


def repair_of(frames: Sequence[Frame]) -> Repair | None:
    """The repair of a stack that is sorted along its normal; None where none is needed or possible."""
    if len(frames) < 3:
        return None
    shape = stack_shape(frames)
    uneven = shape.uneven and shape.unevenness <= REPAIRABLE_SPACING and not shape.has_gaps
    tilted = shape.tilted and shape.tilt_degrees <= LARGEST_REPAIRED_TILT_DEGREES and shape.straight
    if (not uneven and not tilted) or (shape.uneven and not uneven) or (shape.tilted and not tilted):
        return None
    flags = [RESAMPLED_SPACING] if uneven else []
    flags += [RESAMPLED_TILT] if tilted else []
    shifts = shape.shifts_px if tilted else np.zeros_like(shape.shifts_px)
    return Repair(
        grid=_regular_grid(frames, shape, shifts),
        shifts_px=shifts - np.floor(shifts.min(axis=0)),
        heights_mm=shape.heights_mm - shape.heights_mm[0],
        flags=tuple(flags),
    )


def _regular_grid(frames: Sequence[Frame], shape: StackShape, shifts: FloatArray) -> Grid:
    plain = grid_of(frames)
    first = np.floor(shifts.min(axis=0))
    more = np.ceil(shifts.max(axis=0)) - first
    extent = float(shape.heights_mm[-1] - shape.heights_mm[0])
    steps = max(1, round(extent / shape.usual_mm))
    x, y, z = plain.to_lps((0.0, float(first[0]), float(first[1])))
    return replace(
        plain,
        shape=(steps + 1, plain.shape[1] + int(more[0]), plain.shape[2] + int(more[1])),
        spacing=(plain.spacing[0], plain.spacing[1], extent / steps),
        origin=(float(x), float(y), float(z)),
    )


def _add_shifted(target: Volume, slice_: Volume, down: float, right: float) -> None:
    """Add a slice to zeros, moved by a part of a pixel bilinearly."""
    row, column = int(np.floor(down)), int(np.floor(right))
    rows, columns = slice_.shape
    for i, weight_i in ((0, 1.0 - (down - row)), (1, down - row)):
        for j, weight_j in ((0, 1.0 - (right - column)), (1, right - column)):
            weight = weight_i * weight_j
            if weight > 0.0:
                place = target[row + i : row + i + rows, column + j : column + j + columns]
                place += np.float32(weight) * slice_


def _at_regular_heights(slices: Volume, heights: FloatArray, grid: Grid) -> Volume:
    wanted = np.arange(grid.shape[0]) * grid.spacing[2]
    upper = np.clip(np.searchsorted(heights, wanted), 1, len(heights) - 1)
    below = heights[upper - 1]
    share = np.clip((wanted - below) / (heights[upper] - below), 0.0, 1.0).astype(np.float32)
    share = share[:, None, None]
    return np.asarray(slices[upper - 1] * (1.0 - share) + slices[upper] * share, dtype=np.float32)
