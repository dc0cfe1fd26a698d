"""What speaks for and against a class is read beside the liver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from support.made_analysis import NO_FIGURES, made_analysis, made_study

from MTINetLib.findings import LesionFinding
from MTINetLib.presentation.class_signs import reasons_in_words, signs_of
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, OTHER, UNDECIDED
from MTINetLib.study.phase import Phase

PRE, ARTERIAL, VENOUS, DELAYED = Phase.PRE, Phase.ARTERIAL, Phase.PORTAL_VENOUS, Phase.DELAYED


@pytest.fixture(scope="module")
def made() -> LesionFinding:
    return made_analysis(made_study()).findings.lesions[0]


def lesion(
    made: LesionFinding,
    contrast: Mapping[Phase, float],
    *,
    answer: str = HCC,
    highest: float = 0.9,
    kind: str = "persistent",
) -> LesionFinding:
    gain = contrast[ARTERIAL] - contrast[PRE] if {PRE, ARTERIAL} <= contrast.keys() else None
    figures = replace(
        NO_FIGURES,
        lesion_to_liver_contrast=contrast,
        arterial_contrast_gain=gain,
        relative_enhancement={ARTERIAL: highest / 2, VENOUS: highest},
        curve_kind=kind,
    )
    shares = {HCC: 0.6, HEMANGIOMA: 0.3, OTHER: 0.1}
    return replace(made, lesion_class=answer, probabilities=shares, enhancement=figures)


def test_washout_is_judged_against_the_liver_and_not_by_the_lesions_own_curve(made: LesionFinding) -> None:
    """Its own signal rises to the end, as that of most real HCC does; the liver's rises more."""
    rising = lesion(made, {PRE: -0.1, ARTERIAL: 0.25, VENOUS: -0.04, DELAYED: -0.14}, kind="persistent")
    (for_it,) = reasons_in_words(rising)
    assert for_it == (
        "Speaks for HCC: enhances more than the liver in the arterial phase (+35 %), washes out against the "
        "liver, darker in the delayed phase (-14 %)"
    )


def test_what_stays_bright_speaks_for_hemangioma_and_against_hcc(made: LesionFinding) -> None:
    contrast = {PRE: -0.2, ARTERIAL: 0.1, VENOUS: 0.2, DELAYED: 0.24}
    assert reasons_in_words(lesion(made, contrast, answer=HEMANGIOMA)) == (
        "Speaks for hemangioma: stays brighter than the liver in the delayed phase (+24 %)",
    )
    assert reasons_in_words(lesion(made, contrast, answer=HCC))[1] == (
        "Speaks against HCC: stays brighter than the liver in the delayed phase (+24 %)"
    )


def test_what_was_never_bright_does_not_wash_out(made: LesionFinding) -> None:
    dark = lesion(made, {PRE: -0.2, ARTERIAL: -0.3, VENOUS: -0.3, DELAYED: -0.28}, answer=OTHER)
    (late,) = [sign for sign in signs_of(dark) if "darker" in sign.words]
    assert HCC not in late.speaks_for
    assert HEMANGIOMA in late.speaks_against


def test_a_cyst_speaks_against_both(made: LesionFinding) -> None:
    (sign,) = signs_of(lesion(made, {PRE: -0.3, ARTERIAL: -0.6, DELAYED: -0.6}, highest=0.04))
    assert sign.speaks_against == (HCC, HEMANGIOMA)
    assert "+4 %" in sign.words


def test_after_a_hepatobiliary_agent_the_delayed_phase_does_not_count(made: LesionFinding) -> None:
    contrast = {PRE: 0.0, ARTERIAL: 0.3, VENOUS: 0.02, DELAYED: -0.4, Phase.HEPATOBILIARY: -0.6}
    assert not any("darker" in sign.words for sign in signs_of(lesion(made, contrast)))


def test_as_bright_as_the_liver_says_nothing(made: LesionFinding) -> None:
    assert signs_of(lesion(made, {PRE: 0.0, ARTERIAL: 0.03, DELAYED: -0.04})) == ()


def test_of_an_undecided_lesion_the_likeliest_class_is_meant(made: LesionFinding) -> None:
    contrast = {PRE: -0.1, ARTERIAL: 0.25, DELAYED: -0.14}
    undecided = reasons_in_words(lesion(made, contrast, answer=UNDECIDED))
    assert undecided == reasons_in_words(lesion(made, contrast, answer=HCC))


def test_nothing_is_said_where_no_liver_was_measured(made: LesionFinding) -> None:
    assert reasons_in_words(replace(made, enhancement=NO_FIGURES)) == ()
