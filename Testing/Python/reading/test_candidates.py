"""A word of another kind of series beside the word of a phase is a doubt in a volume that looks like one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support import dicom_layouts as layouts
from support.recognised import recognise_phases

from MTINetLib.errors import InputError
from MTINetLib.reading.candidates import candidates_among
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase

TRUTH = layouts.make_truth()
NAMES = ("LAVA mask", "LAVA art", "LAVA portal", "LAVA late")


def _volume(t: int, description: str, slices: int | None = None, **more: Any) -> SourceVolume:
    headers = {"ImageType": ["ORIGINAL", "PRIMARY"], "EchoTime": 1.8, **more}
    grid = TRUTH.grid
    array = TRUTH.volumes[t, :slices]
    grid = Grid(array.shape, grid.spacing, grid.origin, grid.direction)
    made = SourceVolume.of_array(array, grid, description)
    return replace(made, series_uid=f"1.2.{t}.{description}", headers=headers)


def _with(phase: Phase, description: str, slices: int | None = None, **more: Any) -> list[SourceVolume]:
    """Four phases, one of them called ``description``."""
    volumes = [_volume(t, name) for t, name in enumerate(NAMES)]
    volumes[FOUR_PHASES.index(phase)] = _volume(FOUR_PHASES.index(phase), description, slices, **more)
    return volumes


@pytest.mark.parametrize(
    ("phase", "description", "word"),
    [
        (Phase.ARTERIAL, "FSPGR SMARTPREP arterial", "smartprep"),
        (Phase.ARTERIAL, "careBolus_20 art", "carebolus"),
        (Phase.ARTERIAL, "art nach Bolus-Tracking", "bolus"),
        (Phase.DELAYED, "VIBE tardif VR", "vr"),
        (Phase.PORTAL_VENOUS, "T1 veineux b 120", "b 120"),
        (Phase.PRE, "LOC nativ", "loc"),
        (Phase.PORTAL_VENOUS, "portal for MIP", "mip"),
        (Phase.ARTERIAL, "art (for sub)", "sub"),
    ],
)
def test_a_whole_volume_that_is_called_a_phase_is_used_and_doubted(
    phase: Phase, description: str, word: str
) -> None:
    found = recognise_phases(_with(phase, description), phases=FOUR_PHASES)
    for each in FOUR_PHASES:
        np.testing.assert_array_equal(found.volume(each).array, TRUTH.volumes[FOUR_PHASES.index(each)])
    verdict = found.verdict(phase)
    assert 0.6 <= verdict.confidence < 0.8
    assert any(f"the description also says '{word}'" in item for item in verdict.evidence)
    assert {f"phase_doubt:{phase.value}", f"phase_contradiction:{phase.value}"} <= set(found.flags)
    assert not any(
        flag.startswith("phase_doubt") and not flag.endswith(f":{phase.value}") for flag in found.flags
    )


def test_all_four_may_have_the_word() -> None:
    found = recognise_phases(
        [_volume(t, f"SmartPrep {name}") for t, name in enumerate(NAMES)], phases=FOUR_PHASES
    )
    assert [found.volume(phase).description for phase in FOUR_PHASES] == [
        f"SmartPrep {name}" for name in NAMES
    ]
    assert all(f"phase_doubt:{phase.value}" in found.flags for phase in FOUR_PHASES)


@pytest.mark.parametrize(
    ("description", "more"),
    [
        ("CareBolus art", {"slices": 1}),
        ("art MIP", {"slices": 5}),
        ("art MIP", {"ImageType": ["DERIVED", "SECONDARY", "OTHER"]}),
        ("art sub", {"ImageType": ["DERIVED", "PRIMARY"]}),
        ("art sub", {"ImageType": ["ORIGINAL", "PRIMARY", "SUBTRACTION"]}),
        ("art sub", {"ImageType": None}),
        ("art VR", {"ImageType": ["DERIVED", "SECONDARY"]}),
        ("art b 50", {"DiffusionBValue": 50.0}),
        ("art b 50", {"EchoTime": 61.0}),
        ("art T2", {}),
        ("dwi art", {}),
        ("SmartPrep", {}),
    ],
)
def test_what_only_sounds_like_a_phase_stays_out(description: str, more: dict[str, Any]) -> None:
    volumes = _with(Phase.ARTERIAL, description, **more)
    assert volumes[1] not in candidates_among(volumes)[0]
    with pytest.raises(InputError, match="arterial phase"):
        recognise_phases(volumes, phases=FOUR_PHASES)


def test_beside_the_phase_itself_what_was_made_of_it_stays_out() -> None:
    volumes = [_volume(t, name) for t, name in enumerate(NAMES)]
    made = [_volume(t, f"{NAMES[t]} MIP") for t in (1, 2)]
    found = recognise_phases([*volumes, *made], phases=FOUR_PHASES)
    assert [found.volume(phase) for phase in FOUR_PHASES] == volumes
    assert {item.reason for item in found.left_out} == {"a projection or reformat"}
