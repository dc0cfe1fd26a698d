"""Numbers of things in sentences."""

from __future__ import annotations

import pytest

from MTINetLib.presentation.counts import counted, slices_in_words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 studies"), (1, "1 study"), (2, "2 studies"), (21, "21 studies")]
)
def test_one_thing_is_singular_and_any_other_number_plural(count: int, words: str) -> None:
    assert counted(count, "study", "studies") == words


def test_the_plural_has_an_s_unless_it_is_given() -> None:
    assert counted(3, "patient") == "3 patients"


def test_a_single_slice_is_no_range() -> None:
    assert slices_in_words(28, 28) == "29"
    assert slices_in_words(2, 6) == "3 to 7"
    assert slices_in_words(2, 6, between="-") == "3-7"
