"""Which way slices run, as the places of a lesion tell it; and slices that stand there twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.other_layouts import GRID

from MTINetLib.importers.repeated_slices import repeated_remark
from MTINetLib.importers.true_grid import Order, slice_order, upside_down
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase

POINT = (-40.0, 5.0, 0.0)


def stacks(starts: tuple[float, ...], breath: tuple[float, ...]) -> dict[Phase, tuple[Grid, np.ndarray]]:
    """The lesion's place (k, j, i) in true stacks that begin elsewhere, of a patient who breathes."""
    x, y, z = GRID.origin
    found = {}
    for phase, start, up in zip(FOUR_PHASES, starts, breath, strict=True):
        grid = replace(GRID, origin=(x, y, z + start))
        found[phase] = (grid, grid.to_index(np.array(POINT) + np.array([0, 0, up])))
    return found


@pytest.mark.parametrize(
    ("starts", "breath", "order"),
    [
        ((0, 20, 0, 0), (0, 5, 0, 0), Order.AS_IN_HEADER),
        ((0, 0, 0, 0), (0, 9, 0, 0), Order.UNKNOWN),
        ((0, 1, 0, 0), (0, 0, 0, 0), Order.UNKNOWN),
        ((0, 30, -25, 0), (8, 0, 0, -8), Order.AS_IN_HEADER),
    ],
)
def test_the_places_of_a_lesion_tell_how_slices_run(
    starts: tuple[float, ...], breath: tuple[float, ...], order: Order
) -> None:
    true = stacks(starts, breath)
    assert slice_order(true).order is order
    against = {phase: (upside_down(grid), place) for phase, (grid, place) in true.items()}
    expected = Order.REVERSED if order is Order.AS_IN_HEADER else Order.UNKNOWN
    assert slice_order(against).order is expected


def test_turned_over_twice_is_the_same_stack() -> None:
    assert upside_down(upside_down(GRID)) == GRID
    assert np.linalg.det(upside_down(GRID).direction_matrix) == pytest.approx(1.0)


def test_repeated_slices_are_named_as_people_count_them() -> None:
    volume = np.random.default_rng(0).normal(size=(6, 4, 4)).astype(np.float32)
    assert repeated_remark(volume, Phase.ARTERIAL) == ""
    volume[3] = volume[2]
    volume[5] = volume[4] = 0.0  # empty slices at the end of a stack are no repetition
    assert repeated_remark(volume, Phase.ARTERIAL).startswith(
        "Slices of the arterial phase are the same: 3 and 4;"
    )
