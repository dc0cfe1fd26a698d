"""Which volumes can be phases of the dynamic T1 study at all, and why the others cannot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from MTINetLib.reading.description_words import plain_text, read_words, tokens_of
from MTINetLib.reading.source_volume import SourceVolume

#: A phase has at least this many slices; fewer is a localizer or a test.
FEWEST_SLICES = 5
#: In a volume's headers where its values are labels.
LABEL_MAP = "label_map"
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
_T2 = re.compile(r"(?<![a-z0-9])(?:r?2\*|t2\w*)(?![a-z0-9])")
_B_VALUE = re.compile(r"(?<![a-z0-9])b ?\d{2,4}(?![a-z0-9])")
#: Words of these kinds also stand in the names of phases: how they were started, displayed or stored.
_PERHAPS_A_PHASE = frozenset(
    {"a localizer", "a subtraction", "a projection or reformat", "bolus tracking", "a calibration"}
)
#: A volume made from a phase has its geometry and its name; only an image type that says original tells.
_MADE_FROM_A_PHASE = frozenset({"a subtraction", "a projection or reformat"})
_MADE_BY_NAME = _set("sub subs subtraction subtract subtracted subtraktion subtr mip minip mpr projection")
#: Phases of one study differ by no more than this share of their slices.
_ALIKE = 0.25
_SAME_ORIENTATION = 0.95
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


@dataclass(frozen=True)
class _Kind:
    """What else than a phase a volume seems to be; ``word`` is the word of its name that alone says so."""

    reason: str
    word: str = ""


def candidates_among(volumes: Sequence[SourceVolume]) -> tuple[list[SourceVolume], list[LeftOut]]:
    """Split volumes into those that may be phases and those that may not."""
    kinds = [_other_kind(volume) for volume in volumes]
    plain = [volume for volume, kind in zip(volumes, kinds, strict=True) if kind is None]
    named = [volume for volume, kind in zip(volumes, kinds, strict=True) if _perhaps(volume, kind)]
    left_out = []
    remaining = []
    for volume, kind in zip(volumes, kinds, strict=True):
        if kind is None or (volume in named and _stands_among(volume, plain, named)):
            remaining.append(volume)
        else:
            left_out.append(LeftOut(volume, kind.reason))
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


def doubtful_words(volume: SourceVolume) -> str:
    """A sentence where a word of the name speaks of another kind of series than a phase; empty if none."""
    kind = _other_kind(volume)
    if kind is None or not kind.word:
        return ""
    return f"the description also says '{kind.word}', as of {kind.reason}"


def _perhaps(volume: SourceVolume, kind: _Kind | None) -> bool:
    """Whether nothing but a word of its name makes a volume another kind, and another word names a phase."""
    return kind is not None and bool(kind.word) and read_words(volume.description).phase is not None


def _stands_among(volume: SourceVolume, plain: Sequence[SourceVolume], named: Sequence[SourceVolume]) -> bool:
    """Whether a volume looks like the other phases, and none of the plain ones is called the same phase."""
    own = read_words(volume.description).phase
    others = [
        (other, read_words(other.description).phase) for other in (*plain, *named) if other is not volume
    ]
    if any(phase is own for other, phase in others if other in plain and _alike(volume, other)):
        return False
    return any(phase is not None and phase is not own and _alike(volume, other) for other, phase in others)


def _alike(one: SourceVolume, other: SourceVolume) -> bool:
    """About the same stack: slices, their distance and their orientation."""
    slices = sorted((one.grid.shape[0], other.grid.shape[0]))
    distances = sorted((one.grid.spacing[2], other.grid.spacing[2]))
    across = abs(float(one.grid.direction_matrix[:, 2] @ other.grid.direction_matrix[:, 2]))
    close = all(high - low <= _ALIKE * high for low, high in (slices, distances))
    return close and across > _SAME_ORIENTATION


def _other_kind(volume: SourceVolume) -> _Kind | None:
    if volume.headers.get(LABEL_MAP):
        return _Kind("a label map or mask")
    image_type = [str(word) for word in volume.headers.get("ImageType") or ()]
    typed, described = set(tokens_of(" ".join(image_type))), set(tokens_of(volume.description))
    reason = _by_tokens(typed) or _by_sequence(volume)
    if reason:
        return _Kind(_by_tokens(described) or reason)
    return _kind_by_words(volume, described, [word.upper() for word in image_type])


def _by_sequence(volume: SourceVolume) -> str:
    """Which other kind the sequence or the number of slices speaks of; empty if none."""
    headers = volume.headers
    if headers.get("DiffusionBValue") is not None or _T2.search(plain_text(volume.description)):
        return "T2- or diffusion-weighted"
    echo = headers.get("EchoTime")
    if isinstance(echo, (int, float)) and echo > LONGEST_ECHO_MS:
        return f"not T1-weighted gradient echo (echo time {echo:.0f} ms)"
    sequence = headers.get("ScanningSequence")
    names = {sequence} if isinstance(sequence, str) else set(sequence or ())
    if "SE" in names and "GR" not in names:
        return "a spin echo series"
    return "too few slices" if volume.grid.shape[0] < FEWEST_SLICES else ""


def _by_tokens(tokens: set[str]) -> str:
    """The other kind that words speak of; empty if none."""
    return next((kind for kind, words in _OTHER_KINDS if tokens & words), "")


def _kind_by_words(volume: SourceVolume, described: set[str], image_type: list[str]) -> _Kind | None:
    """What only the description says; the word is told where it may be wrong."""
    derived = "DERIVED" in image_type[:1] or "SECONDARY" in image_type[1:2]
    for kind, words in _OTHER_KINDS:
        found = sorted(described & words)
        if found:
            made = kind in _MADE_FROM_A_PHASE and bool(_MADE_BY_NAME & described)
            weak = kind in _PERHAPS_A_PHASE and not derived and (not made or image_type[:1] == ["ORIGINAL"])
            return _Kind(kind, found[0] if weak else "")
    b_value = _B_VALUE.search(plain_text(volume.description))
    if b_value:
        return _Kind("T2- or diffusion-weighted", "" if derived else b_value.group())
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
        home = next(
            (f for f in families if abs(f[0].grid.direction_matrix[:, 2] @ normal) > _SAME_ORIENTATION), None
        )
        if home is None:
            families.append([volume])
        else:
            home.append(volume)
    if not families:
        return [], []
    best = max(families, key=lambda f: (min(len(f), 4), abs(float(f[0].grid.direction_matrix[2, 2]))))
    return best, [volume for family in families if family is not best for volume in family]
