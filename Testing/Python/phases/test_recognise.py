"""Phases are recognised by evidence; what cannot be told apart is asked, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support import dicom_layouts as layouts
from support.recognised import recognise_phases

from MTINetLib.errors import InputError
from MTINetLib.phases.recognise import PhaseAssignment
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.evidence import NAMED, quotes
from MTINetLib.study.phase import FOUR_PHASES, Phase

TRUTH = layouts.make_truth()


def _volume(t: int, description: str = "", time: float | None = None, **more: Any) -> SourceVolume:
    """A volume of the truth's time ``t``; ``more`` are headers."""
    headers = {"ImageType": ["ORIGINAL", "PRIMARY"], "EchoTime": 1.8, "acquisition_s": time, **more}
    made = SourceVolume.of_array(TRUTH.volumes[t], TRUTH.grid, description)
    return replace(made, series_uid=f"1.2.{t}.{abs(hash(description)) % 1000}", headers=headers)


def _series(times: Sequence[float | None], descriptions: Sequence[str], **more: Any) -> list[SourceVolume]:
    return [
        _volume(t, text, time, **more) for t, (time, text) in enumerate(zip(times, descriptions, strict=True))
    ]


def _is_right(assignment: PhaseAssignment) -> bool:
    return all(
        np.array_equal(assignment.volume(phase).array, TRUTH.volumes[FOUR_PHASES.index(phase)])
        for phase in FOUR_PHASES
    )


NONE = (None, None, None, None)


@pytest.mark.parametrize(
    "descriptions",
    [
        ("Ax LAVA PRE", "Ax LAVA +C ART", "Ax LAVA +C PV", "Ax LAVA +C DELAY 3min"),
        ("t1_vibe_fs_nativ", "t1_vibe_fs_arteriell", "t1_vibe_fs_portalvenös", "t1_vibe_fs_spät"),
        ("T1 VIBE vor KM", "T1 VIBE 20s", "T1 VIBE 70s", "T1 VIBE 3min"),
        ("eTHRIVE sans injection", "eTHRIVE artériel", "eTHRIVE portal", "eTHRIVE tardif"),
        ("T1 senza mdc", "T1 fase arteriosa", "T1 fase portale", "T1 fase tardiva"),
        ("T1 平扫", "T1 动脉期", "T1 门脉期", "T1 延迟期"),
        ("C-", "C+ late arterial", "C+ venous", "C+ equilibrium"),
    ],
)
def test_words_of_many_languages_name_the_phases(descriptions: tuple[str, ...]) -> None:
    assignment = recognise_phases(_series(NONE, descriptions), phases=FOUR_PHASES)
    assert _is_right(assignment)
    assert min(verdict.confidence for verdict in assignment.verdicts) >= 0.8
    assert assignment.times_s == NONE


def test_times_after_the_bolus_name_the_phases_without_words() -> None:
    volumes = _series((-20.0, 32.0, 72.0, 190.0), ("T1",) * 4)
    volumes = [replace(v, headers={**v.headers, "bolus_start_s": 0.0}) for v in volumes[::-1]]
    assignment = recognise_phases(volumes, phases=FOUR_PHASES)
    assert _is_right(assignment)
    assert assignment.times_s == (-20.0, 32.0, 72.0, 190.0)
    assert "after_bolus:32" in assignment.verdicts[1].evidence


def test_times_between_phases_name_them_without_words_or_bolus() -> None:
    assignment = recognise_phases(_series((100.0, 160.0, 205.0, 330.0), ("T1",) * 4), phases=FOUR_PHASES)
    assert _is_right(assignment)
    assert assignment.times_s == (0.0, 60.0, 105.0, 230.0)
    assert "times_from_pre" in assignment.flags


@pytest.mark.parametrize(
    "volumes",
    [
        _series((100.0, 160.0, 205.0, 330.0), ("T1",) * 4),
        [replace(one, headers={**one.headers, "acquisition_s": None, "content_s": 60.0 * t})
         for t, one in enumerate(_series(NONE, ("PRE", "ART", "PV", "DELAYED")))],
        [replace(one, time_point=t, series_uid="1.2", headers={**one.headers, "trigger_s": 60.0 * t})
         for t, one in enumerate(_series(NONE, ("LAVA",) * 4))],
        [replace(one, headers={**one.headers, "SeriesNumber": str(t)})
         for t, one in enumerate(_series(NONE, ("",) * 4))],
        _series(NONE, ("LAVA PRE", "LAVA ART", "LAVA PV", "LAVA DEL"), ContrastBolusAgentPhase="")[:3],
    ],
)  # fmt: skip
def test_evidence_is_codes_with_values_wherever_it_quotes_nobody(volumes: list[SourceVolume]) -> None:
    assignment = recognise_phases(volumes, phases=FOUR_PHASES[: len(volumes)], assume_order=True)
    own = [item for verdict in assignment.verdicts for item in verdict.evidence if not quotes(item)]
    assert own
    for item in own:
        assert re.fullmatch(r"[a-z_]+(:[a-z0-9_.-]+)*", item), item


def test_words_and_times_together_are_surer_than_either() -> None:
    words = ("LAVA PRE", "LAVA ART", "LAVA PV", "LAVA DEL")
    times = (100.0, 160.0, 205.0, 330.0)
    both = recognise_phases(_series(times, words), phases=FOUR_PHASES).verdicts[3].confidence
    assert both > recognise_phases(_series(times, ("T1",) * 4), phases=FOUR_PHASES).verdicts[3].confidence
    assert both > recognise_phases(_series(NONE, words), phases=FOUR_PHASES).verdicts[3].confidence


def test_words_that_contradict_the_times_are_asked_and_both_are_said() -> None:
    volumes = _series((100.0, 160.0, 205.0, 330.0), ("LAVA PRE", "LAVA PV", "LAVA ART", "LAVA DEL"))
    with pytest.raises(InputError) as caught:
        recognise_phases(volumes, phases=FOUR_PHASES)
    text = str(caught.value)
    assert "not sure" in text
    assert "the description says" in text
    assert "acquired" in text
    assert "--pre" in text


def test_a_description_against_the_pixels_is_doubted() -> None:
    swapped = _series(NONE, ("LAVA DEL", "LAVA ART", "LAVA PV", "LAVA PRE"))
    with pytest.raises(InputError, match="darkest"):
        recognise_phases(swapped, phases=FOUR_PHASES)


def test_a_missing_phase_is_named_with_what_was_found() -> None:
    volumes = _series((100.0, 160.0, 205.0, 330.0), ("LAVA PRE", "LAVA ART", "LAVA PV", "LAVA DEL"))
    lacks = (
        "^The study lacks the delayed phase: pre-contrast, arterial and portal venous are certain, and no "
    )
    with pytest.raises(InputError, match=lacks) as caught:
        recognise_phases(volumes[:3], phases=FOUR_PHASES)
    assert "'LAVA PV' (8 slices, 00:03:25)" in str(caught.value)


def test_volumes_without_words_and_times_are_asked() -> None:
    with pytest.raises(InputError, match="Name the four phases yourself"):
        recognise_phases(_series(NONE, ("T1", "T1", "T1", "T1")), phases=FOUR_PHASES)


def test_of_several_arterial_frames_the_late_one_is_used_and_the_others_are_listed() -> None:
    volumes = _series((100.0, 160.0, 205.0, 330.0), ("VIBE pre", "VIBE art 3", "VIBE pv", "VIBE del"))
    early = [_volume(1, f"VIBE art {number}", time) for number, time in ((1, 140.0), (2, 150.0))]
    early = [replace(v, series_uid=f"9.{number}") for number, v in enumerate(early)]
    assignment = recognise_phases([volumes[0], *early, *volumes[1:]], phases=FOUR_PHASES)
    assert assignment.volume(Phase.ARTERIAL).description == "VIBE art 3"
    assert [item.volume.description for item in assignment.left_out] == ["VIBE art 1", "VIBE art 2"]
    assert "several_candidates:arterial" in assignment.flags


def test_a_hepatobiliary_phase_is_left_out() -> None:
    volumes = _series((100.0, 160.0, 205.0, 330.0), ("VIBE pre", "VIBE art", "VIBE pv", "VIBE 3min"))
    late = replace(_volume(3, "VIBE HBP 20min", 1300.0), series_uid="9.9")
    assignment = recognise_phases([*volumes, late], phases=FOUR_PHASES)
    assert _is_right(assignment)
    assert [item.reason for item in assignment.left_out] == ["a hepatobiliary phase"]


def test_a_hepatobiliary_phase_does_not_stand_in_for_the_delayed_one() -> None:
    volumes = _series((100.0, 160.0, 205.0, 1400.0), ("VIBE pre", "VIBE art", "VIBE pv", "VIBE HBP"))
    with pytest.raises(InputError, match="delayed"):
        recognise_phases(volumes, phases=FOUR_PHASES)


@pytest.mark.parametrize(
    ("description", "headers", "reason"),
    [
        ("LAVA SUB ART", {}, "a subtraction"),
        ("LAVA ART MIP", {}, "a projection or reformat"),
        ("Ax T2 FRFSE", {}, "T2- or diffusion-weighted"),
        ("Ax DWI b800", {}, "diffusion-weighted"),
        ("Ax dual", {"EchoTime": 80.0}, "not T1-weighted gradient echo (echo time 80 ms)"),
        ("LAVA ART", {"ImageType": ["DERIVED", "SECONDARY", "SUBTRACT"]}, "a subtraction"),
        ("localizer", {}, "a localizer"),
    ],
)
def test_other_series_are_left_out_with_a_reason(
    description: str, headers: dict[str, Any], reason: str
) -> None:
    volumes = _series((100.0, 160.0, 205.0, 330.0), ("LAVA PRE", "LAVA ART", "LAVA PV", "LAVA DEL"))
    other = replace(_volume(1, description, 158.0, **headers), series_uid="9.9")
    assignment = recognise_phases([other, *volumes], phases=FOUR_PHASES)
    assert _is_right(assignment)
    assert [item.reason for item in assignment.left_out] == [reason]


def test_the_water_images_of_a_dixon_set_are_used() -> None:
    volumes = []
    for t, (name, time) in enumerate(
        zip(("pre", "art", "pv", "del"), (100.0, 160.0, 205.0, 330.0), strict=True)
    ):
        for kind in ("W", "F", "in", "opp"):
            made = _volume(t, f"t1_vibe_dixon_{name}_{kind}", time)
            volumes.append(replace(made, series_uid=f"{t}.{kind}"))
    assignment = recognise_phases(volumes, phases=FOUR_PHASES)
    assert all(assignment.volume(phase).description.endswith("_W") for phase in FOUR_PHASES)


def test_the_users_word_stands_above_all_evidence() -> None:
    volumes = _series((100.0, 160.0, 205.0, 330.0), ("A pre", "A pv", "A art", "A del"))
    told = {Phase.ARTERIAL: "A pv", Phase.PORTAL_VENOUS: "#3"}
    assignment = recognise_phases(volumes, told, phases=FOUR_PHASES)
    assert _is_right(assignment)
    verdict = assignment.verdicts[1]
    assert (verdict.confidence, verdict.evidence[0]) == (1.0, NAMED)
    assert "phase_contradiction:arterial" in assignment.flags


def test_one_volume_for_two_phases_is_refused() -> None:
    volumes = _series(NONE, ("a", "b", "c", "d"))
    with pytest.raises(InputError, match="both the pre-contrast and the delayed phase"):
        recognise_phases(volumes, {Phase.PRE: "a", Phase.DELAYED: "#1"}, phases=FOUR_PHASES)


def test_a_name_that_fits_no_volume_lists_what_there_is() -> None:
    with pytest.raises(InputError, match=r"'x' names no volume for the arterial phase\. Found: #1 'a'"):
        recognise_phases(_series(NONE, ("a", "b", "c", "d")), {Phase.ARTERIAL: "x"}, phases=FOUR_PHASES)


def test_clocks_that_all_say_the_same_are_not_believed() -> None:
    assignment = recognise_phases(
        _series((50.0,) * 4, ("LAVA PRE", "LAVA ART", "LAVA PV", "LAVA DEL")), phases=FOUR_PHASES
    )
    assert _is_right(assignment)
    assert assignment.times_s == NONE


def test_a_contrast_agent_phase_tag_is_believed() -> None:
    tags = ("PRE_CONTRAST", "ARTERIAL", "PORTAL_VENOUS", "DELAYED")
    volumes = [
        replace(v, headers={**v.headers, "ContrastBolusAgentPhase": tag})
        for v, tag in zip(_series(NONE, ("T1",) * 4), tags, strict=True)
    ]
    assert _is_right(recognise_phases(volumes[::-1], phases=FOUR_PHASES))


def test_volumes_that_cannot_be_phases_end_in_a_list() -> None:
    with pytest.raises(InputError, match=r"no volume looks like a dynamic T1 series.*it is T2- or"):
        recognise_phases([_volume(0, "Ax T2"), _volume(1, "Cor T2")], phases=FOUR_PHASES)
