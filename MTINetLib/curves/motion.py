"""Whether the surroundings of regions move along a series: the motion check of phases, near them only."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from MTINetLib.curves.regions import around
from MTINetLib.curves.series import Array
from MTINetLib.inference.lesions import Box, grown_box
from MTINetLib.registration.motion import COARSE_MM, LARGEST_SHIFT_MM, CoarsePhase, Reference
from MTINetLib.study.grid import Grid

#: Of the voxels of a volume; a comparison takes about fourteen times the memory of what is compared.
_LARGEST_SHARE, _FEWEST = 1 / 14, 2000


@dataclass
class MotionWatch:
    """Compares each time point with the first one that it was given, in a box around the regions."""

    _reference: Reference | None = None
    _near: tuple[Grid, Grid] | None = None
    _boxes: dict[Grid, Box] = field(default_factory=dict)

    def look(self, array: Array, grid: Grid, boxes: list[Box]) -> tuple[float | None, float | None]:
        """How far (mm) and how well the edges lie on those of the first time point; None where nothing tells.

        Args:
            array: [K, J, I] on ``grid``.
            boxes: of the regions on that grid.
        """
        if not boxes:
            return None, None
        box = self._boxes.setdefault(grid, _wide(boxes, grid))
        near = _cut(grid, box)
        if self._reference is None or self._near is None:
            self._reference, self._near = Reference.of(_known(array[box]), near), (grid, near)
            return 0.0, 1.0
        coarse = CoarsePhase.of(_known(array[box]), near)
        same = near.matches(self._near[1])
        fit = self._reference.fit_in_place(coarse) if same else self._reference.fit(coarse)
        if fit.agreement is None:
            return None, None
        return round(float(np.linalg.norm(fit.shift_mm)), 2), round(fit.agreement, 4)


def _known(array: Array) -> Array:
    return np.nan_to_num(array) if np.isnan(array).any() else array


def _wide(boxes: list[Box], grid: Grid) -> Box:
    """The regions with room for the largest shift; less of it where the comparison would need much memory."""
    k, j, i = (int(np.ceil(LARGEST_SHIFT_MM / size)) for size in grid.spacing[::-1])
    box = grown_box(around(boxes), (k, j, i), grid.shape)
    while _compared(box, grid) > max(np.prod(grid.shape) * _LARGEST_SHARE, _FEWEST):
        margins = [max(1, (part.stop - part.start) // 20) for part in box]
        parts = [
            slice(part.start + less, max(part.stop - less, part.start + less + 1))
            for part, less in zip(box, margins, strict=True)
        ]
        box = (parts[0], parts[1], parts[2])
    return box


def _compared(box: Box, grid: Grid) -> float:
    """About how many voxels are compared."""
    return float(
        np.prod(
            [
                (part.stop - part.start) * min(1.0, size / COARSE_MM)
                for part, size in zip(box, grid.spacing[::-1], strict=True)
            ]
        )
    )


def _cut(grid: Grid, box: Box) -> Grid:
    x, y, z = grid.to_lps([part.start for part in box])
    shape = tuple(part.stop - part.start for part in box)
    return Grid((shape[0], shape[1], shape[2]), grid.spacing, (float(x), float(y), float(z)), grid.direction)
