from __future__ import annotations

import pytest

from MTINetLib.study.anatomy import Organ
from MTINetLib.study.organ_names import couinaud_named, organ_named, roman


@pytest.mark.parametrize(
    ("name", "organ"),
    [
        ("liver", Organ.LIVER),
        ("Liver", Organ.LIVER),
        ("kidney_left", Organ.KIDNEY),
        ("Right kidney", Organ.KIDNEY),
        ("heart_atrium_right", Organ.HEART),
        ("inferior_vena_cava", Organ.GREAT_VESSEL),
        ("portal_vein_and_splenic_vein", Organ.GREAT_VESSEL),
        ("small_bowel", Organ.GUT),
        ("gallbladder", Organ.GALLBLADDER),
        ("liver_vessels", Organ.LIVER_VESSEL),
        ("liver_tumor", None),
        ("lung_upper_lobe_left", None),
        ("Segment_1", None),
        ("", None),
    ],
)
def test_what_others_call_an_organ_is_known(name: str, organ: Organ | None) -> None:
    assert organ_named(name) is organ


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("liver_segment_1", 1),
        ("Liver segment VIII", 8),
        ("Couinaud IVa", 4),
        ("couinaud segment 4b", 4),
        ("Hepatic segment VI", 6),
        ("Segment_1", None),
        ("liver_segment_9", None),
        ("liver segment iiii", None),
        ("liver", None),
    ],
)
def test_a_name_tells_couinaud_s_segment_only_where_it_says_so(name: str, number: int | None) -> None:
    assert couinaud_named(name) == number


def test_segments_are_shown_as_roman_numbers() -> None:
    assert [roman(n) for n in range(1, 9)] == ["I", "II", "III", "IV", "V", "VI", "VII", "VIII"]
