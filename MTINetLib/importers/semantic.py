"""Label maps whose values stand for kinds of things, as nnU-Net and BIDS write them."""

from __future__ import annotations

from collections.abc import Mapping

from MTINetLib.errors import InputError
from MTINetLib.importers.found import ImportOptions, Meaning
from MTINetLib.importers.names import kept_class, meaning_of
from MTINetLib.study.anatomy import Organ


def meanings_of(names: Mapping[int, str], options: ImportOptions) -> dict[int, Meaning]:
    """What each value stands for; those of the background are not among them.

    Raises:
        InputError: a name can stand for nothing.
    """
    found: dict[int, Meaning] = {}
    for value, name in names.items():
        meaning = meaning_of(name) if value else None
        if meaning is None:
            continue
        found[value] = (
            meaning if isinstance(meaning, Organ) else kept_class(meaning or options.lesion_class, options)
        )
    if all(isinstance(meaning, Organ) for meaning in found.values()):
        raise InputError(
            f"None of the labels {', '.join(names.values())} stands for a lesion, so there is nothing to "
            "learn from."
        )
    return found
