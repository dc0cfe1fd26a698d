"""Tests and corrections against values that were worked out by hand or are printed in textbooks."""

from __future__ import annotations

import math

import pytest

from MTINetLib.experiment.significance import holm, mcnemar, signed_rank


def test_the_signed_rank_test_of_six_gains_is_two_in_sixty_four() -> None:
    # All of 2^6 signs are as likely; all up or all down are the two most extreme.
    test = signed_rank([0.9, 0.8, 0.75, 0.6, 0.5, 0.45], [0.8, 0.6, 0.45, 0.2, 0.0, -0.15])
    assert test.p == pytest.approx(2 / 64)
    assert test.effect == pytest.approx(1.0)
    assert test.n == 6


def test_its_effect_weighs_ranks() -> None:
    # Differences +1, +2, -3: ranks 1 + 2 for, 3 against.
    assert signed_rank([1, 2, -3], [0, 0, 0]).effect == pytest.approx(0.0)
    # +1, -2, +3: 4 for, 2 against.
    assert signed_rank([1, -2, 3], [0, 0, 0]).effect == pytest.approx(2 / 6)


def test_two_systems_that_are_the_same_do_not_differ() -> None:
    test = signed_rank([0.5, 0.25], [0.5, 0.25])
    assert (test.p, test.effect) == (1.0, 0.0)


def test_pairs_without_a_value_are_left_out() -> None:
    assert signed_rank([math.nan, 2, 3], [1, 1, 1]).n == 2
    assert math.isnan(signed_rank([], []).p)


def test_mcnemar_counts_where_one_of_the_two_is_right() -> None:
    # Five won, one lost: 2 * (1 + 6) / 64.
    first = [True] * 5 + [False] + [True] * 4
    second = [False] * 5 + [True] + [True] * 4
    test = mcnemar(first, second)
    assert test.p == pytest.approx(14 / 64)
    assert test.effect == pytest.approx(0.4)
    assert mcnemar([True, False], [True, False]).p == 1.0


def test_holm_multiplies_step_by_step_and_never_falls() -> None:
    # Holm's own scheme: 4 x .005, 3 x .01, 2 x .03, then 1 x .04 raised to the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == pytest.approx([1.0, 1.0])


def test_a_comparison_that_was_not_made_costs_nothing() -> None:
    corrected = holm([0.02, math.nan, 0.5])
    assert corrected[0] == pytest.approx(0.04)
    assert math.isnan(corrected[1])
