from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from MTINetLib.findings import Enhancement, EnhancementCurve
from MTINetLib.inference.enhancement import enhancement_figures
from MTINetLib.study.phase import FOUR_PHASES, Phase

SD = (1.0, 1.0, 1.0, 1.0)
TIMES = (0.0, 30.0, 70.0, 180.0)
LIVER = EnhancementCurve((100.0, 120.0, 180.0, 160.0), SD)


def curve(*mean: float) -> EnhancementCurve:
    return EnhancementCurve(mean, SD)


def test_the_figures_follow_their_formulas() -> None:
    figures = enhancement_figures(FOUR_PHASES, curve(80, 240, 150, 120), LIVER, TIMES)
    assert list(figures.relative_enhancement.values()) == pytest.approx([0, 2, 0.875, 0.5])
    assert list(figures.liver_relative_enhancement.values()) == pytest.approx([0, 0.2, 0.8, 0.6])
    assert list(figures.lesion_to_liver_contrast.values()) == pytest.approx([-0.2, 1.0, -1 / 6, -0.25])
    assert figures.arterial_contrast_gain == pytest.approx(1.2)
    assert figures.wash_in_per_s == pytest.approx(2 / 30)
    assert figures.washout_ratio_percent == pytest.approx({Phase.PORTAL_VENOUS: 120, Phase.DELAYED: 400 / 3})
    assert figures.late_change == pytest.approx(-0.5)
    assert figures.curve_kind == "washout"


@pytest.mark.parametrize(
    ("mean", "kind"),
    [
        ((100, 200, 190, 170), "washout"),
        ((100, 200, 210, 205), "plateau"),
        ((100, 150, 200, 240), "persistent"),
        ((100, 102, 104, 103), None),
    ],
)
def test_the_kind_of_curve(mean: tuple[float, ...], kind: str | None) -> None:
    assert enhancement_figures(FOUR_PHASES, curve(*mean), None, TIMES).curve_kind == kind


def test_the_gain_of_the_scanner_cancels() -> None:
    one = enhancement_figures(FOUR_PHASES, curve(80, 240, 150, 120), LIVER, TIMES)
    liver = EnhancementCurve(tuple(7 * v for v in LIVER.mean), SD)
    other = enhancement_figures(FOUR_PHASES, curve(560, 1680, 1050, 840), liver, TIMES)
    assert other.lesion_to_liver_contrast == pytest.approx(one.lesion_to_liver_contrast)
    assert other.relative_enhancement == pytest.approx(one.relative_enhancement)
    assert other.curve_kind == one.curve_kind


def test_without_a_liver_ring_only_the_lesion_is_described() -> None:
    figures = enhancement_figures(FOUR_PHASES, curve(80, 240, 150, 120), None, TIMES)
    assert list(figures.lesion_to_liver_contrast.values()) == [None] * 4
    assert list(figures.liver_relative_enhancement.values()) == [None] * 4
    assert figures.arterial_contrast_gain is None
    assert figures.washout_ratio_percent == dict.fromkeys((Phase.PORTAL_VENOUS, Phase.DELAYED))
    assert figures.curve_kind == "washout"


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((None, None, None, None), None),
        ((0.0, None, 70.0, 180.0), None),
        ((None, 25.0, 70.0, 180.0), 2 / 25),
        ((-20.0, 25.0, 70.0, 180.0), 2 / 25),
        ((10.0, 10.0, 70.0, 180.0), None),
    ],
)
def test_wash_in_needs_times_and_begins_with_the_bolus(times, expected) -> None:
    figures = enhancement_figures(FOUR_PHASES, curve(80, 240, 150, 120), LIVER, times)
    assert figures.wash_in_per_s == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("mean", [(0, 0, 0, 0), (0, 5, 5, 5), (float("nan"), 1, 1, 1), (-3, 4, 5, 6)])
def test_what_cannot_be_computed_is_none_and_stays_json(mean: tuple[float, ...]) -> None:
    figures = enhancement_figures(FOUR_PHASES, curve(*mean), curve(*mean), TIMES)
    assert list(figures.relative_enhancement.values()) == [None] * 4
    assert all(value is None or math.isfinite(value) for value in numbers(figures))


@pytest.mark.parametrize("baseline", [0.0, -3.0, 5e-324, float("nan"), float("inf")])
@pytest.mark.parametrize("time", [1e-300, float("inf"), float("nan")])
def test_what_is_not_defined_is_none_and_never_an_infinity(baseline: float, time: float) -> None:
    lesion, liver = curve(baseline, 1e308, 3.4e38, 0.0), curve(0.0, 0.0, 1e308, 1e308)
    figures = enhancement_figures(FOUR_PHASES, lesion, liver, (0.0, time, None, 180.0))
    assert all(value is None or math.isfinite(value) for value in numbers(figures))
    assert figures.relative_enhancement[Phase.ARTERIAL] is None or baseline == float("inf")
    assert figures.wash_in_per_s is None
    assert figures.washout_ratio_percent[Phase.DELAYED] is None
    assert list(figures.liver_relative_enhancement.values()) == [None] * 4


def test_figures_of_phases_that_were_not_taken_are_left_out_or_none() -> None:
    phases = (Phase.PRE, Phase.PORTAL_VENOUS, Phase.ARTERIAL)
    lesion = EnhancementCurve((80.0, 150.0, 240.0), SD[:3])
    liver = EnhancementCurve((100.0, 180.0, 120.0), SD[:3])
    figures = enhancement_figures(phases, lesion, liver, (0.0, 70.0, 30.0))
    assert figures.relative_enhancement == {
        Phase.PRE: 0.0,
        Phase.PORTAL_VENOUS: 0.875,
        Phase.ARTERIAL: 2.0,
    }
    assert figures.washout_ratio_percent == {Phase.PORTAL_VENOUS: pytest.approx(120)}
    assert figures.arterial_contrast_gain == pytest.approx(1.2)
    assert figures.wash_in_per_s == pytest.approx(2 / 30)
    assert (figures.late_change, figures.curve_kind) == (None, None)


def numbers(figures: Enhancement) -> Iterator[float | None]:
    for value in vars(figures).values():
        yield from (
            value.values() if isinstance(value, dict) else [value] if value != figures.curve_kind else []
        )


def test_the_hepatobiliary_phase_takes_no_part_in_washout() -> None:
    lesion = EnhancementCurve((80.0, 240.0, 150.0, 120.0, 40.0), (1.0,) * 5)
    liver = EnhancementCurve((*LIVER.mean, 400.0), (1.0,) * 5)
    figures = enhancement_figures((*FOUR_PHASES, Phase.HEPATOBILIARY), lesion, liver, (*TIMES, 1200.0))
    four = enhancement_figures(FOUR_PHASES, curve(80, 240, 150, 120), LIVER, TIMES)
    assert figures.lesion_to_liver_contrast[Phase.HEPATOBILIARY] == pytest.approx(-0.9)
    assert figures.washout_ratio_percent == four.washout_ratio_percent
    assert figures.late_change == four.late_change
    assert figures.curve_kind == four.curve_kind
    assert figures.wash_in_per_s == four.wash_in_per_s


def test_without_a_pre_contrast_phase_nothing_is_an_enhancement() -> None:
    lesion = EnhancementCurve((240.0, 150.0, 120.0), (1.0,) * 3)
    figures = enhancement_figures(
        FOUR_PHASES[1:], lesion, EnhancementCurve(LIVER.mean[1:], (1.0,) * 3), TIMES[1:]
    )
    assert set(figures.relative_enhancement.values()) == {None}
    assert figures.arterial_contrast_gain is figures.wash_in_per_s is figures.curve_kind is None
    assert figures.late_change == pytest.approx(-0.5)
    assert figures.lesion_to_liver_contrast[Phase.ARTERIAL] == pytest.approx(1.0)
