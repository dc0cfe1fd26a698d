from __future__ import annotations

from dataclasses import replace

import pytest
from support.made_analysis import NO_FIGURES, made_analysis, made_study

from MTINetLib.findings import LesionFinding
from MTINetLib.presentation.figure_words import figures_in_words, figures_without_phases
from MTINetLib.presentation.words import flag_in_brief, summary_in_words
from MTINetLib.study.lesion_class import UNDECIDED
from MTINetLib.study.phase import FOUR_PHASES, Phase


@pytest.fixture(scope="module")
def lesion() -> LesionFinding:
    return made_analysis(made_study()).findings.lesions[0]


def test_figures_are_those_of_the_findings(lesion: LesionFinding) -> None:
    values = {figure.name: figure.value for figure in figures_in_words(lesion, FOUR_PHASES)}
    figures = lesion.enhancement
    assert values["Arterial enhancement"] == f"{100 * figures.relative_enhancement[Phase.ARTERIAL]:+.0f} %"
    assert (
        values["Contrast to liver, delayed"]
        == f"{100 * figures.lesion_to_liver_contrast[Phase.DELAYED]:+.0f} %"
    )
    assert values["Wash-in"] == f"{100 * figures.wash_in_per_s:+.1f} % / s"
    assert values["Late change"] == f"{100 * figures.late_change:+.0f} %"
    assert values["Curve"] == "washout"


def test_what_could_not_be_computed_is_a_dash(lesion: LesionFinding) -> None:
    bare = replace(lesion, enhancement=NO_FIGURES)
    assert {figure.value for figure in figures_in_words(bare, FOUR_PHASES)} == {"-", "- / -"}


def test_every_figure_says_how_to_read_it(lesion: LesionFinding) -> None:
    assert all(figure.meaning for figure in figures_in_words(lesion, FOUR_PHASES))


def test_the_summary_counts_by_class() -> None:
    findings = made_analysis(made_study()).findings
    assert summary_in_words(findings) == "2 lesions found: 1 HCC, 1 hemangioma."
    undecided = replace(findings.lesions[0], lesion_class=UNDECIDED)
    assert summary_in_words(replace(findings, lesions=(undecided,))) == "1 lesion found: 1 undecided."
    assert summary_in_words(replace(findings, lesions=())).startswith("No lesion was found.")


def test_flags_have_a_short_form() -> None:
    assert flag_in_brief("under_10_mm") == "small"
    assert flag_in_brief("motion:arterial") == "motion"
    assert flag_in_brief("something_new:1") == "something new"


def test_a_figure_without_its_phase_says_which_one_it_needs(lesion: LesionFinding) -> None:
    three = replace(lesion, enhancement=replace(lesion.enhancement, late_change=None, curve_kind=None))
    figures = {figure.name: figure for figure in figures_in_words(three, FOUR_PHASES[:3])}
    assert figures["Late change"].value == figures["Curve"].value == "-"
    for name in ("Late change", "Curve", "Contrast to liver, delayed"):
        assert figures[name].meaning == "needs the delayed phase, which this study does not have"
    assert " / " not in figures["Washout ratio"].value
    assert figures["Washout ratio"].meaning.startswith("portal venous;")


def test_what_a_study_lacks_is_said_once_for_each_cause() -> None:
    assert figures_without_phases(FOUR_PHASES) == ()
    assert figures_without_phases((*FOUR_PHASES, Phase.HEPATOBILIARY)) == ()
    (said,) = figures_without_phases(FOUR_PHASES[:3])
    assert said == (
        "Not computed: delayed washout ratio, late change and kind of curve; each needs the delayed phase, "
        "which this study does not have."
    )
