"""Intervals and tests against published or hand-computed values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from MTINetLib.evaluation.statistics import (
    PatientBootstrap,
    mean_of,
    median_of,
    poisson_rate,
    ratio_of,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(successes: int, n: int, low: float, high: float) -> None:
    result = wilson(successes, n)
    assert result.low == pytest.approx(low, abs=5e-5)
    assert result.high == pytest.approx(high, abs=5e-5)


def test_wilson_keeps_a_width_at_one_hundred_percent_and_says_nothing_of_nothing() -> None:
    assert wilson(20, 20).high == pytest.approx(1.0)
    assert wilson(20, 20).low == pytest.approx(1 - 0.1611, abs=5e-5)
    assert math.isnan(wilson(0, 0).value)


def test_poisson_gives_the_exact_interval_of_the_tables() -> None:
    # Garwood's 95 % limits: 0 events -> 3.69, 10 events -> 4.80 to 18.39.
    assert poisson_rate(0, 1).high == pytest.approx(3.69, abs=5e-3)
    ten = poisson_rate(10, 100)
    assert (ten.value, ten.low, ten.high) == pytest.approx((0.1, 0.0480, 0.1839), abs=5e-5)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(1).normal(size=30)
    patients = [str(n) for n in range(30)]
    first, again, other = (
        PatientBootstrap(patients, seed).estimate(mean_of(values), patients) for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other


def test_bootstrap_of_a_mean_has_about_the_normal_width() -> None:
    values = np.random.default_rng(2).normal(loc=3.0, scale=2.0, size=400)
    patients = list(range(400))
    result = PatientBootstrap(patients, seed=0).estimate(mean_of(values), patients)
    standard_error = values.std() / math.sqrt(400)
    assert result.value == pytest.approx(values.mean())
    assert result.low == pytest.approx(values.mean() - 1.96 * standard_error, abs=0.3 * standard_error)
    assert result.high == pytest.approx(values.mean() + 1.96 * standard_error, abs=0.3 * standard_error)


def test_repeating_every_item_of_a_patient_does_not_narrow_the_interval() -> None:
    values = np.random.default_rng(3).normal(size=25)
    patients = list(range(25))
    bootstrap = PatientBootstrap(patients, seed=0)
    once = bootstrap.estimate(mean_of(values), patients)
    tenfold = bootstrap.estimate(mean_of(np.repeat(values, 10)), list(np.repeat(patients, 10)))
    assert (tenfold.low, tenfold.high) == pytest.approx((once.low, once.high))


def test_a_handful_of_patients_has_a_value_but_no_interval() -> None:
    patients = ["a", "a", "b", "c", "d"]
    result = PatientBootstrap(patients).estimate(mean_of([1.0, 2.0, 3.0, 4.0, 5.0]), patients)
    assert result.value == 3.0
    assert math.isnan(result.low)
    assert "5 patients" in result.method


@pytest.mark.parametrize(
    "values", [[3.0, 1.0, 2.0], [4.0, 1.0, 2.0, 3.0], [5.0], [1.0, math.inf, 2.0], [2.0, 2.0]]
)
def test_the_weighted_median_with_weights_one_is_the_median(values: list[float]) -> None:
    assert median_of(values)(np.ones((1, len(values))))[0] == np.median(values)


def test_the_weighted_median_is_the_median_of_the_drawn_items() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=9)
    weights = rng.integers(0, 4, size=(50, 9)).astype(float)
    expected = [np.median(np.repeat(values, row.astype(int))) for row in weights]
    np.testing.assert_allclose(median_of(values)(weights), expected)


def test_undefined_items_are_left_out_of_means_and_medians() -> None:
    ones = np.ones((1, 3))
    assert mean_of([1.0, math.nan, 3.0])(ones)[0] == 2.0
    assert median_of([1.0, math.nan, 4.0])(ones)[0] == 2.5
    assert ratio_of([1.0, math.nan, 3.0], [2.0, 1.0, 2.0])(ones)[0] == 1.0


def test_a_figure_without_items_is_unknown_and_not_an_error() -> None:
    bootstrap = PatientBootstrap(["a", "b"], seed=0)
    assert math.isnan(bootstrap.estimate(mean_of([]), []).value)
    assert math.isnan(bootstrap.estimate(median_of([]), []).value)
    assert math.isnan(bootstrap.estimate(mean_of([math.nan]), ["a"]).value)
    assert math.isnan(bootstrap.estimate(median_of([math.nan]), ["a"]).value)
