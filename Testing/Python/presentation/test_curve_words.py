"""Every flag of curves has words, and figures have their units."""

from __future__ import annotations

import pytest

from MTINetLib.curves import measure, open_series
from MTINetLib.curves.results import CurveFigures
from MTINetLib.presentation.curve_words import FIGURES, curve_flag_in_words, figure_in_words

CODES = {
    measure.TIMES_UNKNOWN: (),
    measure.POINTS_MOVED: ("3", "9", "7_mm"),
    measure.POINTS_UNUSABLE: ("1", "9"),
    measure.NOT_MEASURED: ("1", "9"),
    measure.IN_PART: ("1", "9"),
    measure.NO_BASELINE: (),
    measure.NO_CONTRAST: (),
    open_series.TIMES_UNSURE: ("content_time",),
    open_series.DIFFERENT_STUDIES: (),
}


@pytest.mark.parametrize("code", CODES)
def test_every_flag_of_curves_has_words_with_its_values(code: str) -> None:
    said = curve_flag_in_words(":".join((code, *CODES[code])))
    assert code not in said
    assert all(value.replace("_", " ") in said for value in CODES[code])


def test_flags_of_volumes_are_said_as_everywhere() -> None:
    assert curve_flag_in_words("duplicate_slices") == "slices were there twice"


def test_every_figure_but_the_number_of_the_peak_has_a_name() -> None:
    assert {*FIGURES, "peak_point"} == set(CurveFigures.__dataclass_fields__)
    assert figure_in_words("peak_relative", 1.604) == "160.4 %"
    assert figure_in_words("wash_out_per_s", -0.0125) == "-1.25 %/s"
    assert figure_in_words("area_s", None) == "-"
