"""Growth and stages."""

from __future__ import annotations

import time

import pytest

from MTINetLib.benchmark.stages import STAGES, START_UP, Clock
from MTINetLib.benchmark.whole_way import Runner, fit_line


def test_a_line_through_a_line_is_that_line() -> None:
    line = fit_line([20, 40, 80, 160], [1.5 + 0.05 * count for count in (20, 40, 80, 160)])
    assert line["seconds_per_slice"] == pytest.approx(0.05)
    assert line["seconds_at_zero"] == pytest.approx(1.5)
    assert line["r_squared"] == pytest.approx(1.0)


def test_growth_that_is_not_linear_shows() -> None:
    quadratic = fit_line([20, 40, 80, 160], [count**3 / 1e5 for count in (20, 40, 80, 160)])
    assert quadratic["r_squared"] < 0.95
    assert fit_line([20], [1.0]) == {}


def test_a_clock_adds_up_the_seconds_of_a_stage() -> None:
    clock = Clock()
    for _ in range(2):
        with clock.stage("read"):
            time.sleep(0.02)
    assert 0.04 <= clock.seconds["read"] < 0.5


def test_start_up_is_what_a_warm_process_does_not_pay() -> None:
    assert set(START_UP) < set(STAGES)
    assert STAGES[len(START_UP) :] == ("read", "recognise", "align", "infer", "measure", "write")


def test_every_run_gets_the_same_model_device_and_precision() -> None:
    assert Runner(None, "cpu", "bf16").options() == ["--device", "cpu", "--precision", "bf16"]
    assert Runner("m", "auto", "auto").options()[-2:] == ["--model", "m"]
