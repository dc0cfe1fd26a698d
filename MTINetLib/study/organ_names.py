"""What others call the liver, its segments and the organs around, as TotalSegmentator and viewers do."""

from __future__ import annotations

import re

from MTINetLib.study.anatomy import Organ

_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii")
#: "Segment 1" alone is what 3D Slicer calls any new segment.
_COUINAUD = re.compile(
    r"(?:(?:liver |hepatic )?(?:couinaud )?segment|couinaud(?: segment)?) ([1-8]|[iv]{1,4})(?: ?[ab])?"
)
_WORDS = {
    Organ.LIVER: ("liver", "whole liver", "liver mask", "liver parenchyma", "hepar"),
    Organ.LIVER_VESSEL: ("liver vessel", "liver vessels", "hepatic vein", "hepatic veins", "hepatic vessels"),
    Organ.GREAT_VESSEL: (
        "great vessel",
        "aorta",
        "abdominal aorta",
        "inferior vena cava",
        "ivc",
        "vena cava",
        "portal vein and splenic vein",
        "portal vein",
        "splenic vein",
    ),
    Organ.SPLEEN: ("spleen",),
    Organ.GALLBLADDER: ("gallbladder", "gall bladder"),
    Organ.GUT: (
        "gut",
        "stomach",
        "duodenum",
        "colon",
        "small bowel",
        "bowel",
        "small intestine",
        "pancreas",
        "esophagus",
        "oesophagus",
    ),
}
_OF_WORD = {word: organ for organ, words in _WORDS.items() for word in words}
#: First or last of several words, as in ``kidney_left`` and ``heart_atrium_right``.
_ANYWHERE = {"kidney": Organ.KIDNEY, "heart": Organ.HEART}


def organ_named(name: str) -> Organ | None:
    """The organ that a segment of this name shows; None for one that decides nothing."""
    plain = _plain(name)
    if plain in _OF_WORD:
        return _OF_WORD[plain]
    words = plain.split(" ")
    return _ANYWHERE.get(words[0]) or _ANYWHERE.get(words[-1])


def couinaud_named(name: str) -> int | None:
    """1 to 8 for ``liver_segment_4``, ``Couinaud IVa`` and the like."""
    plain = _plain(name)
    match = _COUINAUD.fullmatch(plain)
    if match is None or plain.startswith("segment"):
        return None
    told = match[1]
    if told.isdigit():
        return int(told)
    return _ROMAN.index(told) + 1 if told in _ROMAN else None


def roman(segment: int) -> str:
    """``VII``."""
    return _ROMAN[segment - 1].upper()


def _plain(name: str) -> str:
    """Small words and numbers with blanks between them."""
    return " ".join(re.findall(r"[a-z]+|\d+", name.lower()))
