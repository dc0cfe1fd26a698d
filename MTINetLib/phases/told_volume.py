"""How the user's word finds a volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from MTINetLib.errors import InputError
from MTINetLib.reading.dicom.header import SECONDS_PER_DAY
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase


def line_of(number: int, volume: SourceVolume, reasons: Mapping[int, str]) -> str:
    """A volume in a list of what was found, with its #number; ``reasons`` by the volume's id."""
    slices = volume.grid.shape[0]
    parts = ["1 slice" if slices == 1 else f"{slices} slices"]
    clock = volume.headers.get("acquisition_s") or volume.headers.get("series_s")
    if isinstance(clock, (int, float)):
        seconds = int(clock % SECONDS_PER_DAY)
        parts.append(f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}")
    reason = reasons.get(id(volume))
    if reason is not None:
        parts.append(f"not used, it is {reason}")
    if volume.problem is not None:
        parts.append("damaged or incomplete")
    return f"#{number} '{volume.name}' ({', '.join(parts)})"


def told_volume(volumes: Sequence[SourceVolume], phase: Phase, word: SourceVolume | str) -> SourceVolume:
    """The volume that the user means.

    Raises:
        InputError: no volume or more than one fits.
    """
    if isinstance(word, SourceVolume):
        return word
    text = word.strip()
    if text.startswith("#") and text[1:].isdigit() and 1 <= int(text[1:]) <= len(volumes):
        return volumes[int(text[1:]) - 1]
    for key in (str.__str__, str.casefold):
        fits = [
            v for v in volumes if key(text) in (key(v.name), key(v.description), key(v.series_uid or "-"))
        ]
        if len(fits) == 1:
            return fits[0]
        if len(fits) > 1:
            break
    listed = "; ".join(line_of(number, volume, {}) for number, volume in enumerate(volumes, start=1))
    trouble = "no volume" if not fits else f"{len(fits)} volumes"
    raise InputError(f"'{text}' names {trouble} for the {phase.title} phase. Found: {listed}.")
