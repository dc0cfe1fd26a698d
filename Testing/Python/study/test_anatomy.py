"""Anatomy maps."""

from __future__ import annotations

import numpy as np

from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ, liver_of


def test_the_liver_holds_its_vessels_and_nothing_else() -> None:
    anatomy = np.array([*Organ, UNKNOWN_ORGAN], dtype=np.uint8)
    held = {int(value) for value in anatomy[liver_of(anatomy)]}
    assert held == {Organ.LIVER, Organ.LIVER_VESSEL}


def test_values_of_an_anatomy_map_stay_as_they_are() -> None:
    assert [int(organ) for organ in Organ] == list(range(9))
    assert Organ.GREAT_VESSEL.title == "great vessel"
