"""The variants of names and tags that the recognition benchmark tries, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from benchmarks.recognition_names import MIXED_NAMES, NAMES, SILENT_NAMES, Names
from benchmarks.recognition_volumes import Shown, Tags

Rng = np.random.Generator

#: How headers are filled, by what is special about them.
TAGS: dict[str, Tags] = {
    "all tags": Tags(bolus="right"),
    "agent named before contrast too": Tags(agent="all"),
    "no times": Tags(times="none", agent="none"),
    "constant times": Tags(times="constant", agent="all"),
    "midnight": Tags(start_s=86_390.0, agent="all"),
    "content times only": Tags(times="content", agent="all"),
    "series times only": Tags(times="series", agent="all"),
    "agent phase tag": Tags(times="none", agent_phase=True),
    "bolus time wrong": Tags(bolus="wrong", agent="all"),
    "no times, no numbers": Tags(times="none", agent="none", numbers="none"),
}
_FOR_ALL_NAMES = (
    "all tags", "agent named before contrast too", "no times", "constant times", "midnight"
)  # fmt: skip
_KINDS = ("pre", "arterial", "portal venous", "delayed")
_SECONDARY = ("DERIVED", "SECONDARY", "OTHER")


@dataclass(frozen=True)
class Variant:
    """One made-up study; ``telling`` says whether its pixels enhance visibly."""

    group: str
    name: str
    shown: tuple[Shown, ...]
    tags: Tags
    telling: bool


def make_variants(seed: int) -> list[Variant]:
    """All variants; the same seed draws the same ones."""
    rng = np.random.default_rng(seed)
    made = [
        *_names(rng), *_silent(rng), *_typing_errors(rng), *_further_series(rng), *_one_series(rng),
        *_incomplete(rng), *_wrong_names(rng), *_mixed_names(rng), *_made_from_phases(rng),
    ]  # fmt: skip
    return [replace(variant, telling=bool(number % 2)) for number, variant in enumerate(made)]


def _four(rng: Rng, names: Names) -> tuple[Shown, ...]:
    times = (-rng.uniform(40, 400), rng.uniform(25, 40), rng.uniform(60, 85), rng.uniform(150, 300))
    return tuple(
        Shown(kind, name, round(float(time), 2))
        for kind, name, time in zip(_KINDS, names, times, strict=True)
    )


def _names(rng: Rng) -> Iterator[Variant]:
    for language, names in NAMES.items():
        for tags in _FOR_ALL_NAMES:
            yield Variant("names", f"{language}, {tags}", _four(rng, names), TAGS[tags], True)


def _silent(rng: Rng) -> Iterator[Variant]:
    for what, names in SILENT_NAMES.items():
        for tags, filled in TAGS.items():
            yield Variant("names that say nothing", f"{what}, {tags}", _four(rng, names), filled, True)


def _typing_errors(rng: Rng) -> Iterator[Variant]:
    for language, names in NAMES.items():
        for tags in ("agent named before contrast too", "no times"):
            wrong = list(names)
            place = int(rng.integers(4))
            wrong[place] = _mistyped(rng, names[place])
            shown = _four(rng, (wrong[0], wrong[1], wrong[2], wrong[3]))
            yield Variant("typing errors", f"{language}, '{wrong[place]}', {tags}", shown, TAGS[tags], True)


def _mistyped(rng: Rng, text: str) -> str:
    """One letter of the last word lost, doubled, swapped with the next or replaced."""
    head, _, word = text.rpartition(" ")
    at = int(rng.integers(max(len(word) - 1, 1)))
    letter = chr(ord("a") + int(rng.integers(26)))
    edits = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at : at + 1] + word[at:],
        word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
        word[:at] + letter + word[at + 1 :],
    )
    return f"{head} {edits[int(rng.integers(4))]}".strip()


_Change = Callable[[tuple[Shown, ...]], Sequence[Shown]]


def _subtractions(four: tuple[Shown, ...]) -> Sequence[Shown]:
    made = [
        replace(one, kind="other", description=f"{one.description} SUB", image_type=(*_SECONDARY, "SUB"))
        for one in four[1:]
    ]
    return [*four, *made]


def _unnamed_subtractions(four: tuple[Shown, ...]) -> Sequence[Shown]:
    """Subtractions that only ImageType gives away."""
    made = [replace(one, kind="other", image_type=("DERIVED", "PRIMARY", "SUBTRACTION")) for one in four[1:]]
    return [*four, *made]


def _hepatobiliary(four: tuple[Shown, ...]) -> Sequence[Shown]:
    return [*four, Shown("hepatobiliary", "VIBE HBP 20 min", 1230.0)]


def _unnamed_hepatobiliary(four: tuple[Shown, ...]) -> Sequence[Shown]:
    return [*four, Shown("hepatobiliary", four[3].description, 1230.0)]


def _two_arterials(four: tuple[Shown, ...]) -> Sequence[Shown]:
    early = replace(four[1], kind="early arterial", after_s=16.0, description=f"{four[1].description} 1")
    late = replace(four[1], description=f"{four[1].description} 2")
    return [four[0], early, late, *four[2:]]


def _three_arterials(four: tuple[Shown, ...]) -> Sequence[Shown]:
    times = (12.0, 22.0, 34.0)
    kinds = ("early arterial", "early arterial", "arterial")
    arterials = [
        replace(four[1], kind=kind, after_s=time, description=f"{four[1].description} {number}")
        for number, (kind, time) in enumerate(zip(kinds, times, strict=True), start=1)
    ]
    return [four[0], *arterials, *four[2:]]


def _dixon(four: tuple[Shown, ...]) -> Sequence[Shown]:
    made = []
    for one in four:
        for part in ("W", "F", "IN", "OPP"):
            kind = one.kind if part == "W" else "other"
            words = ("DERIVED", "PRIMARY", "DIXON", {"W": "WATER", "F": "FAT", "IN": "IP", "OPP": "OP"}[part])
            made.append(replace(one, kind=kind, description=f"{one.description}_{part}", image_type=words))
    return made


def _other_series(four: tuple[Shown, ...]) -> Sequence[Shown]:
    return [
        Shown("other", "localizer", -600.0, slices=3),
        Shown("other", "t2_haste_fs_tra", -500.0, echo_ms=90.0),
        Shown("other", "ep2d_diff_b50_400_800", -450.0, echo_ms=60.0),
        *four,
        replace(four[1], kind="other", description=f"{four[1].description} MIP", image_type=_SECONDARY),
        Shown("other", "t2_blade_fs_tra", 700.0, echo_ms=80.0),
    ]


def _two_delayed(four: tuple[Shown, ...]) -> Sequence[Shown]:
    return [*four, replace(four[3], after_s=420.0, description=f"{four[3].description} 2")]


def _repeated_pre(four: tuple[Shown, ...]) -> Sequence[Shown]:
    first = replace(four[0], after_s=four[0].after_s - 120.0)
    return [first, *four]


_FURTHER: dict[str, _Change] = {
    "subtractions": _subtractions,
    "subtractions told by ImageType": _unnamed_subtractions,
    "hepatobiliary": _hepatobiliary,
    "hepatobiliary, named as the delayed": _unnamed_hepatobiliary,
    "two arterials": _two_arterials,
    "three arterials": _three_arterials,
    "Dixon sets": _dixon,
    "T2, diffusion, localizer, MIP": _other_series,
    "two delayed": _two_delayed,
    "pre-contrast twice": _repeated_pre,
}
_SOME = ("GE LAVA", "Siemens VIBE", "German", "French", "Chinese", "Philips eTHRIVE")


def _further_series(rng: Rng) -> Iterator[Variant]:
    for what, change in _FURTHER.items():
        for language in _SOME:
            for tags in ("agent named before contrast too", "no times"):
                shown = tuple(change(_four(rng, NAMES[language])))
                yield Variant("further series", f"{what}, {language}, {tags}", shown, TAGS[tags], True)


def _one_series(rng: Rng) -> Iterator[Variant]:
    for text in ("dyn THRIVE", "LAVA multiphase", "t1_vibe_dyn post", ""):
        for by in ("identifier", "acquisition", "instance"):
            for times in ("acquisition", "constant"):
                if by == "acquisition" and times == "constant":
                    continue
                tags = Tags(times=times, agent="all", series=by)
                four = _four(rng, (text, text, text, text))
                yield Variant("one series", f"'{text}', {by}, times {times}", four, tags, True)
                six = (
                    four[0], replace(four[1], kind="early arterial", after_s=14.0),
                    replace(four[1], after_s=32.0), *four[2:], replace(four[3], after_s=600.0),
                )  # fmt: skip
                yield Variant("one series", f"'{text}', {by}, times {times}, six points", six, tags, True)


def _incomplete(rng: Rng) -> Iterator[Variant]:
    """A phase is missing; whatever stands in for it is wrong."""
    for language in _SOME:
        for place in range(4):
            for tags in ("agent named before contrast too", "no times"):
                four = _four(rng, NAMES[language])
                shown = (*four[:place], *four[place + 1 :])
                if place == 1:
                    shown = (*shown[:1], Shown("other", "VIBE test", 5.0), *shown[1:])
                if place == 3:
                    shown = (*shown, Shown("hepatobiliary", "VIBE HBP 20 min", 1230.0))
                name = f"without {_KINDS[place]}, {language}, {tags}"
                yield Variant("a phase is missing", name, shown, TAGS[tags], True)


def _wrong_names(rng: Rng) -> Iterator[Variant]:
    """Descriptions that stand at the wrong series, so that they contradict all else."""
    orders = [order for order in permutations(range(4)) if order != (0, 1, 2, 3)]
    for number, order in enumerate(orders):
        names = NAMES[_SOME[number % len(_SOME)]]
        mixed = (names[order[0]], names[order[1]], names[order[2]], names[order[3]])
        for tags in ("agent named before contrast too", "no times", "series times only"):
            shown = _four(rng, mixed)
            yield Variant("wrong names", f"{' / '.join(mixed)}, {tags}", shown, TAGS[tags], True)


def _mixed_names(rng: Rng) -> Iterator[Variant]:
    for what, names in MIXED_NAMES.items():
        for tags in _FOR_ALL_NAMES:
            yield Variant("names with other words", f"{what}, {tags}", _four(rng, names), TAGS[tags], True)


def _tracking(four: tuple[Shown, ...]) -> Sequence[Shown]:
    """Bolus tracking itself, one slice again and again, in place of the arterial phase."""
    frames = [Shown("other", "CareBolus art", 4.0 + number, slices=1) for number in range(6)]
    return [four[0], *frames, *four[2:]]


def _projections(four: tuple[Shown, ...]) -> Sequence[Shown]:
    return [*four, *(replace(one, kind="other", description=f"{one.description} MIP") for one in four[1:])]


def _thick_projection(four: tuple[Shown, ...]) -> Sequence[Shown]:
    """A projection in fewer slices, in place of the delayed phase."""
    return [*four[:3], replace(four[3], kind="other", description=f"{four[3].description} MIP", slices=3)]


def _subtractions_only(four: tuple[Shown, ...]) -> Sequence[Shown]:
    """Subtractions without the phases that they were made from."""
    words = ("DERIVED", "PRIMARY", "OTHER")
    made = (
        replace(one, kind="other", description=f"{one.description} sub", image_type=words) for one in four[1:]
    )
    return [four[0], *made]


def _untyped_subtractions(four: tuple[Shown, ...]) -> Sequence[Shown]:
    made = (
        replace(one, kind="other", description=f"{one.description} sub", image_type=()) for one in four[1:]
    )
    return [four[0], *made]


def _diffusion(four: tuple[Shown, ...]) -> Sequence[Shown]:
    """Diffusion images that are called as a phase, in place of the portal venous one."""
    return [*four[:2], Shown("other", "ven b 50", four[2].after_s, echo_ms=58.0), four[3]]


_MADE: dict[str, _Change] = {
    "bolus tracking": _tracking,
    "projections beside the phases": _projections,
    "a projection in few slices": _thick_projection,
    "subtractions only": _subtractions_only,
    "subtractions without image type": _untyped_subtractions,
    "diffusion": _diffusion,
}


def _made_from_phases(rng: Rng) -> Iterator[Variant]:
    """What the words of the last group really mean; none of it is a phase, whatever else its name says."""
    for what, change in _MADE.items():
        for language in _SOME:
            for tags in ("agent named before contrast too", "no times"):
                shown = tuple(change(_four(rng, NAMES[language])))
                yield Variant(
                    "other series named as phases", f"{what}, {language}, {tags}", shown, TAGS[tags], True
                )
