"""When volumes were acquired, on one clock, and what that says about their phase.

Windows are for extracellular agents: late arterial 25 to 40 s after the start of the bolus, portal
venous 60 to 80 s, delayed 2 to 5 min (LI-RADS v2018 technical recommendations); the wide windows
allow for what scanners call the acquisition time (begin, centre or end) and for slow circulation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase

Window = tuple[float, float]

#: Seconds after the start of the bolus: (usual window, possible window).
AFTER_BOLUS: dict[Phase, tuple[Window, Window]] = {
    Phase.PRE: ((-3600.0, 3.0), (-3600.0, 10.0)),
    Phase.EARLY_ARTERIAL: ((10.0, 24.0), (5.0, 32.0)),
    Phase.ARTERIAL: ((15.0, 45.0), (8.0, 58.0)),
    Phase.PORTAL_VENOUS: ((50.0, 100.0), (45.0, 125.0)),
    Phase.DELAYED: ((120.0, 420.0), (105.0, 600.0)),
    Phase.HEPATOBILIARY: ((600.0, 1800.0), (540.0, 7200.0)),
}
#: Seconds between phases, for studies without a known bolus: (usual window, possible window).
BETWEEN: dict[tuple[Phase, Phase], tuple[Window, Window]] = {
    (Phase.PRE, Phase.ARTERIAL): ((10.0, 900.0), (5.0, 3600.0)),
    (Phase.ARTERIAL, Phase.PORTAL_VENOUS): ((18.0, 75.0), (10.0, 110.0)),
    (Phase.PORTAL_VENOUS, Phase.DELAYED): ((45.0, 360.0), (30.0, 540.0)),
    (Phase.DELAYED, Phase.HEPATOBILIARY): ((300.0, 1680.0), (120.0, 7000.0)),
    (Phase.PRE, Phase.EARLY_ARTERIAL): ((5.0, 900.0), (3.0, 3600.0)),
    (Phase.EARLY_ARTERIAL, Phase.ARTERIAL): ((6.0, 30.0), (3.0, 45.0)),
}
#: Two acquisitions of a liver do not begin within less than this (s); closer clocks are no acquisitions.
SHORTEST_STEP_S = 1.5


def between(first: Phase, second: Phase) -> tuple[Window, Window]:
    """Seconds from one phase to a later one; over phases that were not taken the windows add up."""
    windows = BETWEEN.get((first, second))
    if windows is not None:
        return windows
    # The early arterial phase is an extra one, so that the way past it is known without it.
    middle = next(later for (one, later) in BETWEEN if one is first and later is not Phase.EARLY_ARTERIAL)
    (low, high), (least, most) = BETWEEN[(first, middle)]
    (low_2, high_2), (least_2, most_2) = between(middle, second)
    return (low + low_2, high + high_2), (least + least_2, most + most_2)


@dataclass(frozen=True)
class AcquisitionTime:
    """When a volume was acquired, in seconds on the study's clock, and by which attribute."""

    seconds: float
    source: str
    reliable: bool


def clocks_of(
    volumes: Sequence[SourceVolume], shortest_step_s: float = SHORTEST_STEP_S
) -> list[AcquisitionTime | None]:
    """A clock per volume; None where nothing usable is given or where two volumes say the same.

    Args:
        shortest_step_s: clocks of one series that are closer than this are none.
    """
    series: dict[object, list[int]] = defaultdict(list)
    for index, volume in enumerate(volumes):
        key = volume.series_uid if volume.time_point is not None else index
        series[key].append(index)
    clocks: list[AcquisitionTime | None] = [None] * len(volumes)
    for indices in series.values():
        ordered = sorted(indices, key=lambda index: volumes[index].time_point or 0)
        found = _series_clocks([volumes[index] for index in ordered], shortest_step_s)
        for index, clock in zip(ordered, found, strict=True):
            clocks[index] = clock
    return _without_ties(clocks, shortest_step_s)


def _series_clocks(volumes: Sequence[SourceVolume], shortest_step_s: float) -> list[AcquisitionTime | None]:
    for source, reliable, get in _SOURCES:
        values = [get(volume) for volume in volumes]
        if any(value is None for value in values):
            continue
        known = [float(value) for value in values if value is not None]
        if all(later - earlier >= shortest_step_s for earlier, later in pairwise(known)):
            return [AcquisitionTime(value, source, reliable) for value in known]
    return [None] * len(volumes)


def _value(volume: SourceVolume, name: str) -> float | None:
    value = volume.headers.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _after_start(name: str) -> Callable[[SourceVolume], float | None]:
    def get(volume: SourceVolume) -> float | None:
        offset = _value(volume, name)
        start = _value(volume, "series_s") or _value(volume, "acquisition_s") or 0.0
        # A single volume's trigger delay says nothing about other series.
        return None if offset is None or volume.time_point is None else start + offset

    return get


_SOURCES: tuple[tuple[str, bool, Callable[[SourceVolume], float | None]], ...] = (
    ("acquisition_time", True, lambda volume: _value(volume, "acquisition_s")),
    ("temporal_offset", True, _after_start("time_offset_s")),
    ("trigger_time", True, _after_start("trigger_s")),
    ("content_time", False, lambda volume: _value(volume, "content_s")),
    ("series_time", False, lambda volume: _value(volume, "series_s")),
)


def _without_ties(
    clocks: Sequence[AcquisitionTime | None], shortest_step_s: float
) -> list[AcquisitionTime | None]:
    result = list(clocks)
    for index, clock in enumerate(clocks):
        for other_index, other in enumerate(clocks):
            if clock is None or other is None or index == other_index:
                continue
            if abs(clock.seconds - other.seconds) < shortest_step_s:
                result[index] = None
    return result


def bolus_start(volumes: Sequence[SourceVolume], clocks: Sequence[AcquisitionTime | None]) -> float | None:
    """The start of the bolus on the study's clock, or None where none is given or it cannot be true.

    It is believed if all volumes that give one agree within 60 s and some volume was acquired 10 s to
    10 min after it.
    """
    starts = [start for start in (_value(volume, "bolus_start_s") for volume in volumes) if start is not None]
    known = [clock.seconds for clock in clocks if clock is not None and clock.reliable]
    if not starts or max(starts) - min(starts) > 60.0:
        return None
    start = min(starts)
    return start if any(10.0 <= seconds - start <= 600.0 for seconds in known) else None


def fit(value: float, windows: tuple[Window, Window]) -> int:
    """2 inside the usual window, 1 inside the possible one, -1 outside."""
    usual, possible = windows
    if usual[0] <= value <= usual[1]:
        return 2
    return 1 if possible[0] <= value <= possible[1] else -1
