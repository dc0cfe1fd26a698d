"""The names of lesion classes. A model says which ones it tells apart; any name is one, in small letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from MTINetLib.errors import InputError

HCC = "hcc"
HEMANGIOMA = "hemangioma"
#: Whatever none of the other classes is, for a model that was trained with such lesions.
OTHER = "other"
#: An answer, and no class: the evidence carries no decision.
UNDECIDED = "undecided"
#: Of a study without lesions, in a dataset's table.
NO_LESIONS = "none"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_FIRST = (HCC, HEMANGIOMA)
#: What people write for one and the same class.
_SYNONYMS = {
    "hepatocellular_carcinoma": HCC,
    "haemangioma": HEMANGIOMA,
    "metastases": "metastasis",
    "focal_nodular_hyperplasia": "fnh",
    "cholangiocarcinoma": "icc",
    "intrahepatic_cholangiocarcinoma": "icc",
    "hepatocellular_adenoma": "adenoma",
}


def class_name(text: str) -> str:
    """The name of a class as people write it: ``HCC`` and ``Haemangioma`` are ``hcc`` and ``hemangioma``.

    Raises:
        InputError: it cannot name a class.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = "_".join(re.findall(r"[a-z0-9]+", plain))
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{text!r} cannot name a class; use letters, digits and underscores, and begin with a letter."
        )
    return _SYNONYMS.get(name, name)


def lesion_class_name(text: str) -> str:
    """As :func:`class_name`, of something that a lesion can be.

    Raises:
        InputError: it cannot name a class, or is ``undecided`` or ``none``.
    """
    name = class_name(text)
    if name in (UNDECIDED, NO_LESIONS):
        raise InputError(f"{text!r} is no class of a lesion; say what the lesion is.")
    return name


def in_usual_order(names: Iterable[str]) -> tuple[str, ...]:
    """HCC and hemangioma first, as the shipped model has them, ``other`` last, the rest by name."""
    found = set(names)
    first = [name for name in _FIRST if name in found]
    last = [OTHER] if OTHER in found else []
    return (*first, *sorted(found - {*first, *last}), *last)
