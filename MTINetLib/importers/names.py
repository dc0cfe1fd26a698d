"""Names as sources write them: cases, classes, phases."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from MTINetLib.errors import InputError
from MTINetLib.importers.found import FoundCase, ImportOptions, Meaning
from MTINetLib.reading.description_words import read_words
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.lesion_class import NO_LESIONS, OTHER, UNDECIDED, class_name, lesion_class_name
from MTINetLib.study.phase import Phase, phase_named

_LONGEST = 40
#: Say that something is a lesion, and not which.
_ANY_LESION = frozenset(
    "lesion lesions tumor tumors tumour tumours cancer mass roi target l foreground".split()
)
_ORGAN_WORDS = {
    "parenchyma": Organ.LIVER,
    "whole_liver": Organ.LIVER,
    "vessel": Organ.LIVER_VESSEL,
    "vessels": Organ.LIVER_VESSEL,
    "aorta": Organ.GREAT_VESSEL,
    "kidneys": Organ.KIDNEY,
}


def plain_name(text: str) -> str:
    """A name of a case or patient from what a source calls it.

    Raises:
        InputError: no letter or digit is left of it.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-")[:_LONGEST]
    if not name:
        raise InputError(f"{text!r} cannot name a case; use letters and digits.")
    return name


def phase_in(text: str) -> Phase | None:
    """The one phase that a word of the source names; None if it names none or several."""
    letters = "".join(sign for sign in text.casefold() if sign.isalnum())
    same = [phase for phase in Phase if phase.value.replace("_", "") == letters]
    if same:
        return same[0]
    try:
        return phase_named(text)
    except InputError:
        return read_words(text).among(tuple(Phase)).phase


def told_phases(words: Iterable[str], options: ImportOptions) -> dict[str, Phase]:
    """Which of the source's words names which phase; the user's word comes first.

    Raises:
        InputError: the user named a word that is not there, or two words name one phase.
    """
    there = tuple(dict.fromkeys(words))
    found: dict[str, Phase] = {}
    for phase, word in options.phases.items():
        same = [one for one in there if one.casefold() == word.casefold()]
        if not same:
            raise InputError(
                f"--phase {phase.value}={word}: there is no {word!r}; there are {', '.join(there)}."
            )
        found[same[0]] = phase
    for word in there:
        phase_of_word = None if word in found else phase_in(word)
        if phase_of_word is None or phase_of_word in options.phases:
            continue
        twice = [one for one, known in found.items() if known is phase_of_word]
        if twice:
            raise InputError(
                f"{twice[0]!r} and {word!r} both seem to be the {phase_of_word.title} phase; say which with "
                f"--phase {phase_of_word.value}={word}."
            )
        found[word] = phase_of_word
    return found


def meaning_of(word: str) -> Meaning | None:
    """What a label's name stands for: an organ, a class of lesions, "" for a lesion of any class; None:
    nothing.

    Raises:
        InputError: it cannot name a class.
    """
    name = re.sub(r"_?\d+$", "", class_name(word))
    if name in ("background", "bg", "ignore", "clear", "unknown"):
        return None
    if name in _ANY_LESION:
        return ""
    for organ in Organ:
        if name == class_name(organ.title):
            return None if organ is Organ.BACKGROUND else organ
    for ending in ("_tumor", "_tumour", "_lesion", "_lesions"):
        name = name.removesuffix(ending) if name != f"liver{ending}" else ""
    return "" if name == "" else _ORGAN_WORDS.get(name, name)


def told_class(text: str, options: ImportOptions) -> str:
    """The class that a source's word names, after the user's word on which classes are kept; "" for none.

    Raises:
        InputError: it cannot name a class.
    """
    if not text.strip():
        return kept_class(options.lesion_class, options)
    name = class_name(text)
    return name if name == NO_LESIONS else kept_class(lesion_class_name(text), options)


def kept_class(name: str, options: ImportOptions) -> str:
    """``other`` for a class that the user does not keep."""
    if not name or name in (NO_LESIONS, UNDECIDED) or not options.keep_classes:
        return name
    return name if name in options.keep_classes else OTHER


def with_own_names(cases: Iterable[FoundCase]) -> tuple[FoundCase, ...]:
    """The cases with a name of their own each, whatever a file system thinks of capitals."""
    taken: set[str] = set()
    named = []
    for case in cases:
        name, number = case.case, 2
        while name.casefold() in taken:
            ending = f"_{number}"
            name, number = case.case[: _LONGEST - len(ending)] + ending, number + 1
        taken.add(name.casefold())
        named.append(replace(case, case=name))
    return tuple(named)
