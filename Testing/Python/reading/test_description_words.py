"""Words in series descriptions, as scanners and technologists write them."""

from __future__ import annotations

import pytest

from MTINetLib.reading.description_words import read_words
from MTINetLib.study.phase import Phase

_NAMED = [
    ("Ax LAVA PRE", Phase.PRE),
    ("t1_vibe_fs_tra_bh_nativ", Phase.PRE),
    ("Ax LAVA C-", Phase.PRE),
    ("T1 w/o contrast", Phase.PRE),
    ("T1 VIBE vor KM", Phase.PRE),
    ("T1 non-con", Phase.PRE),
    ("THRIVE_sans_injection", Phase.PRE),
    ("AX LAVA+C ART", Phase.ARTERIAL),
    ("t1_vibe_arteriell", Phase.ARTERIAL),
    ("late arterial phase", Phase.ARTERIAL),
    ("LAVA 20s", Phase.ARTERIAL),
    ("动脉期", Phase.ARTERIAL),
    ("vibe PORTAL VENOUS", Phase.PORTAL_VENOUS),
    ("t1_vibe_portalvenös", Phase.PORTAL_VENOUS),
    ("t1_vibe_portalvenoes", Phase.PORTAL_VENOUS),
    ("LAVA 70 sec", Phase.PORTAL_VENOUS),
    ("門脈相", Phase.PORTAL_VENOUS),
    ("LAVA DELAYED 5min", Phase.DELAYED),
    ("t1_vibe_spät", Phase.DELAYED),
    ("eTHRIVE tardif", Phase.DELAYED),
    ("T1 3min", Phase.DELAYED),
    ("LAVA equilibrium", Phase.DELAYED),
]


@pytest.mark.parametrize(("text", "phase"), _NAMED)
def test_a_phase_is_read_from_its_words(text: str, phase: Phase) -> None:
    assert read_words(text).phase is phase


@pytest.mark.parametrize(
    "text",
    [
        "Ax LAVA",
        "t1_vibe_fs_tra_bh",
        "LAVA PRE ART PV DEL",
        "dyn THRIVE",
        "Ax LAVA +C",
        "T1 nach KM",
        "particle",
    ],
)
def test_other_descriptions_name_no_phase(text: str) -> None:
    assert read_words(text).phase is None


@pytest.mark.parametrize("text", ["LAVA +C", "T1 post Gd", "vibe nach KM", "C+ ART"])
def test_contrast_is_read(text: str) -> None:
    assert read_words(text).post


@pytest.mark.parametrize("text", ["LAVA", "T1 vor KM", "no contrast", "unenhanced"])
def test_no_contrast_is_read_where_none_was_given(text: str) -> None:
    assert not read_words(text).post


@pytest.mark.parametrize("text", ["LAVA HBP", "vibe 20min", "T1 hepatobiliary delayed"])
def test_a_hepatobiliary_phase_is_no_delayed_phase(text: str) -> None:
    words = read_words(text)
    assert words.hepatobiliary
    assert words.phase is None


def test_words_that_all_series_share_say_nothing() -> None:
    assert read_words("LAVA pre-liver ART", frozenset({"pre"})).phase is Phase.ARTERIAL


def test_early_and_late_arterial_are_told_apart() -> None:
    assert read_words("early arterial").arterial_order == -1
    assert read_words("late arterial").arterial_order == 1
