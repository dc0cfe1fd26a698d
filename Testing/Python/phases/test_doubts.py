"""What contradicts phases that were found or named, as flags."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from MTINetLib.phases.doubts import phase_doubts
from MTINetLib.phases.given import GivenPhase, given_phases
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase

PRE, ARTERIAL, PORTAL_VENOUS, DELAYED = FOUR_PHASES
GRID = Grid((12, 16, 16), (1.0, 1.0, 3.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
TIMES = {PRE: 0.0, ARTERIAL: 55.0, PORTAL_VENOUS: 95.0, DELAYED: 215.0}


def volumes(**of_phase: dict[str, Any]) -> dict[Phase, SourceVolume]:
    """A sound study of four series without words; ``of_phase`` changes volumes, by the phase's name."""
    found = {}
    for phase in FOUR_PHASES:
        changes = dict(of_phase.get(phase.value, {}))
        headers = {"acquisition_s": TIMES[phase], "StudyInstanceUID": "1.2"} | changes.pop("headers", {})
        volume = SourceVolume.of_array(np.zeros(GRID.shape), GRID, "")
        uids = tuple(f"1.2.{FOUR_PHASES.index(phase)}.{number}" for number in range(12))
        found[phase] = replace(volume, headers=headers, series_uid=f"1.{phase.value}", instance_uids=uids)
        found[phase] = replace(found[phase], **changes)
    return found


def test_a_sound_study_has_no_doubts() -> None:
    assert phase_doubts(volumes()) == ()


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"delayed": {"headers": {"acquisition_s": 83.0}}}, "out_of_order:portal_venous:delayed:12_s"),
        ({"pre": {"headers": {"acquisition_s": -7200.0}}}, "unusual_step:pre:arterial:121_min"),
        ({"arterial": {"description": "LAVA 3 min delay"}}, "named_otherwise:arterial:delayed"),
        ({"delayed": {"description": "LAVA HBP"}}, "named_otherwise:delayed:hepatobiliary"),
        ({"pre": {"description": "LAVA +C"}}, "named_otherwise:pre:contrast_given"),
        (
            {"delayed": {"headers": {"ContrastBolusAgentPhase": "ARTERIAL"}}},
            "tagged_otherwise:delayed:arterial",
        ),
        ({"arterial": {"description": "T2 haste"}}, "other_kind:arterial:T2-weighted"),
        ({"delayed": {"headers": {"StudyInstanceUID": "1.3"}}}, "different_studies"),
        (
            {"delayed": {"instance_uids": tuple(f"1.2.1.{number}" for number in range(12))}},
            "shared_uids:arterial:delayed",
        ),
    ],
)
def test_what_contradicts_a_phase_is_a_flag_with_its_values(changes: Any, flag: str) -> None:
    assert flag in phase_doubts(volumes(**changes))


def test_a_study_without_times_is_not_doubted_for_it() -> None:
    bare = {phase: replace(volume, headers={}) for phase, volume in volumes().items()}
    assert phase_doubts(bare) == ()


def test_given_phases_keep_what_is_known_and_leave_the_values_to_the_study() -> None:
    known = ("out_of_order:pre:arterial:4_s", "offset:200", "uncovered:arterial:9_mm:12_percent")
    phases = {
        phase: GivenPhase(volume, ("named",), 0.75 if phase is PRE else 1.0)
        for phase, volume in volumes().items()
    }
    given = given_phases(phases, known)
    assert given.flags == ("out_of_order:pre:arterial:4_s", "phase_doubt:pre", "times_unknown")
    assert given.phases == FOUR_PHASES
