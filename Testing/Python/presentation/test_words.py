from __future__ import annotations

from dataclasses import replace

import pytest
from support.made_analysis import made_analysis, made_study

from MTINetLib.inference import decide, flags
from MTINetLib.presentation import words
from MTINetLib.study.lesion_class import HCC, UNDECIDED


def test_probabilities_never_claim_certainty() -> None:
    assert words.percent(0.9999) == "> 99 %"
    assert words.percent(0.0001) == "< 1 %"
    assert words.percent(0.934) == "93 %"


def test_an_undecided_lesion_shows_both_probabilities() -> None:
    lesion = made_analysis(made_study(), (UNDECIDED,)).findings.lesions[0]
    assert words.probability_in_words(lesion) == "HCC 55 %, hemangioma 45 %"


def test_a_decided_lesion_shows_the_probability_of_its_class() -> None:
    lesion = made_analysis(made_study()).findings.lesions[1]
    assert words.probability_in_words(lesion) == "89 %"
    assert words.probability_in_words(replace(lesion, lesion_class=HCC)) == "11 %"


def test_a_flag_with_a_phase_names_the_phase() -> None:
    assert words.flag_in_words("motion:portal_venous").endswith("(motion): portal venous")


def test_an_unknown_flag_is_still_readable() -> None:
    assert words.flag_in_words("very_new_doubt:some_detail") == "very new doubt: some detail"


KNOWN = [
    value
    for module in (flags, decide)
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str)
]


@pytest.mark.parametrize("flag", KNOWN)
def test_every_flag_of_the_analysis_has_words_of_its_own(flag: str) -> None:
    text = words.flag_in_words(flag)
    assert "_" not in text
    assert text != flag.replace("_", " ").replace(":", ": ")


def test_there_are_flags_to_test() -> None:
    assert len(KNOWN) >= 8


def test_what_is_missing_is_said_in_millimetres_and_percent() -> None:
    said = words.flag_in_words("reference_short:arterial:56_mm:42_percent")
    assert said.endswith("the reference phase lacks: arterial, 56 mm, 42 %")


def test_what_is_said_of_several_phases_is_said_once() -> None:
    flags = ("motion:pre", "under_10_mm", "motion:delayed", "uncovered:arterial:9_mm:5_percent")
    flags += ("motion:arterial", "uncovered:delayed:9_mm:5_percent", "uncovered:pre:8_mm:4_percent")
    flags += ("undecided:little_evidence", "undecided:slices_disagree", "times_unknown")
    motion, _, whole = words.flag_in_words("motion:pre").partition(": ")
    assert whole == "pre-contrast"
    said = words.flags_in_words(flags)
    assert said[:2] == (f"{motion}: pre-contrast, delayed, arterial", "smaller than 10 mm")
    assert said[2].endswith("not in the phase: arterial, delayed, 9 mm, 5 %")
    assert said[3:] == tuple(map(words.flag_in_words, flags[6:])), "these have more to say each"
    assert words.flags_in_words(()) == ()


@pytest.mark.parametrize(
    ("values", "decimals"),
    [((91.4, 152.8), 0), ((9.0, -45.0), 1), ((0.97, None, 1.6), 2), ((0.00091, 0.0018), 5), ((3e8,), 0)],
)
def test_signals_of_any_scale_show_three_figures(values: tuple[float | None, ...], decimals: int) -> None:
    assert words.signal_decimals(values) == decimals
    assert words.signal_decimals((0.0, None)) == words.signal_decimals(()) == 0


def test_an_undecided_lesion_of_many_classes_shows_the_three_likeliest() -> None:
    shares = {"hcc": 0.1, "hemangioma": 0.3, "fnh": 0.15, "net_metastasis": 0.45}
    lesion = replace(
        made_analysis(made_study()).findings.lesions[0], lesion_class=UNDECIDED, probabilities=shares
    )
    assert words.probability_in_words(lesion) == "net metastasis 45 %, hemangioma 30 %, FNH 15 %"
    assert words.probability_in_words(replace(lesion, probabilities={})) == "-"


def test_a_lesion_without_an_image_in_a_phase_is_told_with_the_phase() -> None:
    flags = ("not_measured:arterial", "measured_in_part:delayed:63_percent", "undecided:no_image_arterial")
    assert words.flags_in_words(flags) == (
        "not measured, for the phase has no image there: arterial",
        "measured in a part, for the phase has no image of the rest: delayed, 63 %",
        "undecided, because the arterial phase has no image there",
    )
