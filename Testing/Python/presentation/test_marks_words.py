"""Marks of readers in words."""

from __future__ import annotations

import pytest

from MTINetLib.marks.mark import Mark, MarkKind
from MTINetLib.presentation.marks_words import (
    NO_SENSITIVITY,
    RULES,
    mark_words,
    position_words,
    readers_words,
)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        (Mark(MarkKind.RIGHT, 2), "lesion 2 is right"),
        (Mark(MarkKind.RIGHT, 2, "fnh", comment="a\n scar"), "lesion 2 is right: FNH: a scar"),
        (Mark(MarkKind.WRONG, 1), "lesion 1 is wrong"),
        (Mark(MarkKind.MISSED, position_lps_mm=(1.0, -2.0, -3.25)), "missed, L 1.0, A 2.0, I 3.2 mm"),
        (Mark(MarkKind.MISSED, lesion_class="hcc"), "missed: HCC"),
        (Mark(MarkKind.RIGHT), "looked through"),
        (Mark(MarkKind.COMMENT, 3, comment="dark"), "lesion 3: dark"),
        (Mark(MarkKind.COMMENT, comment="motion {x}"), "study: motion {x}"),
    ],
)
def test_each_mark_is_a_line(mark: Mark, said: str) -> None:
    assert mark_words(mark) == said


def test_sides_of_the_body_follow_the_signs() -> None:
    assert position_words((-1.0, 2.0, 3.0)) == "R 1.0, P 2.0, S 3.0 mm"


def test_a_reader_without_a_name_is_told_and_each_reader_once() -> None:
    assert readers_words(["", "Anna", "Anna"]) == "reader without a name, Anna"


def test_the_page_says_first_why_there_is_no_sensitivity() -> None:
    assert RULES[0] == NO_SENSITIVITY
