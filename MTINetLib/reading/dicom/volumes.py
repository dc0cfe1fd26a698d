"""From the slice images of one series to its volumes."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as DicomSequence

from MTINetLib.reading.dicom.frame import Frame
from MTINetLib.reading.dicom.geometry import grid_of, spacing_problem
from MTINetLib.reading.dicom.header import SECONDS_PER_DAY, Header, seconds_of_day
from MTINetLib.reading.dicom.pixels import read_pixels
from MTINetLib.reading.dicom.repair import Repair, repair_of
from MTINetLib.reading.dicom.scan import KEPT_KEYWORDS
from MTINetLib.reading.dicom.time_points import split_time_points
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.source_image import SourceImage
from MTINetLib.study.study import Volume

_LOG = logging.getLogger(__name__)

_ORIENTATION_TOLERANCE = 2e-3
#: Of one volume: 2 GB as float32.
_MOST_VOXELS = 500_000_000
#: More geometries than this in one series are noise; comparing each with all others would take for ever.
_MOST_GEOMETRIES = 200
_ADVICE = "Export the series again, or leave it out and name another one."


@dataclass(frozen=True)
class Stack:
    """The slices of one volume, sorted along their normal, before they become one.

    Args:
        suffix: of the description, where the series holds several kinds of image.
        time_point: counted from 1, None where the series has but one.
        split_by, problem, dropped: as in TimePoints.
        joined: a sentence where the slices come from several series.
    """

    frames: tuple[Frame, ...]
    suffix: str = ""
    time_point: int | None = None
    split_by: str | None = None
    problem: str | None = None
    dropped: int = 0
    joined: str = ""


def stacks_of_series(frames: Sequence[Frame]) -> list[Stack]:
    """The volumes of one series, in the order of kinds and time points.

    Slices are split by matrix, spacing, orientation, image type and echo, then by time point.
    """
    groups = _groups(frames)
    orientations = {key[0] for key in groups}
    kinds = [key[1] for key in groups]
    stacks = []
    for (orientation, kind), group in groups.items():
        same_orientation = [other for other in kinds if (orientation, other) in groups]
        suffix = _kind_suffix(kind, same_orientation) if len(groups) > len(orientations) else ""
        found = split_time_points(group)
        several = len(found.points) > 1
        stacks += [
            Stack(point, suffix, number if several else None, found.split_by, problem, found.dropped)
            for number, (point, problem) in enumerate(zip(found.points, found.problems, strict=True), start=1)
        ]
    return stacks


_GroupKey = tuple[int, tuple[str, ...]]


def _groups(frames: Sequence[Frame]) -> dict[_GroupKey, list[Frame]]:
    """Frames by (number of their geometry, kind)."""
    geometries: list[tuple[float, ...]] = []
    known: dict[tuple[float, ...], int] = {}
    groups: dict[_GroupKey, list[Frame]] = defaultdict(list)
    for frame in frames:
        geometry = (*frame.size, *frame.spacing_mm, *frame.orientation)
        number = known.get(geometry)
        if number is None:
            nearby = geometries[:_MOST_GEOMETRIES]
            alike = [n for n, other in enumerate(nearby) if _close(geometry, other)]
            number = alike[0] if alike else len(geometries)
            if not alike:
                geometries.append(geometry)
            known[geometry] = number
        groups[(number, frame.kind)].append(frame)
    return dict(groups)


def _close(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(abs(a - b) <= _ORIENTATION_TOLERANCE for a, b in zip(one, other, strict=True))


def _kind_suffix(kind: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> str:
    """The words of ``kind`` that not all kinds of the series share, such as `` [WATER]``."""
    own = [word for word in kind if word and not all(word in other for other in others)]
    return f" [{' '.join(own)}]" if own else ""


def volume_of_stack(stack: Stack) -> SourceVolume:
    frames = stack.frames
    headers = headers_of(frames, stack.split_by)
    text = str(headers.get("SeriesDescription") or headers.get("ProtocolName") or "").strip()
    description = f"{text}{stack.suffix}".strip()
    damaged = next((frame.place for frame in frames if frame.place.problem), None)
    trouble = stack.problem or _too_large(frames)
    regular = None if trouble else repair_of(frames)
    if trouble is None and regular is None:
        trouble = spacing_problem(frames)
    if damaged is not None:
        problem: str | None = f"The DICOM file {damaged.path} {damaged.problem}. {_ADVICE}"
    elif trouble is not None:
        where = f" (time point {stack.time_point})" if stack.time_point is not None else ""
        problem = f"The series '{description or 'without description'}'{where} {trouble}. {_ADVICE}"
    else:
        problem = None
    return SourceVolume(
        grid=grid_of(frames) if regular is None else regular.grid,
        description=description,
        read=_reader(frames, regular),
        series_uid=frames[0].series_uid or None,
        time_point=stack.time_point,
        instance_uids=tuple(frame.instance_uid for frame in frames),
        # The slices of a repaired volume are no longer those of the files.
        images=() if regular else tuple(_source_image(frame) for frame in frames),
        headers=headers,
        problem=problem,
        flags=_flags(stack, regular),
        remarks=(stack.joined,) if stack.joined else (),
    )


def _flags(stack: Stack, regular: Repair | None) -> tuple[str, ...]:
    frames = stack.frames
    said = {
        "joined_series": bool(stack.joined),
        "duplicate_slices": stack.dropped > 0,
        "ambiguous_uids": any(frame.ambiguous_uid for frame in frames),
        "mixed_scale": any(frame.mixed_scale for frame in frames),
        "lossy_compression": Header(frames[0].dataset).text("LossyImageCompression") == "01",
    }
    flags = tuple(flag for flag, holds in said.items() if holds)
    flags += tuple(dict.fromkeys(frame.flag for frame in frames if frame.flag is not None))
    return flags if regular is None else (*flags, *regular.flags)


def _too_large(frames: Sequence[Frame]) -> str | None:
    """Compressed images of a few bytes may promise any number of pixels."""
    rows, columns = frames[0].size
    if len(frames) * rows * columns <= _MOST_VOXELS:
        return None
    return f"says it has {len(frames)} slices of {rows} x {columns} pixels; that is no MRI"


def _source_image(frame: Frame) -> SourceImage:
    several = "PerFrameFunctionalGroupsSequence" in frame.dataset
    return SourceImage(frame.place.path, frame.number + 1 if several else None)


def _reader(frames: tuple[Frame, ...], regular: Repair | None) -> Callable[[], Volume]:
    if regular is None:
        return lambda: read_pixels(frames)
    return lambda: regular.apply(read_pixels(frames))


def headers_of(frames: Sequence[Frame], split_by: str | None) -> dict[str, Any]:
    """The headers of a volume as SourceVolume keeps them, from some or all of its slices."""
    first = frames[0]
    headers = {keyword: _kept(first, keyword) for keyword in KEPT_KEYWORDS}
    headers["ContrastBolusAgentPhase"] = first.agent_phase or None
    headers["ImageType"] = list(first.kind[:-1])
    headers["EchoTime"] = first.echo_ms
    for name in _CLOCKS:
        times = (getattr(frame.times, name) for frame in frames)
        values = [value for value in times if value is not None]
        headers[name] = min(values) if values else None
    headers["time_split_by"] = split_by
    headers["bolus_start_s"] = _bolus_start(headers)
    return headers


#: Attributes of FrameTimes that a volume keeps, the earliest of its slices.
_CLOCKS = ("temporal_position", "time_offset_s", "trigger_s", "acquisition_s", "content_s", "series_s")


def _bolus_start(headers: dict[str, Any]) -> float | None:
    """ContrastBolusStartTime on the clock of the acquisition; a bare time takes the nearest day."""
    seconds = seconds_of_day(str(headers.get("ContrastBolusStartTime") or ""))
    acquired = headers.get("acquisition_s") or headers.get("series_s")
    if seconds is None or acquired is None:
        return None
    days = round((float(acquired) - seconds) / SECONDS_PER_DAY)
    return float(seconds + days * SECONDS_PER_DAY)


def _kept(frame: Frame, keyword: str) -> Any:
    """None where the value is damaged; pydicom converts a value when it is asked for."""
    try:
        value = _plain(frame.dataset.get(keyword))
        is_number = dictionary_VR(keyword) in ("DS", "IS")
        return None if is_number and isinstance(value, str) else value
    # Whatever pydicom makes of a value that is none: the volume can do without.
    except Exception as error:
        _LOG.info("%s cannot be read (%s)", keyword, type(error).__name__)
        return None


def _plain(value: Any) -> Any:
    """Header values as plain strings, numbers and lists."""
    if value is None or isinstance(value, (bytes, DicomSequence)):
        return None
    if isinstance(value, (list, tuple, MultiValue)):
        return [_plain(item) for item in value]
    if isinstance(value, (int, str)):
        return value if type(value) in (int, str) else type(value).__bases__[0](value)
    return float(value) if hasattr(value, "__float__") else str(value)
