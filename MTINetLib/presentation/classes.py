"""What people and other programs are shown of a lesion class: words, colours and a code, in one table.

A class that is not in the table is shown all the same: by its name, in a neutral colour, and with a code of
our own. The hues follow the set that Okabe and Ito proposed for readers with any kind of colour vision
(M. Okabe, K. Ito, "Color Universal Design", 2008) as far as it reaches. Pictures on black take lighter tones,
paper takes darker ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, OTHER, UNDECIDED

#: Scheme of the codes of classes that have none of SNOMED CT here; 99 says that it is private (PS3.16 8).
PRIVATE_SCHEME = "99MTINET"
Code = tuple[str, str, str]
LESION_CODE: Code = ("52988006", "SCT", "Lesion")


@dataclass(frozen=True)
class ShownClass:
    """One class.

    Args:
        title: where it stands alone, short enough for a table.
        word: in a sentence.
        on_black, on_white: colours, #RRGGBB.
        code: (value, scheme, meaning).
    """

    title: str
    word: str
    on_black: str
    on_white: str
    code: Code


def _private(name: str, meaning: str) -> Code:
    return (name, PRIVATE_SCHEME, meaning)


KNOWN_CLASSES: dict[str, ShownClass] = {
    HCC: ShownClass("HCC", "HCC", "#FF8A1F", "#D55E00", ("109841003", "SCT", "Hepatocellular carcinoma")),
    HEMANGIOMA: ShownClass(
        "Hemangioma", "hemangioma", "#56B4E9", "#0072B2", ("93469006", "SCT", "Hemangioma of liver")
    ),
    "metastasis": ShownClass(
        "Metastasis", "metastasis", "#E79AC8", "#A8487F", ("128462008", "SCT", "Metastasis")
    ),
    "cyst": ShownClass("Cyst", "cyst", "#F0E442", "#857700", ("367643001", "SCT", "Cyst")),
    "icc": ShownClass("ICC", "ICC", "#FF8C8C", "#A52A2A", _private("icc", "Intrahepatic cholangiocarcinoma")),
    "fnh": ShownClass("FNH", "FNH", "#B6E35A", "#5A8200", _private("fnh", "Focal nodular hyperplasia")),
    "adenoma": ShownClass(
        "Adenoma", "adenoma", "#C9A8FF", "#6A3FB5", _private("adenoma", "Hepatocellular adenoma")
    ),
    OTHER: ShownClass("Other", "other", "#E6D5B8", "#7A6A50", LESION_CODE),
    UNDECIDED: ShownClass("Undecided", "undecided", "#C8C8C8", "#6E6E6E", LESION_CODE),
}


def shown_class(name: str) -> ShownClass:
    """How a class is shown, whatever its name."""
    known = KNOWN_CLASSES.get(name)
    if known is not None:
        return known
    word = name.replace("_", " ")
    title = word[:1].upper() + word[1:]
    other = KNOWN_CLASSES[OTHER]
    return ShownClass(title, word, other.on_black, other.on_white, _private(name, title))


def class_title(name: str) -> str:
    """A class where it stands alone, such as ``HCC``, ``Hemangioma`` or ``Undecided``.

    Example:
        >>> mtinet.class_title("hcc"), mtinet.class_title("my_class")
        ('HCC', 'My class')
    """
    return shown_class(name).title


def class_word(name: str) -> str:
    """``HCC``, ``hemangioma`` or ``undecided``."""
    return shown_class(name).word


def class_words(names: Sequence[str]) -> str:
    """``HCC, hemangioma and cyst``."""
    words = [class_word(name) for name in names]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def on_black(name: str) -> str:
    """The colour of a class in pictures on black, #RRGGBB."""
    return shown_class(name).on_black


def on_white(name: str) -> str:
    """The colour of a class on paper, #RRGGBB."""
    return shown_class(name).on_white
