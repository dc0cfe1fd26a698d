"""The last resort: volumes that nothing names, in the order in which the scanner numbered them.

De-identified studies may have neither times nor descriptions. Their order is then likely, not certain:
a person has to confirm it, and whatever speaks against it (pixels, a word, a time) stands above it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from MTINetLib.phases.clues import Clues
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase, count_in_words

#: How the user says yes on the command line.
OPTION = "--assume-order"


def in_order(
    clues: Sequence[Clues], told: Mapping[Phase, SourceVolume], phases: Sequence[Phase]
) -> tuple[dict[Phase, Clues], str | None]:
    """As many volumes as phases, one after the other.

    Args:
        clues: of all volumes that may be phases.
        phases: that are looked for.
        told: phases that the user named; the order has to agree with them.

    Returns:
        the clues by phase with ``assumed`` filled, and None; or nothing, and why there is no such order.
    """
    count = count_in_words(len(phases))
    if len(clues) != len(phases):
        return {}, f"{len(clues)} volumes may be phases, not {count}"
    if any(clue.words.hepatobiliary for clue in clues):
        return {}, f"one of the {count} volumes is a hepatobiliary phase"
    volumes = [clue.volume for clue in clues]
    name, numbers = _numbers_of(volumes)
    if not numbers:
        return {}, "no attribute numbers the volumes"
    if name == "time_point" and len({volume.series_uid for volume in volumes}) > 1:
        return {}, "the time points belong to several series"
    ranked = sorted(range(len(phases)), key=lambda index: numbers[index])
    found = {
        phase: replace(clues[index], assumed=(place, len(phases), name))
        for place, (phase, index) in enumerate(zip(phases, ranked, strict=True), start=1)
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


_NUMBERS: tuple[tuple[str, Callable[[SourceVolume], float | None]], ...] = (
    ("time_point", lambda volume: None if volume.time_point is None else float(volume.time_point)),
    ("temporal_position", lambda volume: volume.number("temporal_position")),
    ("series_number", lambda volume: volume.number("SeriesNumber")),
    ("acquisition_number", lambda volume: volume.number("AcquisitionNumber")),
)
