"""What the user reads when phases cannot be told apart, and how the user's word finds a volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from MTINetLib.errors import InputError
from MTINetLib.phases.evidence import Verdict
from MTINetLib.phases.naming import options_of
from MTINetLib.reading.candidates import LeftOut
from MTINetLib.reading.dicom.header import SECONDS_PER_DAY
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.evidence import evidence_in_words
from MTINetLib.study.phase import Phase, count_in_words, the_phases, titles_of

_MOST_LISTED = 24


def cannot_tell(
    volumes: Sequence[SourceVolume],
    left_out: Sequence[LeftOut],
    found: Mapping[Phase, tuple[SourceVolume, Verdict]],
    phases: Sequence[Phase],
    doubtful: Sequence[Phase] | str,
    hint: str = "",
    missing: Sequence[Phase] = (),
) -> str:
    """One sentence with what is missing, the list of what was found, and what to do.

    Args:
        phases: that are looked for.
        hint: a sentence before the last one, with a blank at its end.
        missing: phases that no volume is left for, where all others are certain.
    """
    count = count_in_words(len(phases))
    what_to_do = (
        f"Name the {count} phases yourself with {options_of(phases)}: the #number or the description above, "
        "or a folder of one series."
    )
    if isinstance(doubtful, str):
        head = f"The {count} phases cannot be found: {doubtful}"
    elif missing:
        others = [phase for phase in phases if phase not in missing]
        said = "is certain" if len(others) == 1 else "are certain"
        head = f"The study lacks {the_phases(missing)}: {titles_of(others)} {said}, and no volume is left"
        what_to_do = (
            f"Give a folder with all {count} phases, or, if the volume is among these, name it with "
            f"{options_of(missing)} and its #number."
        )
    else:
        head = "; ".join(_doubt(phase, found) for phase in phases if phase in doubtful)
    reasons = {id(item.volume): item.reason for item in left_out}
    listed = [_line(number, volume, reasons) for number, volume in enumerate(volumes, start=1)]
    if len(listed) > _MOST_LISTED:
        listed = [*listed[:_MOST_LISTED], f"and {len(volumes) - _MOST_LISTED} more"]
    return f"{head[:1].upper()}{head[1:]}. Found: {'; '.join(listed)}. {hint}{what_to_do}"


def _doubt(phase: Phase, found: Mapping[Phase, tuple[SourceVolume, Verdict]]) -> str:
    if phase not in found:
        return f"nothing tells which volume is the {phase.title} phase, or it is missing"
    volume, verdict = found[phase]
    why = f" ({', '.join(map(evidence_in_words, verdict.evidence))})" if verdict.evidence else ""
    return f"it is not sure that '{volume.name}' is the {phase.title} phase{why}"


def _line(number: int, volume: SourceVolume, reasons: Mapping[int, str]) -> str:
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
    listed = "; ".join(_line(number, volume, {}) for number, volume in enumerate(volumes, start=1))
    trouble = "no volume" if not fits else f"{len(fits)} volumes"
    raise InputError(f"'{text}' names {trouble} for the {phase.title} phase. Found: {listed}.")
