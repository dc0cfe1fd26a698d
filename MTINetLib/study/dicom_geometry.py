"""From the positions of slices to a grid, or a sentence why there is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from MTINetLib.study.dicom_frame import Frame
from MTINetLib.study.grid import FloatArray, Grid

#: Slices closer than this along the normal stand at the same position.
SAME_POSITION_MM = 0.05
#: A slice distance may differ from the usual one by this share.
_SPACING_TOLERANCE = 0.05
#: Largest angle between the line of the slices and their normal (gantry tilt, sheared stacks).
_LARGEST_TILT_DEGREES = 0.5


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
    """The grid of slices that are sorted along the normal, one per position, evenly spaced."""
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


def spacing_problem(frames: Sequence[Frame]) -> str | None:
    """What is wrong with the slice positions of a sorted stack, as the end of a sentence; None if nothing."""
    if len(frames) < 3:
        return None
    height = heights(frames)
    steps = np.diff(height)
    usual = float(np.median(steps))
    worst = int(np.argmax(np.abs(steps - usual)))
    if abs(steps[worst] - usual) > max(_SPACING_TOLERANCE * usual, 2 * SAME_POSITION_MM):
        missing = steps / usual - 1.0
        if np.all(np.abs(missing - np.rint(missing)) < 0.1) and steps[worst] > usual:
            count = int(np.rint(missing).sum())
            slices = "1 slice" if count == 1 else f"{count} slices"
            return f"misses {slices}: there is a gap of {steps[worst]:.1f} mm after slice {worst + 1}"
        return f"has unequal slice distances ({steps.min():.2f} to {steps.max():.2f} mm)"
    positions = np.array([frame.position for frame in frames])
    along = positions[-1] - positions[0]
    cosine = (height[-1] - height[0]) / float(np.linalg.norm(along))
    tilt = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    if tilt > _LARGEST_TILT_DEGREES:
        return f"is a sheared stack: its slices lie along a line {tilt:.1f} degrees off their normal"
    return None
