"""The figures of a curve against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from MTINetLib.curves.figures import baseline_of, contrasts, curve_figures, differences, relative_changes

TIMES = (0.0, 10.0, 20.0, 40.0, 100.0)
MEAN = (100.0, 100.0, 150.0, 300.0, 240.0)


def test_every_figure_of_a_curve_that_rises_and_falls() -> None:
    found = curve_figures(MEAN, TIMES, (1, 2))
    assert found.baseline == 100.0
    assert (found.peak, found.peak_point, found.peak_relative) == (300.0, 4, 2.0)
    assert found.time_to_peak_s == 30.0
    assert found.wash_in_per_s == pytest.approx(2.0 / 30)
    assert found.steepest_rise_per_s == pytest.approx(1.5 / 20)
    assert found.wash_out_per_s == pytest.approx(-0.6 / 60)
    # Trapezoids from 10 s on: 10 s x 0.25, 20 s x 1.25, 60 s x 1.7.
    assert found.area_s == pytest.approx(2.5 + 25 + 102)
    # After 60 s, at 70 s: E = 2 - 0.01 x 30 = 1.7.
    assert found.initial_area_s == pytest.approx(2.5 + 25 + 30 * 1.85)


def test_values_at_each_time_point() -> None:
    base = baseline_of(MEAN, (1, 2))
    assert differences(MEAN, base) == (0.0, 0.0, 50.0, 200.0, 140.0)
    assert relative_changes(MEAN, base) == (0.0, 0.0, 0.5, 2.0, 1.4)
    assert contrasts(MEAN, (200.0, 50.0, None, 0.0, 240.0)) == (-0.5, 1.0, None, None, 0.0)


def test_a_curve_that_ends_at_its_peak_has_no_wash_out() -> None:
    found = curve_figures((100.0, 150.0, 200.0), (0.0, 5.0, 10.0), (1,))
    assert found.wash_out_per_s is None
    assert found.initial_area_s is None, "the series is shorter than 60 s"
    assert found.time_to_peak_s == 10.0


def test_without_times_only_figures_without_time_are_given() -> None:
    found = curve_figures(MEAN, (0.0, None, 20.0, 40.0, 100.0), (1,))
    assert (found.baseline, found.peak, found.peak_point, found.peak_relative) == (100.0, 300.0, 4, 2.0)
    assert found.time_to_peak_s is found.wash_in_per_s is found.area_s is None


@pytest.mark.parametrize("base", [None, 0.0, -5.0])
def test_without_a_baseline_above_zero_nothing_is_relative(base: float | None) -> None:
    found = curve_figures((base, 100.0, 150.0), (0.0, 5.0, 10.0), (1,))
    assert found.peak == 150.0
    assert found.peak_relative is found.wash_in_per_s is found.area_s is None


def test_a_time_point_that_was_not_measured_is_bridged_by_a_straight_line() -> None:
    whole = curve_figures((100.0, 150.0, 200.0, 150.0), (0.0, 10.0, 20.0, 30.0), (1,))
    holed = curve_figures((100.0, None, 200.0, 150.0), (0.0, 10.0, 20.0, 30.0), (1,))
    assert holed == whole


def test_a_curve_that_was_never_measured_has_no_figure() -> None:
    found = curve_figures((None, None, None), (0.0, 1.0, 2.0), (1,))
    assert set(vars(found).values()) == {None}


def test_a_baseline_with_a_hole_ends_at_its_last_measured_time_point() -> None:
    found = curve_figures((100.0, 120.0, None, 220.0), (0.0, 10.0, 20.0, 30.0), (1, 2, 3))
    assert found.baseline == 110.0
    assert found.time_to_peak_s == 20.0


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    some.lists(some.floats(1.0, 1e6), min_size=2, max_size=20),
    some.floats(0.01, 100.0),
    some.floats(0.01, 100.0),
)
def test_the_gain_of_the_scanner_changes_no_relative_figure(
    mean: list[float], gain: float, step: float
) -> None:
    times = [step * number for number in range(len(mean))]
    one = curve_figures(tuple(mean), tuple(times), (1,))
    other = curve_figures(tuple(gain * value for value in mean), tuple(times), (1,))
    for name in ("peak_relative", "area_s"):
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=1e-6, atol=1e-6 * len(mean) * step
        )
    numbers = [value for value in vars(one).values() if isinstance(value, (int, float))]
    assert all(math.isfinite(value) for value in numbers)


@pytest.mark.parametrize(
    ("last", "kind"), [(280.0, "persistent"), (250.0, "plateau"), (226.0, "plateau"), (220.0, "washout")]
)
def test_the_kind_of_a_curve_is_what_becomes_of_its_early_peak(last: float, kind: str) -> None:
    found = curve_figures((100.0, 180.0, 250.0, 300.0, last), (0.0, 30.0, 90.0, 150.0, 240.0), (1,))
    assert found.late_change == pytest.approx((last - 250) / 250), "after 120 s is not early"
    assert found.curve_kind == kind


@pytest.mark.parametrize(
    ("mean", "times"),
    [
        ((100.0, 250.0, 180.0), (0.0, 60.0, 179.0)),  # too short
        ((100.0, 250.0, 180.0), (0.0, 130.0, 300.0)),  # nothing early
        ((100.0, 250.0, 180.0), (0.0, None, 300.0)),
    ],
)
def test_a_series_without_an_early_and_a_late_part_has_no_kind(
    mean: tuple[float, ...], times: tuple[float | None, ...]
) -> None:
    found = curve_figures(mean, times, (1,))
    assert found.late_change is found.curve_kind is None


def test_what_does_not_enhance_has_no_kind() -> None:
    assert curve_figures((100.0, 109.0, 90.0), (0.0, 60.0, 300.0), (1,)).curve_kind is None
