"""Label maps from one grid onto another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from support.made_analysis import made_grid, made_labels

from MTINetLib.study.resample import resample_labels

GRID = made_grid(degrees=(0.0, 0.0, 0.0))


def test_labels_follow_a_grid_that_runs_the_other_way() -> None:
    last = GRID.to_lps((GRID.shape[0] - 1, 0, 0))
    other = replace(GRID, origin=tuple(last), direction=(1.0, 0, 0, 0, 1.0, 0, 0, 0, -1.0))
    labels = made_labels(GRID)
    assert np.array_equal(resample_labels(labels, GRID, other), labels[::-1])
    assert resample_labels(labels, GRID, GRID) is labels


def test_what_lies_outside_the_other_grid_is_background() -> None:
    far = replace(GRID, origin=(5000.0, 0.0, 0.0))
    assert not resample_labels(np.ones(GRID.shape, np.uint8), GRID, far).any()
