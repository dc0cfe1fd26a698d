"""The last resort: four volumes that nothing names, in the order in which the scanner numbered them.

De-identified studies may have neither times nor descriptions. Their order is then likely, not certain:
a person has to confirm it, and whatever speaks against it (pixels, a word, a time) stands above it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from MTINetLib.phases.clues import Clues
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import PHASES, Phase

#: How the user says yes on the command line.
OPTION = "--assume-order"


def in_order(
    clues: Sequence[Clues], told: Mapping[Phase, SourceVolume]
) -> tuple[dict[Phase, Clues], str | None]:
    """The four volumes as the four phases, one after the other.

    Args:
        clues: of all volumes that may be phases.
        told: phases that the user named; the order has to agree with them.

    Returns:
        the clues by phase with ``assumed`` filled, and None; or nothing, and why there is no such order.
    """
    if len(clues) != len(PHASES):
        return {}, f"{len(clues)} volumes may be phases, not four"
    if any(clue.words.hepatobiliary for clue in clues):
        return {}, "one of the four volumes is a hepatobiliary phase"
    volumes = [clue.volume for clue in clues]
    name, numbers = _numbers_of(volumes)
    if not numbers:
        return {}, "no attribute numbers the volumes"
    if name == "time point" and len({volume.series_uid for volume in volumes}) > 1:
        return {}, "the time points belong to several series"
    ranked = sorted(range(len(PHASES)), key=lambda index: numbers[index])
    said = f"it is {{}} of 4 by {name}, an order that was assumed and confirmed ({OPTION})"
    places = ("the first", "the second", "the third", "the fourth")
    found = {
        phase: replace(clues[index], assumed=said.format(places[phase.index]))
        for phase, index in zip(PHASES, ranked, strict=True)
    }
    if any(found[phase].volume is not volume for phase, volume in told.items()):
        return {}, "it contradicts the phases that were named"
    return found, None


def _numbers_of(volumes: Sequence[SourceVolume]) -> tuple[str, list[float]]:
    """What numbers the volumes, and their numbers; none where every attribute is missing or repeats."""
    for name, get in _NUMBERS:
        numbers = [number for number in map(get, volumes) if number is not None]
        if len(set(numbers)) == len(volumes):
            return name, numbers
    return "", []


def _header(keyword: str) -> Callable[[SourceVolume], float | None]:
    def get(volume: SourceVolume) -> float | None:
        try:
            return float(volume.headers.get(keyword) or "")
        except (TypeError, ValueError):
            return None

    return get


_NUMBERS: tuple[tuple[str, Callable[[SourceVolume], float | None]], ...] = (
    ("time point", lambda volume: None if volume.time_point is None else float(volume.time_point)),
    ("temporal position", _header("temporal_position")),
    ("series number", _header("SeriesNumber")),
    ("acquisition number", _header("AcquisitionNumber")),
)
