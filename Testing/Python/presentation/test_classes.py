from __future__ import annotations

import re

import pytest

from MTINetLib.presentation.classes import (
    KNOWN_CLASSES,
    PRIVATE_SCHEME,
    class_title,
    class_words,
    on_black,
    shown_class,
)
from MTINetLib.study.lesion_class import class_name


def test_every_known_class_has_a_name_that_names_it_and_two_colours() -> None:
    for name, shown in KNOWN_CLASSES.items():
        assert class_name(name) == name
        assert re.fullmatch("#[0-9A-F]{6}", shown.on_black)
        assert re.fullmatch("#[0-9A-F]{6}", shown.on_white)
    assert len({shown.on_black for shown in KNOWN_CLASSES.values()}) == len(KNOWN_CLASSES)
    assert len({shown.title for shown in KNOWN_CLASSES.values()}) == len(KNOWN_CLASSES)


def test_codes_are_of_snomed_ct_or_say_that_they_are_private() -> None:
    for name, shown in KNOWN_CLASSES.items():
        value, scheme, meaning = shown.code
        assert scheme in ("SCT", PRIVATE_SCHEME)
        assert value.isdigit() if scheme == "SCT" else value == name
        assert 0 < len(meaning) <= 64


def test_a_class_that_nobody_knows_is_shown_by_its_name() -> None:
    shown = shown_class("a_name_of_theirs")
    assert (shown.title, shown.word) == ("A name of theirs", "a name of theirs")
    assert shown.code == ("a_name_of_theirs", PRIVATE_SCHEME, "A name of theirs")
    assert on_black("a_name_of_theirs") == on_black("other")
    assert class_title("hcc") == "HCC"


@pytest.mark.parametrize(
    ("names", "words"),
    [((), ""), (("hcc",), "HCC"), (("hcc", "cyst"), "HCC and cyst"), (("a", "b", "icc"), "a, b and ICC")],
)
def test_classes_in_a_sentence(names: tuple[str, ...], words: str) -> None:
    assert class_words(names) == words
