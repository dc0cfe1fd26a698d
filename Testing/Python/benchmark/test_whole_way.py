"""Growth and stages."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from MTINetLib.benchmark import whole_way
from MTINetLib.benchmark.bench_study import write_bench_study
from MTINetLib.benchmark.process import ProcessRun
from MTINetLib.benchmark.stages import STAGES, START_UP, Clock, main
from MTINetLib.benchmark.whole_way import Runner, fit_line
from MTINetLib.network import MTINet, NetworkSettings
from MTINetLib.network.model_folder import save_model_folder


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


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    settings = NetworkSettings(image_size=64, widths=(4, 4, 8, 8), decoder_widths=(8, 8, 4, 4))
    save_model_folder(folder, MTINet(settings), {"name": "small"})
    return folder


def test_the_staged_run_makes_the_commands_files_and_times_every_stage(model: Path, tmp_path: Path) -> None:
    write_bench_study(tmp_path / "study", slices=8, side=192)
    result = tmp_path / "result.json"
    places = [str(tmp_path / "study"), str(tmp_path / "out"), str(result)]
    main([*places, "--model", str(model), "--device", "cpu", "--started", str(time.time())])
    told = json.loads(result.read_text(encoding="utf-8"))
    assert tuple(told["stages_s"]) == STAGES
    assert all(seconds >= 0 for seconds in told["stages_s"].values())
    assert told["stages_s"]["infer"] >= told["analysis_s"]["network"] > 0
    assert (tmp_path / "out" / "findings.json").is_file()
    assert (tmp_path / "out" / "report.pdf").is_file()


class SlowRunner:
    """Each run takes a thousand seconds of a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock, self.runs = 0.0, 0
        monkeypatch.setattr(whole_way.time, "monotonic", lambda: self.clock)

    def stages(self, study: object) -> tuple[dict[str, object], ProcessRun]:
        self.clock += 1000.0
        self.runs += 1
        return {"stages_s": {"read": 2.0}}, ProcessRun(1.0, None)


@pytest.mark.parametrize(("seconds", "runs"), [(10.0, 3), (1500.0, 4), (1e9, 6)])
def test_a_part_that_takes_too_long_repeats_nothing_and_says_so(
    monkeypatch: pytest.MonkeyPatch, seconds: float, runs: int
) -> None:
    slow = SlowRunner(monkeypatch)
    told = whole_way.time_growth(slow, dict.fromkeys((8, 16, 32)), seconds)  # type: ignore[arg-type]
    assert slow.runs == runs
    assert len(told["growth_cut_short"]) == 6 - runs
    assert told["growth"] == {"8": 2.0, "16": 2.0, "32": 2.0}
