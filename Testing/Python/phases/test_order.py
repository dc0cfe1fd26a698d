"""Four volumes without times and names: their order is used only when a person confirms it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support import dicom_layouts as layouts
from support.recognised import recognise_phases

from MTINetLib.errors import InputError
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import FOUR_PHASES, Phase

TRUTH = layouts.make_truth()


def _numbered(order: Sequence[int] = (0, 1, 2, 3), **more: Any) -> list[SourceVolume]:
    """Volumes of the truth's times in an order, with series numbers and nothing else."""
    made = []
    for number, t in enumerate(order):
        volume = SourceVolume.of_array(TRUTH.volumes[t], TRUTH.grid, "")
        headers = {"EchoTime": 1.8, "SeriesNumber": str(10 + number), **more}
        made.append(replace(volume, series_uid=f"1.2.{number}", headers=headers))
    return made


def test_without_the_user_s_word_the_error_names_the_option() -> None:
    with pytest.raises(InputError, match=r"confirm it with --assume-order"):
        recognise_phases(_numbered(), phases=FOUR_PHASES)


def test_a_confirmed_order_is_used_said_and_flagged() -> None:
    volumes = _numbered()
    assignment = recognise_phases(volumes[::-1], assume_order=True, phases=FOUR_PHASES)
    assert list(assignment.volumes) == volumes
    assert max(verdict.confidence for verdict in assignment.verdicts) < 0.8
    for phase, place in zip(FOUR_PHASES, (1, 2, 3, 4), strict=True):
        assert assignment.verdict(phase).evidence[0] == f"assumed:{place}:4:series_number"
        assert f"phase_doubt:{phase.value}" in assignment.flags
    assert "order_assumed" in assignment.flags


def test_time_points_of_one_series_count_before_other_numbers() -> None:
    volumes = [
        replace(volume, series_uid="1.2", time_point=4 - number)
        for number, volume in enumerate(_numbered((3, 2, 1, 0)))
    ]
    assignment = recognise_phases(volumes, assume_order=True, phases=FOUR_PHASES)
    for phase in FOUR_PHASES:
        np.testing.assert_array_equal(assignment.volume(phase).array, TRUTH.volumes[FOUR_PHASES.index(phase)])


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (3, 1, 2, 0), (2, 1, 0, 3)])
def test_an_order_that_the_pixels_contradict_is_never_used(order: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"--assume-order cannot help: .*darkest"):
        recognise_phases(_numbered(order), assume_order=True, phases=FOUR_PHASES)
    with pytest.raises(InputError) as caught:
        recognise_phases(_numbered(order), phases=FOUR_PHASES)
    assert "--assume-order" not in str(caught.value)


def test_words_and_times_stand_above_an_assumed_order() -> None:
    named = [
        replace(volume, description=text)
        for volume, text in zip(_numbered(), ("pre", "art", "pv", "del"), strict=True)
    ]
    assignment = recognise_phases(named, assume_order=True, phases=FOUR_PHASES)
    assert assignment.volume(Phase.PRE).description == "pre"
    assert "order_assumed" not in assignment.flags
    one_word = [replace(_numbered()[0], description="T1 delayed"), *_numbered()[1:]]
    with pytest.raises(InputError, match=r"cannot help: .*'delayed'"):
        recognise_phases(one_word, assume_order=True, phases=FOUR_PHASES)


def test_five_volumes_have_no_order_to_assume() -> None:
    fifth = replace(_numbered()[3], headers={"SeriesNumber": "14"}, series_uid="1.2.9")
    with pytest.raises(InputError, match=r"cannot help: 5 volumes may be phases, not four"):
        recognise_phases([*_numbered(), fifth], assume_order=True, phases=FOUR_PHASES)


def test_volumes_that_nothing_numbers_have_no_order() -> None:
    volumes = _numbered(SeriesNumber="1")
    with pytest.raises(InputError, match=r"cannot help: no attribute numbers the volumes"):
        recognise_phases(volumes, assume_order=True, phases=FOUR_PHASES)


def test_a_hepatobiliary_phase_is_not_the_fourth_of_an_order() -> None:
    volumes = _numbered()
    volumes[3] = replace(volumes[3], description="HBP 20min")
    with pytest.raises(InputError, match=r"cannot help: .*hepatobiliary"):
        recognise_phases(volumes, assume_order=True, phases=FOUR_PHASES)


def test_what_the_user_names_has_to_agree_with_the_order() -> None:
    with pytest.raises(InputError, match=r"cannot help: it contradicts"):
        recognise_phases(_numbered(), {Phase.PRE: "#2"}, assume_order=True, phases=FOUR_PHASES)
    assignment = recognise_phases(_numbered(), {Phase.PRE: "#1"}, assume_order=True, phases=FOUR_PHASES)
    assert assignment.verdicts[0].confidence == 1.0
    assert assignment.verdicts[1].confidence < 0.8
