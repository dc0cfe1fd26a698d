"""When the items of a sequence of volumes were acquired, as far as its index says so.

A sequence of 3D Slicer says it in its node and in its file (.seq.nrrd) by the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

_SECONDS_PER_UNIT = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0,
    "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3,
    "us": 1e-6, "µs": 1e-6, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0,
}  # fmt: skip
#: DICOM attributes that tell when a frame of Slicer's multi-volume import was acquired; its "Time" is a
#: count times the repetition time, which is no clock.
_FRAME_CLOCKS = ("AcquisitionTime", "SeriesTime", "ContentTime", "TriggerTime", "DeltaStartTime")
_LATEST_S = 86400.0

Times = tuple["float | None", ...]


def times_of_index(values: Sequence[str], unit: str, attribute: Callable[[str], str | None]) -> Times:
    """Seconds after the first item, for every item; all None where the index is no time.

    Index values count where their unit is one of time. A sequence from Slicer's DICOM import has frame
    numbers instead, and the times in attributes.

    Args:
        values: of the index, one an item.
        unit: of the index.
        attribute: gives the sequence's own attributes by their names.
    """
    seconds = _SECONDS_PER_UNIT.get(unit.strip().casefold())
    if seconds is not None:
        return _after_first(values, seconds)
    if attribute("MultiVolume.FrameIdentifyingDICOMTagName") in _FRAME_CLOCKS:
        labels = str(attribute("MultiVolume.FrameLabels") or "").split(",")
        said = str(attribute("MultiVolume.FrameIdentifyingDICOMTagUnits") or "").casefold()
        seconds = _SECONDS_PER_UNIT.get(said)
        if seconds is not None and len(labels) == len(values):
            return _after_first(labels, seconds)
    return (None,) * len(values)


def _after_first(values: Sequence[str], unit_s: float) -> Times:
    try:
        seconds = [float(value) * unit_s for value in values]
    except ValueError:
        return (None,) * len(values)
    after = [round(second - seconds[0], 6) for second in seconds] if seconds else []
    usable = all(0.0 <= second < _LATEST_S for second in after) and sorted(set(after)) == after
    return tuple(after) if usable else (None,) * len(values)
