"""Organs that touch the liver."""

from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.phantom.arrangement import Blob, nestle
from MTINetLib.phantom.canvas import Space, ellipsoid
from MTINetLib.study.grid import Grid

SPACE = Space.of(
    Grid((60, 60, 60), (2.0, 2.0, 2.0), (-60.0, -60.0, -60.0), (1, 0, 0, 0, 1, 0, 0, 0, 1)), np.zeros(3)
)
LIVER = ellipsoid(SPACE.x, SPACE.y, SPACE.z, np.array([0.0, 0.0, 30.0]), np.full(3, 28.0))
UP = np.array([0.0, 0.0, 1.0])


@pytest.mark.parametrize("start", [-50.0, -20.0, 5.0])
def test_an_organ_moves_to_where_it_presses_as_much_as_asked(start: float) -> None:
    organ = Blob(np.array([0.0, 0.0, start]), np.array([12.0, 12.0, 20.0]), side=-1.0)
    moved = nestle(SPACE, LIVER, organ, UP, press_mm=4.0, reach_mm=60.0)
    top = moved.centre[2] + 20.0
    assert top == pytest.approx(2.0 + 4.0, abs=3.5)
    assert moved.side == -1.0
    np.testing.assert_array_equal(moved.centre[:2], organ.centre[:2])


def test_an_organ_outside_the_stack_stays() -> None:
    organ = Blob(np.array([500.0, 0.0, 0.0]), np.full(3, 20.0))
    assert nestle(SPACE, LIVER, organ, UP, 4.0, 60.0) is organ
