"""Sets of phases other than the usual four are recognised by the same evidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from support.recognised import recognise_phases

from MTINetLib.errors import InputError
from MTINetLib.phases.clues import clues_of
from MTINetLib.phases.recognise import PhaseAssignment
from MTINetLib.phases.scores import search
from MTINetLib.phases.signal_check import check_signal
from MTINetLib.phases.times import between
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase

GRID = Grid((12, 40, 48), (3.0, 3.0, 4.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
THREE = FOUR_PHASES[:3]
FIVE = (*FOUR_PHASES, Phase.HEPATOBILIARY)
SIX = tuple(Phase)
NAMES = {
    Phase.PRE: "VIBE nativ",
    Phase.EARLY_ARTERIAL: "VIBE early arterial",
    Phase.ARTERIAL: "VIBE late arterial",
    Phase.PORTAL_VENOUS: "VIBE portal venous",
    Phase.DELAYED: "VIBE delayed",
    Phase.HEPATOBILIARY: "VIBE HBP",
}
#: Seconds of the day, and the signal of vessels, liver and other tissue.
TIMES = dict(zip(Phase, (36000.0, 36080.0, 36095.0, 36135.0, 36250.0, 37300.0), strict=True))
SIGNAL = {
    Phase.PRE: (100, 150, 120),
    Phase.EARLY_ARTERIAL: (500, 155, 121),
    Phase.ARTERIAL: (600, 170, 122),
    Phase.PORTAL_VENOUS: (380, 260, 130),
    Phase.DELAYED: (300, 230, 132),
    Phase.HEPATOBILIARY: (110, 330, 124),
}


def volume(phase: Phase, name: str | None = None, *, timed: bool = False) -> SourceVolume:
    """A body with vessels and a liver as they look in a phase."""
    rng = np.random.default_rng(len(phase.value))
    vessels, liver, other = SIGNAL[phase]
    array = rng.normal(8, 3, GRID.shape)
    array[:, 4:36, 4:44] = rng.normal(other, 3, (12, 32, 40))
    array[:, 8:28, 6:24] = rng.normal(liver, 3, (12, 20, 18))
    array[:, 16:20, 28:32] = rng.normal(vessels, 3, (12, 4, 4))
    made = SourceVolume.of_array(np.abs(array), GRID, NAMES[phase] if name is None else name)
    headers = {"ImageType": ["ORIGINAL", "PRIMARY"], "EchoTime": 1.8}
    made.headers.update({**headers, "acquisition_s": TIMES[phase]} if timed else headers)  # type: ignore[attr-defined]
    return made


def is_right(found: PhaseAssignment, volumes: Sequence[SourceVolume], phases: Sequence[Phase]) -> bool:
    return found.phases == tuple(phases) and all(
        found.volume(phase) is one for phase, one in zip(phases, volumes, strict=True)
    )


@pytest.mark.parametrize("phases", [THREE, FIVE, SIX, (Phase.PRE, Phase.HEPATOBILIARY), FOUR_PHASES[1:]])
@pytest.mark.parametrize("timed", [False, True])
def test_named_volumes_are_the_phases_that_are_looked_for(phases: tuple[Phase, ...], timed: bool) -> None:
    volumes = [volume(phase, timed=timed) for phase in phases]
    found = recognise_phases(volumes[::-1], phases=phases)
    assert is_right(found, volumes, phases)
    assert min(verdict.confidence for verdict in found.verdicts) >= 0.6
    assert len(found.times_s) == len(phases)


def test_times_alone_tell_five_phases_apart() -> None:
    volumes = [volume(phase, "VIBE dyn", timed=True) for phase in FIVE]
    found = recognise_phases(volumes, phases=FIVE)
    assert is_right(found, volumes, FIVE)
    assert found.times_s == (0.0, 95.0, 135.0, 250.0, 1300.0)


def test_a_phase_that_is_not_looked_for_is_left_out_by_its_name() -> None:
    volumes = [volume(phase, timed=True) for phase in FIVE]
    found = recognise_phases(volumes, phases=THREE)
    assert is_right(found, volumes[:3], THREE)
    reasons = {item.volume.description: item.reason for item in found.left_out}
    assert reasons["VIBE delayed"] == "a delayed phase, which the model does not take"
    assert "hepatobiliary" in reasons["VIBE HBP"]


def test_a_missing_phase_is_named_with_the_option_for_it() -> None:
    volumes = [volume(phase, timed=True) for phase in FOUR_PHASES]
    with pytest.raises(
        InputError, match=r"^The study lacks the hepatobiliary phase: pre-contrast, arterial,"
    ) as refused:
        recognise_phases(volumes, phases=FIVE)
    assert "name it with --phase hepatobiliary=... and its #number" in str(refused.value)


def test_a_phase_that_the_user_names_must_be_looked_for() -> None:
    volumes = [volume(phase) for phase in FOUR_PHASES]
    with pytest.raises(
        InputError, match=r"named as the delayed phase.*takes pre-contrast, arterial and portal"
    ):
        recognise_phases(volumes, {Phase.DELAYED: "#4"}, phases=THREE)


def test_three_volumes_in_the_order_of_their_numbers_are_three_phases() -> None:
    volumes = [volume(phase, "T1") for phase in THREE]
    for number, one in enumerate(volumes):
        one.headers["SeriesNumber"] = number + 4  # type: ignore[index]
    with pytest.raises(InputError, match="confirm it with --assume-order"):
        recognise_phases(volumes, phases=THREE)
    found = recognise_phases(volumes[::-1], phases=THREE, assume_order=True)
    assert is_right(found, volumes, THREE)
    assert found.verdict(Phase.ARTERIAL).evidence[0] == "assumed:2:3:series_number"


def test_dark_vessels_of_a_hepatobiliary_phase_are_no_doubt() -> None:
    volumes = [volume(phase) for phase in FIVE]
    assert check_signal(volumes, FIVE).flags == ()
    assert recognise_phases(volumes, phases=FIVE).flags == ("times_unknown",)


def test_a_flag_names_the_phase_that_it_is_about() -> None:
    volumes = [volume(phase) for phase in (Phase.PRE, Phase.HEPATOBILIARY)]
    volumes[1] = SourceVolume.of_array(3 * volumes[1].array, GRID, "HBP")
    assert "scaled_apart:hepatobiliary" in check_signal(volumes, (Phase.PRE, Phase.HEPATOBILIARY)).flags


def test_windows_add_up_over_phases_that_were_not_taken() -> None:
    one, two = between(Phase.ARTERIAL, Phase.PORTAL_VENOUS), between(Phase.PORTAL_VENOUS, Phase.DELAYED)
    usual, possible = between(Phase.ARTERIAL, Phase.DELAYED)
    assert usual == (one[0][0] + two[0][0], one[0][1] + two[0][1])
    assert possible == (one[1][0] + two[1][0], one[1][1] + two[1][1])


def test_forty_volumes_and_six_phases_take_no_more_work_than_they_must() -> None:
    names = [f"VIBE dyn {n}" for n in range(34)]
    volumes = [*(volume(phase) for phase in SIX), *(volume(Phase.ARTERIAL, name) for name in names)]
    clues, _ = clues_of(volumes, SIX)
    found = search(clues, {}, SIX, 0.9)
    assert found.options == (0, 1, 2, 3, 4, 5)
    assert found.tried < 40**4
