"""Which volumes can be phases of the dynamic T1 study at all, and why the others cannot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from MTINetLib.study.recognise_words import plain_text, tokens_of
from MTINetLib.study.source_volume import SourceVolume

#: A phase has at least this many slices; fewer is a localizer or a test.
FEWEST_SLICES = 5
#: T1-weighted gradient echo in the liver has echoes below 10 ms; longer ones are T2 or T2* (ms).
LONGEST_ECHO_MS = 10.0


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OTHER_KINDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("a localizer", _set("loc localizer localiser lokalizer scout survey topogram threeplane")),
    ("a subtraction", _set("sub subs subtraction subtract subtracted subtraktion subtr")),
    ("a projection or reformat", _set("mip minip mpr projection reformat vr rendering")),
    ("diffusion-weighted", _set("dwi adc diffusion diff ivim trace tracew resolve")),
    ("T2-weighted", _set("haste ssfse mrcp stir tirm")),
    ("a balanced gradient echo", _set("trufi truefisp fiesta bssfp btfe bffe")),
    ("bolus tracking", _set("bolus tracking carebolus bolustrak smartprep fluoro")),
    ("a calibration", _set("calibration cal shim")),
    ("a fat or iron map", _set("idealiq fatfraction pdff fraction quant")),
    ("elastography", _set("mre elasto elastography stiffness")),
)
#: T2 and b-values: words with digits, which tokens do not have.
_T2_OR_DIFFUSION = re.compile(r"(?<![a-z0-9])(?:r?2\*|t2\w*|b ?\d{2,4})(?![a-z0-9])")
_DIXON = _set("dixon mdixon flex ideal")
_WATER = _set("w water wasser")
_NOT_WATER: tuple[tuple[str, frozenset[str]], ...] = (
    ("the fat image of a Dixon set", _set("f fat fett")),
    ("the in-phase image of a Dixon set", _set("ip in inphase")),
    ("the opposed-phase image of a Dixon set", _set("op opp out outphase opposed oop")),
)


@dataclass(frozen=True)
class LeftOut:
    """A volume that no phase was taken from; ``reason`` ends a sentence ``it is ...``."""

    volume: SourceVolume
    reason: str


def candidates_among(volumes: Sequence[SourceVolume]) -> tuple[list[SourceVolume], list[LeftOut]]:
    """Split volumes into those that may be phases and those that may not."""
    left_out = []
    remaining = []
    for volume in volumes:
        reason = _other_kind(volume)
        if reason is None:
            remaining.append(volume)
        else:
            left_out.append(LeftOut(volume, reason))
    parts = [_dixon_part(volume) for volume in remaining]
    has_water = "water" in parts
    kept = []
    for volume, part in zip(remaining, parts, strict=True):
        unwanted = part is not None and part != "water" and (has_water or "in-phase" not in part)
        if unwanted:
            left_out.append(LeftOut(volume, str(part)))
        else:
            kept.append(volume)
    chosen, turned = _one_orientation(kept)
    left_out += [LeftOut(volume, "in another orientation than the dynamic series") for volume in turned]
    return chosen, left_out


def _other_kind(volume: SourceVolume) -> str | None:
    headers = volume.headers
    image_type = " ".join(str(word) for word in headers.get("ImageType") or ())
    tokens = set(tokens_of(f"{volume.description} {image_type}"))
    for kind, words in _OTHER_KINDS:
        if tokens & words:
            return kind
    if headers.get("DiffusionBValue") is not None or _T2_OR_DIFFUSION.search(plain_text(volume.description)):
        return "T2- or diffusion-weighted"
    echo = headers.get("EchoTime")
    if isinstance(echo, (int, float)) and echo > LONGEST_ECHO_MS:
        return f"not T1-weighted gradient echo (echo time {echo:.0f} ms)"
    sequence = headers.get("ScanningSequence")
    names = {sequence} if isinstance(sequence, str) else set(sequence or ())
    if "SE" in names and "GR" not in names:
        return "a spin echo series"
    if volume.grid.shape[0] < FEWEST_SLICES:
        return "too few slices"
    return None


def _dixon_part(volume: SourceVolume) -> str | None:
    """Which image of a Dixon set this is: ``water``, a text for the others, None if it is no such image."""
    words = [str(word) for word in volume.headers.get("ImageType") or ()][2:]
    tokens = set(tokens_of(" ".join(words)))
    described = set(tokens_of(volume.description))
    if described & _DIXON:
        tokens |= described
    if tokens & _WATER:
        return "water"
    for part, names in _NOT_WATER:
        if tokens & names:
            return part
    return None


def _one_orientation(volumes: Sequence[SourceVolume]) -> tuple[list[SourceVolume], list[SourceVolume]]:
    """The volumes of the most frequent slice orientation (axial on a tie), and the others."""
    families: list[list[SourceVolume]] = []
    for volume in volumes:
        normal = volume.grid.direction_matrix[:, 2]
        home = next((f for f in families if abs(f[0].grid.direction_matrix[:, 2] @ normal) > 0.95), None)
        if home is None:
            families.append([volume])
        else:
            home.append(volume)
    if not families:
        return [], []
    best = max(families, key=lambda f: (min(len(f), 4), abs(float(f[0].grid.direction_matrix[2, 2]))))
    return best, [volume for family in families if family is not best for volume in family]
