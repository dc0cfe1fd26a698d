"""How far a study of a work list is and what its lesions are, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from MTINetLib.presentation.classes import class_title

_STATUS = {
    "to_do": "to do",
    "drafted": "drafted",
    "corrected": "corrected",
    "done": "done",
    "set_aside": "set aside",
}


def status_word(status: str, translate: Callable[[str], str] = str) -> str:
    """The status with this value."""
    return translate(_STATUS[status])


def lesions_words(
    classes: Iterable[tuple[int, str]], no_lesions: bool, translate: Callable[[str], str] = str
) -> str:
    """``2 HCC, 1 hemangioma``, ``none``, or a dash where nobody has said."""
    titles = [translate(class_title(name)) for _label, name in classes]
    counts = ", ".join(f"{titles.count(name)} {name}" for name in dict.fromkeys(titles))
    return counts or (translate("none") if no_lesions else "–")
