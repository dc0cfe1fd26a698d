"""Label maps whose values stand for kinds of things, as nnU-Net and BIDS write them."""

from __future__ import annotations

from collections.abc import Mapping

from MTINetLib.errors import InputError
from MTINetLib.importers.found import ImportOptions, Meaning
from MTINetLib.importers.names import kept_class, meaning_of
from MTINetLib.study.anatomy import Organ


def meanings_of(names: Mapping[int, str], options: ImportOptions) -> dict[int, Meaning | None]:
    """What each value stands for. The background is one among organs; beside a liver alone nobody knows it.

    Raises:
        InputError: a name cannot be one of a class.
    """
    found: dict[int, Meaning | None] = {}
    for value, name in names.items():
        meaning = meaning_of(name) if value else None
        if isinstance(meaning, str):
            meaning = kept_class(meaning or options.lesion_class, options)
        found[value] = meaning
    others = {meaning for meaning in found.values() if isinstance(meaning, Organ)} - {Organ.LIVER}
    if 0 in names and others:
        found[0] = Organ.BACKGROUND
    return found


def refuse_without_lesions(names: Mapping[int, str], meanings: Mapping[int, Meaning | None]) -> None:
    """
    Raises:
        InputError: no value stands for a lesion.
    """
    if all(meaning is None or isinstance(meaning, Organ) for meaning in meanings.values()):
        raise InputError(
            f"None of the labels {', '.join(names.values())} stands for a lesion, so there is nothing to "
            "learn from."
        )
