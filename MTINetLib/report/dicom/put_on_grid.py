"""A segment's frames on a grid: the nearest pixel for each voxel, wherever and however the frames lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from MTINetLib.report.dicom.segment_frames import FramePlace, SegmentFrame
from MTINetLib.study.grid import Grid

#: Frames closer than this along the normal are the same slice.
_SAME_MM = 0.05
#: Of half a step: voxels midway between two frames belong to one of them in spite of rounding.
_ROOM = 1e-3

Mask = npt.NDArray[np.bool_]


def put_on_grid(frames: Sequence[SegmentFrame], step_mm: float, grid: Grid) -> Mask:
    """Voxels of the grid whose nearest pixel is set, [K, J, I].

    Args:
        frames: of one segment.
        step_mm: distance of neighbouring frames; what they say themselves counts where it is less.
    """
    found = np.zeros(grid.shape, dtype=np.bool_)
    for stack in _stacks(frames):
        _add(found, stack, step_mm, grid)
    return found


def count_outside(frames: Sequence[SegmentFrame], grid: Grid) -> tuple[int, int]:
    """How many pixels are set, and how many of them lie outside the grid."""
    every, outside = 0, 0
    limits = np.array(grid.shape) - 0.5
    for frame in frames:
        row_column = np.argwhere(frame.mask)
        place = frame.place
        offset = row_column[:, ::-1] * np.array(place.spacing)
        kji = grid.to_index(place.origin + offset @ place.axes[:2])
        every += len(row_column)
        outside += int(((kji < -0.5) | (kji > limits)).any(axis=1).sum())
    return every, outside


def usual_step(frames: Sequence[SegmentFrame]) -> float | None:
    """The smallest distance of parallel frames in mm; None where there are no two."""
    steps = [
        gap
        for stack in _stacks(frames)
        for gap in np.diff(sorted(frame.place.height for frame in stack))
        if gap > _SAME_MM
    ]
    return float(min(steps)) if steps else None


def _stacks(frames: Sequence[SegmentFrame]) -> list[list[SegmentFrame]]:
    """Frames of one orientation and pixel size together."""
    stacks: dict[tuple[float, ...], list[SegmentFrame]] = {}
    for frame in frames:
        place = frame.place
        key = (*np.round(place.axes[:2], 3).ravel().tolist(), *np.round(place.spacing, 4).tolist())
        stacks.setdefault(tuple(value + 0.0 for value in key), []).append(frame)
    return list(stacks.values())


def _add(found: Mask, stack: Sequence[SegmentFrame], step_mm: float, grid: Grid) -> None:
    half = min(stack[0].place.step_mm or step_mm, step_mm) / 2
    box = _box(stack, half, grid)
    if any(part.start >= part.stop for part in box):
        return
    places = np.stack(np.meshgrid(*[np.arange(part.start, part.stop) for part in box], indexing="ij"), -1)
    lps = grid.to_lps(places)
    heights = lps @ stack[0].place.axes[2]
    ordered = sorted(stack, key=lambda frame: frame.place.height)
    nearest = _nearest([frame.place.height for frame in ordered], heights)
    for number, frame in enumerate(ordered):
        # Frames stored twice at one place share their voxels.
        near = np.abs(heights - frame.place.height) <= half * (1 + _ROOM)
        mine = near & (np.abs(heights - nearest) >= np.abs(heights - frame.place.height) - _SAME_MM)
        if mine.any():
            found[box][mine] |= _pixels_at(ordered[number], lps[mine])


def _nearest(heights: Sequence[float], wanted: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The height of the nearest frame for each voxel."""
    known = np.array(heights)
    after = np.clip(np.searchsorted(known, wanted), 1, max(len(known) - 1, 1))
    low, high = known[after - 1], known[np.minimum(after, len(known) - 1)]
    return np.where(wanted - low <= high - wanted, low, high)


def _pixels_at(frame: SegmentFrame, lps: npt.NDArray[np.float64]) -> Mask:
    offset = lps - frame.place.origin
    columns, rows = (
        np.rint(offset @ axis / size).astype(np.int64)
        for axis, size in zip(frame.place.axes[:2], frame.place.spacing, strict=True)
    )
    height, width = frame.mask.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    found: Mask = frame.mask[np.where(inside, rows, 0), np.where(inside, columns, 0)] & inside
    return found


def _box(stack: Sequence[SegmentFrame], half: float, grid: Grid) -> tuple[slice, slice, slice]:
    """The part of the grid that the set pixels may touch."""
    corners = np.concatenate([_corners(frame.place, frame.mask, half) for frame in stack])
    kji = grid.to_index(corners)
    low = np.clip(np.floor(kji.min(axis=0)), 0, grid.shape).astype(int)
    high = np.clip(np.ceil(kji.max(axis=0)) + 1, 0, grid.shape).astype(int)
    return slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])


def _corners(place: FramePlace, mask: Mask, half: float) -> npt.NDArray[np.float64]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    across = [(columns[0] - 0.5) * place.spacing[0], (columns[-1] + 0.5) * place.spacing[0]]
    down = [(rows[0] - 0.5) * place.spacing[1], (rows[-1] + 0.5) * place.spacing[1]]
    steps = np.array([(x, y, z) for x in across for y in down for z in (-half, half)])
    corners: npt.NDArray[np.float64] = place.origin + steps @ place.axes
    return corners
