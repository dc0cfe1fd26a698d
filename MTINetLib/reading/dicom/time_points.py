"""Splits the slices of one series into its time points.

Scanners number time points in many ways: by tag, by clock, by trigger delay or only by the order of
images. A way counts if it gives every position one slice per time point.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from MTINetLib.errors import InputError
from MTINetLib.reading.dicom.frame import Frame
from MTINetLib.reading.dicom.geometry import position_numbers
from MTINetLib.reading.dicom.pixels import stored_pixels

#: What of FrameTimes may be constant within a time point and different between them, most explicit first.
_LABELS = (
    "temporal_position",
    "time_offset_s",
    "acquisition_s",
    "trigger_s",
    "acquisition_number",
    "agent_phase",
    "content_s",
    "series_s",
)
#: What orders the slices of one position in time; an instance number is the weakest of them.
_ORDERS = (*_LABELS, "instance_number")


@dataclass(frozen=True)
class TimePoints:
    """Frames by time point, each sorted along the normal.

    ``split_by`` names what told them apart, None if there is but one time point; ``problems`` has one
    text or None per time point (the end of a sentence); ``dropped`` counts copies of slices.
    """

    points: tuple[tuple[Frame, ...], ...]
    split_by: str | None
    problems: tuple[str | None, ...]
    dropped: int = 0


def split_time_points(frames: Sequence[Frame]) -> TimePoints:
    """Split slices of one orientation, matrix and kind into time points."""
    found = _split(frames)
    if found is not None:
        return found
    kept = _without_equal_pixels(frames)
    if len(kept) < len(frames):
        found = _split(kept)
        if found is not None:
            return TimePoints(found.points, found.split_by, found.problems, len(frames) - len(kept))
    first: dict[int, Frame] = {}
    for frame, position in zip(frames, position_numbers(frames), strict=True):
        first.setdefault(position, frame)
    stack = tuple(first[position] for position in sorted(first))
    return TimePoints((stack,), None, ("has several images at one position that no attribute tells apart",))


def _split(frames: Sequence[Frame]) -> TimePoints | None:
    positions = position_numbers(frames)
    per_position = Counter(positions)
    most = max(per_position.values())
    if most == 1:
        return TimePoints((_sorted(frames, positions),), None, (None,))
    for name in _LABELS:
        points = _by_label(frames, positions, name, most)
        if points is not None:
            total = len(per_position)
            problems = tuple(
                None if len(point) == total else f"has {len(point)} of {total} slices" for point in points
            )
            if sum(problem is not None for problem in problems) * 2 <= most:
                return TimePoints(points, name, problems)
    if min(per_position.values()) < most:
        return None
    for name in _ORDERS:
        points = _by_rank(frames, positions, name, most)
        if points is not None:
            return TimePoints(points, name, (None,) * most)
    return None


def _sorted(frames: Sequence[Frame], positions: Sequence[int]) -> tuple[Frame, ...]:
    order = sorted(range(len(frames)), key=lambda index: positions[index])
    return tuple(frames[index] for index in order)


def _by_label(
    frames: Sequence[Frame], positions: Sequence[int], name: str, count: int
) -> tuple[tuple[Frame, ...], ...] | None:
    groups: dict[float, dict[int, Frame]] = defaultdict(dict)
    for frame, position in zip(frames, positions, strict=True):
        value = getattr(frame.times, name)
        if value is None:
            return None
        group = groups[round(value, 3)]
        if position in group or len(groups) > count:
            return None
        group[position] = frame
    if len(groups) != count:
        return None
    return tuple(tuple(group[p] for p in sorted(group)) for _, group in sorted(groups.items()))


def _by_rank(
    frames: Sequence[Frame], positions: Sequence[int], name: str, count: int
) -> tuple[tuple[Frame, ...], ...] | None:
    stacks: dict[int, list[tuple[float, Frame]]] = defaultdict(list)
    for frame, position in zip(frames, positions, strict=True):
        value = getattr(frame.times, name)
        if value is None:
            return None
        stacks[position].append((value, frame))
    for stack in stacks.values():
        stack.sort(key=lambda item: item[0])
        if any(a[0] == b[0] for a, b in pairwise(stack)):
            return None
    return tuple(tuple(stacks[p][number][1] for p in sorted(stacks)) for number in range(count))


def _without_equal_pixels(frames: Sequence[Frame]) -> list[Frame]:
    """The frames without those whose pixels equal an earlier one's at the same position."""
    seen: dict[int, list[bytes]] = defaultdict(list)
    kept = []
    for frame, position in zip(frames, position_numbers(frames), strict=True):
        try:
            data = stored_pixels([frame])[0].tobytes()
        except InputError:
            kept.append(frame)
            continue
        if data not in seen[position]:
            seen[position].append(data)
            kept.append(frame)
    return kept
