"""From the positions of slices to a grid, or a sentence why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from MTINetLib.reading.dicom.frame import Frame
from MTINetLib.study.grid import FloatArray, Grid

#: Slices closer than this along the normal stand at the same position.
SAME_POSITION_MM = 0.05
#: A slice distance may differ from the usual one by this share.
_SPACING_TOLERANCE = 0.05
#: Slices may lie this far from their place over the first one before they are moved (gantry tilt, shear).
_LARGEST_SHIFT_PX = 0.5
#: A stack is resampled if no slice distance differs from the usual one by more than this share, and if its
#: line is less than so many degrees off its normal; beyond that it is an error.
REPAIRABLE_SPACING = 0.25
LARGEST_REPAIRED_TILT_DEGREES = 30.0


def axes_of(frame: Frame) -> FloatArray:
    """The LPS directions of i, j and k as columns, [3, 3]: orthonormal and right-handed."""
    row = np.array(frame.orientation[:3])
    row /= np.linalg.norm(row)
    column = np.array(frame.orientation[3:])
    column -= (column @ row) * row
    column /= np.linalg.norm(column)
    return np.stack([row, column, np.cross(row, column)], axis=1)


def heights(frames: Sequence[Frame]) -> FloatArray:
    """Positions along the common normal in mm, [n]."""
    normal = axes_of(frames[0])[:, 2]
    return np.array([frame.position for frame in frames]) @ normal


def position_numbers(frames: Sequence[Frame]) -> list[int]:
    """For each frame the number of its slice position, counted along the normal from 0."""
    height = heights(frames)
    order = np.argsort(height, kind="stable")
    steps = np.diff(height[order], prepend=height[order[0]]) > SAME_POSITION_MM
    numbers = np.empty(len(frames), dtype=np.intp)
    numbers[order] = np.cumsum(steps)
    return [int(number) for number in numbers]


def grid_of(frames: Sequence[Frame]) -> Grid:
    """The grid of slices that are sorted along the normal, one per position, evenly spaced.

    A single slice that does not say its thickness gets 1 mm: such a volume has a problem (spacing_problem).
    """
    axes = axes_of(frames[0])
    height = heights(frames)
    rows, columns = frames[0].size
    if len(frames) > 1:
        spacing = float(height[-1] - height[0]) / (len(frames) - 1)
    else:
        spacing = abs(frames[0].thickness_mm or 0.0) or 1.0
    row_mm, column_mm = frames[0].spacing_mm
    direction = tuple(float(value) + 0.0 for value in axes.ravel())  # no negative zeros
    x, y, z = frames[0].position
    return Grid(
        shape=(len(frames), rows, columns),
        spacing=(column_mm, row_mm, spacing),
        origin=(x, y, z),
        direction=direction,  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class StackShape:
    """How far slices, sorted along their normal, stand from a regular grid.

    Args:
        heights_mm: along the normal, [n].
        usual_mm: the median distance of slices.
        shifts_px: of each slice in its plane against the first one, [n, 2], rows first.
        tilt_degrees: between the line of the slices and their normal.
        straight: whether they stand along a line at all.
    """

    heights_mm: FloatArray
    usual_mm: float
    shifts_px: FloatArray
    tilt_degrees: float
    straight: bool

    @property
    def steps_mm(self) -> FloatArray:
        return np.diff(self.heights_mm)

    @property
    def unevenness(self) -> float:
        """The largest difference of a distance from the usual one, as a share of it."""
        return float(np.abs(self.steps_mm - self.usual_mm).max()) / self.usual_mm

    @property
    def uneven(self) -> bool:
        return self.unevenness * self.usual_mm > max(_SPACING_TOLERANCE * self.usual_mm, 2 * SAME_POSITION_MM)

    @property
    def missing(self) -> int:
        """How many slices fit into the gaps; 0 if the distances are no multiples of the usual one."""
        more = self.steps_mm / self.usual_mm - 1.0
        return int(np.rint(more).sum()) if np.all(np.abs(more - np.rint(more)) < 0.1) else 0

    @property
    def has_gaps(self) -> bool:
        return self.uneven and self.missing > 0

    @property
    def tilted(self) -> bool:
        return float(np.abs(self.shifts_px).max()) > _LARGEST_SHIFT_PX


def stack_shape(frames: Sequence[Frame]) -> StackShape:
    """Of three slices or more, sorted along their normal, one per position."""
    height = heights(frames)
    axes = axes_of(frames[0])
    places = np.array([frame.position for frame in frames])
    places -= places[0]
    row_mm, column_mm = frames[0].spacing_mm
    # The direction of a row is that in which columns count.
    shifts = np.stack([places @ axes[:, 1] / row_mm, places @ axes[:, 0] / column_mm], axis=1)
    above = height - height[0]
    shifts = np.round(shifts, 6)  # what is left of the division must not cost a row of pixels
    line = np.outer(above / above[-1], shifts[-1])
    sideways = float(np.linalg.norm(places[-1] - above[-1] * axes[:, 2]))
    return StackShape(
        heights_mm=height,
        usual_mm=float(np.median(np.diff(height))),
        shifts_px=shifts,
        tilt_degrees=float(np.degrees(np.arctan2(sideways, above[-1]))),
        straight=float(np.abs(shifts - line).max()) <= _LARGEST_SHIFT_PX,
    )


def spacing_problem(frames: Sequence[Frame]) -> str | None:
    """What is wrong with the slice positions of a sorted stack, as the end of a sentence; None if nothing."""
    if len(frames) == 1 and not frames[0].thickness_mm:
        return "has a single slice that does not say how thick it is"
    if len(frames) < 3:
        return None
    shape = stack_shape(frames)
    steps = shape.steps_mm
    if shape.has_gaps:
        worst = int(np.argmax(steps))
        slices = "1 slice" if shape.missing == 1 else f"{shape.missing} slices"
        return f"misses {slices}: there is a gap of {steps[worst]:.1f} mm after slice {worst + 1}"
    if shape.uneven:
        return f"has unequal slice distances ({steps.min():.2f} to {steps.max():.2f} mm)"
    if shape.tilted and not shape.straight:
        return "has slices that are shifted against each other"
    if shape.tilted:
        degrees = f"{shape.tilt_degrees:.1f} degrees"
        return f"is a sheared stack: its slices lie along a line {degrees} off their normal"
    return None
