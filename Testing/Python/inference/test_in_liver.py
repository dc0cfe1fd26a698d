"""Marks on made-up maps: what counts as a lesion of the liver, and what is set aside."""

from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.inference.in_liver import lesions_in_liver
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ
from MTINetLib.study.liver import Liver

SHAPE = (12, 40, 40)


def made_map() -> np.ndarray:
    """Liver in the left half of the array, a vessel tree in it, a kidney, a heart and gut beside it."""
    anatomy = np.zeros(SHAPE, np.uint8)
    anatomy[:, 4:36, 2:24] = Organ.LIVER
    anatomy[:, 18:22, 4:20] = Organ.LIVER_VESSEL
    anatomy[:, 4:16, 24:34] = Organ.KIDNEY
    anatomy[:, 24:36, 24:34] = Organ.GUT
    anatomy[10:, 4:36, 2:24] = Organ.HEART
    return anatomy


def marked(*boxes: tuple[slice, slice, slice]) -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint8)
    for number, box in enumerate(boxes, start=1):
        labels[box] = number
    return labels


IN_LIVER = (slice(3, 6), slice(6, 12), slice(6, 12))
IN_VESSEL = (slice(3, 6), slice(18, 22), slice(8, 12))
IN_KIDNEY = (slice(3, 6), slice(6, 12), slice(26, 32))
IN_HEART = (slice(10, 12), slice(6, 12), slice(6, 12))
IN_GUT = (slice(3, 6), slice(26, 32), slice(26, 32))
IN_NOTHING = (slice(3, 6), slice(6, 12), slice(36, 40))
BULGING = (slice(3, 6), slice(24, 30), slice(22, 26))


@pytest.mark.parametrize(
    ("box", "organ"),
    [
        (IN_VESSEL, "liver_vessel"),
        (IN_KIDNEY, "kidney"),
        (IN_HEART, "heart"),
        (IN_GUT, "gut"),
        (IN_NOTHING, "outside_liver"),
    ],
)
def test_a_mark_elsewhere_is_no_lesion_and_is_counted(box: tuple[slice, slice, slice], organ: str) -> None:
    found = lesions_in_liver(marked(box, IN_LIVER), Liver.of_anatomy(made_map()))
    assert found.set_aside == {organ: 1}
    assert np.array_equal(found.labels, marked(IN_LIVER))
    assert found.flags == (f"set_aside:1_{organ}",)


def test_lesions_keep_their_order_and_their_numbers_have_no_gap() -> None:
    other = (slice(3, 6), slice(28, 34), slice(6, 12))
    found = lesions_in_liver(marked(IN_LIVER, IN_KIDNEY, other), Liver.of_anatomy(made_map()))
    assert np.array_equal(found.labels, marked(IN_LIVER, other))


def test_nothing_is_changed_where_all_lie_in_the_liver() -> None:
    labels = marked(IN_LIVER)
    found = lesions_in_liver(labels, Liver.of_anatomy(made_map()))
    assert found.labels is labels
    assert found.flags == ()


def test_a_lesion_that_bulges_out_of_the_liver_by_half_stays() -> None:
    found = lesions_in_liver(marked(BULGING), Liver.of_anatomy(made_map()))
    assert not found.set_aside


def test_what_is_unknown_decides_nothing() -> None:
    anatomy = made_map()
    anatomy[IN_LIVER] = UNKNOWN_ORGAN
    anatomy[3, 6:12, 6:12] = Organ.LIVER
    assert not lesions_in_liver(marked(IN_LIVER), Liver.of_anatomy(anatomy)).set_aside


def test_a_tumour_that_an_outline_of_others_leaves_out_stays() -> None:
    mask = made_map() == Organ.LIVER
    mask[IN_LIVER] = False  # as automatic outlines do with large tumours
    assert not lesions_in_liver(marked(IN_LIVER), Liver(mask, "given")).set_aside


def test_a_mark_beside_the_outline_is_set_aside() -> None:
    mask = made_map() == Organ.LIVER
    found = lesions_in_liver(marked((slice(3, 6), slice(6, 12), slice(24, 30))), Liver(mask, "given"))
    assert found.set_aside == {"outside_liver": 1}
