"""Growth and stages."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.bench_study import write_bench_study
from benchmarks.end_to_end import Runner, fit_line, time_stages
from benchmarks.part import Part
from benchmarks.plan import BenchPlan
from benchmarks.process import ProcessRun
from benchmarks.stages import STAGES, START_UP, main
from benchmarks.told import Told
from MTINetLib.models.folder import save_model_folder
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings


def test_a_line_through_a_line_is_that_line() -> None:
    line = fit_line([20, 40, 80, 160], [1.5 + 0.05 * count for count in (20, 40, 80, 160)])
    assert line["seconds_per_slice"] == pytest.approx(0.05)
    assert line["seconds_at_zero"] == pytest.approx(1.5)
    assert line["r_squared"] == pytest.approx(1.0)


def test_growth_that_is_not_linear_shows() -> None:
    quadratic = fit_line([20, 40, 80, 160], [count**3 / 1e5 for count in (20, 40, 80, 160)])
    assert quadratic["r_squared"] < 0.95
    assert fit_line([20], [1.0]) == {}


def test_start_up_is_what_a_warm_process_does_not_pay() -> None:
    assert set(START_UP) < set(STAGES)
    assert STAGES[len(START_UP) :] == ("read", "recognise", "align", "infer", "measure", "write")


def test_every_run_gets_the_same_model_device_and_precision() -> None:
    assert Runner(None, "cpu", "bf16", "openvino").options() == [
        *["--device", "cpu"],
        *["--precision", "bf16"],
        *["--backend", "openvino"],
    ]
    assert Runner("m", "auto", "auto").options()[-2:] == ["--model", "m"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    settings = NetworkSettings(image_size=64, widths=(4, 4, 8, 8), decoder_widths=(8, 8, 4, 4))
    save_model_folder(folder, MTINet(settings), {"name": "small"})
    return folder


def test_the_staged_run_makes_the_commands_files_and_times_every_stage(model: Path, tmp_path: Path) -> None:
    write_bench_study(tmp_path / "study", slices=8, side=192)
    write_bench_study(tmp_path / "other", slices=9, side=192)
    file = tmp_path / "told.jsonl"
    places = [str(file), str(tmp_path / "study"), str(tmp_path / "other")]
    main([*places, "--model", str(model), "--device", "cpu", "--started", str(time.time())])
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    told, warm = (line["figures"] for line in lines if "figures" in line)
    assert tuple(warm["stages_s"]) == STAGES
    assert warm["stages_s"]["start_up"] == 0.0
    assert tuple(told["stages_s"]) == STAGES
    assert all(seconds >= 0 for seconds in told["stages_s"].values())
    assert told["stages_s"]["infer"] >= told["analysis_s"]["network"] > 0
    assert told["stages_s"]["write"] > 0


class SlowRunner:
    """Every staged run takes a thousand seconds of a clock of its own; the last ones may hang."""

    def __init__(self, hangs_after: int = 10**6) -> None:
        self.clock, self.runs, self.hangs_after = 0.0, 0, hangs_after
        self.processes: list[int] = []

    def stages(self, studies: Sequence[int], seconds: float) -> Told:
        self.processes.append(len(studies))
        figures = []
        for slices in studies:
            if self.runs == self.hangs_after:
                return Told(tuple(figures), ("not done after 9 s, ended",), None)
            self.clock += 1000.0
            self.runs += 1
            stages = dict.fromkeys(STAGES, 1.0) | {"infer": float(slices)}
            rest = {
                "analysis_s": {},
                "lesions": 1,
                "device": "cpu",
                "precision": "fp32",
                "backend": "torch",
                "notes": [],
            }
            figures.append({"stages_s": stages, **rest})
        return Told(tuple(figures), (), ProcessRun(1.0, 0.5))


def _timed(slow: SlowRunner, seconds: float, a_process: int = 1) -> tuple[dict[str, Any], list[str]]:
    plan = BenchPlan(slices=16, repeats=2, growth=(8, 32), runs_a_process=a_process)
    part = Part("stages", seconds, lambda: slow.clock)
    studies = {count: count for count in (8, 16, 32)}
    return time_stages(slow, studies, plan, part), part.cuts  # type: ignore[arg-type]


@pytest.mark.parametrize(("seconds", "runs"), [(10.0, 1), (2500.0, 3), (1e9, 6)])
def test_stages_that_take_too_long_are_not_repeated_and_it_is_said(seconds: float, runs: int) -> None:
    slow = SlowRunner()
    told, cuts = _timed(slow, seconds)
    assert slow.runs == runs
    assert cuts == ([f"stages: {runs} of 6 runs, its time was over"] if runs < 6 else [])
    assert told["end_to_end_without_startup_s"] == 5.0 + 16.0
    assert told["growth"] == dict(list({"8": 13.0, "32": 37.0}.items())[: max(0, min(2, runs - 2))])


def test_repeats_share_a_warm_process_as_the_plan_says() -> None:
    slow, cold = SlowRunner(), SlowRunner()
    told, _ = _timed(slow, 1e9, a_process=100)
    assert slow.processes == [6]
    assert told["growth_peak_rss_gb"] == {"8": None, "32": None}
    told, _ = _timed(cold, 1e9)
    assert cold.processes == [1] * 6
    assert told["growth_peak_rss_gb"] == {"8": 0.5, "32": 0.5}


def test_a_staged_run_that_hangs_leaves_those_before_it() -> None:
    told, cuts = _timed(SlowRunner(hangs_after=3), 1e9, a_process=100)
    assert cuts == ["stages: 3 of 6 runs, one was not done after 9 s, ended"]
    assert told["growth"] == {"8": 13.0}
    assert _timed(SlowRunner(hangs_after=0), 1e9)[0]["growth"] == {}
