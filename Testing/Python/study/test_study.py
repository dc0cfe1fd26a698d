from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from MTINetLib.errors import InputError
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import PhaseSource, Study

GRID = Grid((2, 3, 4), (1.0, 1.0, 2.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
THREE = (Phase.PRE, Phase.ARTERIAL, Phase.HEPATOBILIARY)


def study(**changes: Any) -> Study:
    volumes = np.arange(3 * 24, dtype=np.float32).reshape(3, *GRID.shape)
    values: dict[str, Any] = {
        "volumes": volumes,
        "grid": GRID,
        "reference": Phase.ARTERIAL,
        "times_s": (0.0, 30.0, 1200.0),
        "sources": tuple(PhaseSource(phase.value) for phase in THREE),
        "phases": THREE,
    }
    return Study(**{**values, **changes})


def test_what_stands_once_a_phase_is_found_by_the_phase() -> None:
    made = study()
    assert made.phase(Phase.HEPATOBILIARY)[0, 0, 0] == 48
    assert made.source(Phase.HEPATOBILIARY).description == "hepatobiliary"
    assert made.time_s(Phase.ARTERIAL) == 30.0
    assert made.alignment == (None, None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"times_s": (0.0, 30.0)},
        {"sources": (PhaseSource("one"),)},
        {"alignment": (1.0, 1.0, 1.0, 1.0)},
        {"reference": Phase.DELAYED},
        {"volumes": np.zeros((4, *GRID.shape), np.float32)},
        {"phases": (Phase.ARTERIAL, Phase.PRE, Phase.HEPATOBILIARY)},
    ],
)
def test_a_study_whose_parts_are_not_of_its_phases_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((ValueError, InputError)):
        study(**changes)
