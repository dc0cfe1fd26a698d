from __future__ import annotations

import pytest

from MTINetLib.errors import InputError
from MTINetLib.study.lesion_class import class_name, in_usual_order, lesion_class_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("HCC", "hcc"),
        (" Hepatocellular  Carcinoma ", "hcc"),
        ("haemangioma", "hemangioma"),
        ("Focal-nodular hyperplasia", "fnh"),
        ("Lésion n° 3", "lesion_n_3"),
        ("undecided", "undecided"),
    ],
)
def test_a_class_is_named_in_small_letters_however_it_is_written(text: str, name: str) -> None:
    assert class_name(text) == name
    assert class_name(name) == name


@pytest.mark.parametrize("text", ["", "3", "_", "...", "肝癌", "a" * 70])
def test_what_has_no_letter_to_begin_with_or_is_endless_names_nothing(text: str) -> None:
    with pytest.raises(InputError, match="cannot name a class; use letters"):
        class_name(text)


@pytest.mark.parametrize("text", ["Undecided", "none"])
def test_a_lesion_is_something(text: str) -> None:
    with pytest.raises(InputError, match="is no class of a lesion"):
        lesion_class_name(text)


def test_hcc_and_hemangioma_come_first_and_other_last() -> None:
    names = {"other", "zyste", "hemangioma", "adenoma", "hcc"}
    assert in_usual_order(names) == ("hcc", "hemangioma", "adenoma", "zyste", "other")
    assert in_usual_order([]) == ()
