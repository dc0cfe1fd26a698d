from __future__ import annotations

import pytest

from MTINetLib.findings import WITHHELD, LesionPlace, LiverFinding
from MTINetLib.presentation.liver_words import (
    burden_in_words,
    liver_in_words,
    origin_in_words,
    place_in_words,
)
from MTINetLib.presentation.words import flag_in_words


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (None, ""),
        (LesionPlace("segment", {"7": 0.96, "8": 0.04}, False), "segment VII"),
        (
            LesionPlace("segment", {"7": 0.7, "8": 0.28, "5": 0.02}, False),
            "segments VII (70 %) and VIII (28 %)",
        ),
        (LesionPlace("segment", {"4": 1.0}, True), "segment IV (estimated)"),
        (LesionPlace("lobe", {"right": 1.0, "left": 0.0}, False), "right lobe (estimated)"),
        (
            LesionPlace("lobe", {"left": 0.6, "right": 0.4}, True),
            "near the border of the lobes, more in the left one (estimated)",
        ),
    ],
)
def test_a_place_is_said_as_certainly_as_it_is_known(place: LesionPlace | None, words: str) -> None:
    assert place_in_words(place) == words


def test_the_liver_is_said_with_its_source() -> None:
    given = LiverFinding("given", "liver.nii.gz", False, 1480.2, 31.0, 2.094)
    assert liver_in_words(given) == "Liver 1480 mL (given as liver.nii.gz), tumour burden 2.1 %"
    edited = LiverFinding("model", "", True, 1480.2, 0.0, 0.0)
    assert origin_in_words(edited) == "outlined by the model, edited by a person"
    assert burden_in_words(edited) == "0 %"
    assert burden_in_words(LiverFinding("model", "", False, 1480.2, 0.1, 0.01)) == "< 0.1 %"
    assert origin_in_words(LiverFinding("given", WITHHELD, False, 1480.2, 0.0, 0.0)) == "given"


def test_what_was_set_aside_is_said_with_its_counts() -> None:
    said = flag_in_words("set_aside:2_heart:1_outside_liver")
    assert said == "marks that were set aside, for they are no lesions of the liver: 2 heart, 1 outside liver"
