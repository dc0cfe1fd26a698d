"""Marks of readers in words: single ones, and what figures of them can and cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from MTINetLib.presentation.classes import class_word

Point = tuple[float, float, float]

UNNAMED = "reader without a name"
TOGETHER = "All readers together"
FIGURE_TITLES = {
    "right_marks": "Marks that are right, of those judged, %",
    "false_marks_per_study": "False marks a study",
    "missed_per_study": "Missed lesions a study",
    "found_among_seen": "Found by the model, of the lesions that the reader saw, % (no sensitivity)",
    "agreement_of_decided": "Class as the reader says, among decided, %",
    "decided": "Decided by the model, %",
    "same": "Same answer, %",
    "kappa": "Cohen's kappa",
}
BANNER = (
    "These are the eyes of readers, not a reference: nobody outlined the truth, and the readers saw the "
    "model's marks while they read."
)
NO_SENSITIVITY = (
    "The share of lesions found among those that the reader saw is no sensitivity. A lesion that neither the "
    "model nor the reader saw is in no row, and a reader who is shown what a model found finds more of the "
    "same and less beside it. A sensitivity needs lesions that were outlined without the model: mtinet "
    "evaluate DATASET."
)
RULES = (
    NO_SENSITIVITY,
    "The share of right marks is right over right and wrong; a lesion without a mark counts in neither. "
    "Rates a study, and the lesions that the reader saw, count only studies that the reader looked through: "
    "said so, or judged every lesion of them.",
    "A mark that says right and names no class agrees with the model's class; where the model is undecided "
    "it names none. The confusion counts lesions that are right and have a class of the reader's.",
    "Sizes and classes of the rows are the model's; the diameter is the longest axial one.",
)


class SaidMark(Protocol):
    """What is asked of a :class:`MTINetLib.marks.mark.Mark`."""

    @property
    def word(self) -> str: ...

    @property
    def lesion(self) -> int | None: ...

    @property
    def lesion_class(self) -> str: ...

    @property
    def position_lps_mm(self) -> Point | None: ...

    @property
    def comment(self) -> str: ...


def reader_name(reader: str, translate: Callable[[str], str] = str) -> str:
    """The name that a reader gave, or that there is none."""
    return reader or translate(UNNAMED)


def position_words(position: Point) -> str:
    """``L 12.0, P 30.5, S 45.0 mm``: left or right, posterior or anterior, superior or inferior."""
    letters = ("LR", "PA", "SI")
    parts = [
        f"{pair[0] if value >= 0 else pair[1]} {abs(value):.1f}"
        for pair, value in zip(letters, position, strict=True)
    ]
    return f"{', '.join(parts)} mm"


def mark_words(mark: SaidMark, translate: Callable[[str], str] = str) -> str:
    """What one mark says, in a line of a table."""
    said = _said(mark, translate)
    return f"{said}: {' '.join(mark.comment.split())}" if mark.comment else said


def _said(mark: SaidMark, translate: Callable[[str], str]) -> str:
    named = translate(class_word(mark.lesion_class)) if mark.lesion_class else ""
    if mark.word == "missed":
        text = translate("missed: {named}") if named else translate("missed")
        place = mark.position_lps_mm
        return text.format(named=named) + (f", {position_words(place)}" if place else "")
    if mark.lesion is None:
        return translate("looked through") if mark.word == "right" else translate("study")
    text = {
        "right": "lesion {lesion} is right: {named}" if named else "lesion {lesion} is right",
        "wrong": "lesion {lesion} is wrong",
    }.get(mark.word, "lesion {lesion}")
    return translate(text).format(lesion=mark.lesion, named=named)


def readers_words(readers: Sequence[str], translate: Callable[[str], str] = str) -> str:
    """Their names, one after the other."""
    return ", ".join(dict.fromkeys(reader_name(reader, translate) for reader in readers))
