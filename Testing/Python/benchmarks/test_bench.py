"""The benchmark as a whole: its file and its table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import run_bench as bench
from benchmarks.figures_table import bench_table
from benchmarks.plan import BenchPlan
from benchmarks.process import CutShort, ProcessRun
from benchmarks.run_bench import run_bench
from benchmarks.told import Told
from MTINetLib.errors import InputError

RESULT = {
    "end_to_end_s": 12.34,
    "end_to_end_without_startup_s": 6.5,
    "stages_s": {"start_up": 4.0, "read": 1.25},
    "slices": 80,
    "slices_per_s": 12.3,
    "peak_rss_gb": None,
    "network_ms_per_slice": 41.2,
    "network_gflop_per_slice": 20.5,
    "network_peak_share": 0.512,
    "network_precision": "bf16",
    "network_device": "cpu (x86_64)",
    "matmul_peak_gflops": {"fp32": 100.0, "bf16": 987.0},
    "plainconvunet_ms_per_slice": 150.0,
    "ratio_vs_plainconvunet": 3.64,
    "network_segmentation_ms_per_slice": 33.3,
    "openvino_segmentation_ms_per_slice": None,
    "growth": {"20": 2.5, "160": 14.75},
    "interactive": {
        "click_to_overlay_cold_s": 9.87,
        "click_to_overlay_warm_s": 3.21,
        "longest_block_during_analysis_ms": 25.9,
        "longest_block_after_edits_ms": 14.6,
        "edit_to_findings_s": 0.357,
        "cancel_s": 0.24,
    },
    "machine": {"cpu": "Some CPU", "usable_cores": 2, "threads": 2},
}


def test_the_table_shows_the_figures_in_their_units() -> None:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(bench_table(RESULT))
    text = capture.get()
    for shown in (
        "12.3 s",
        "41.2 ms",
        "51 %",
        "987 GFLOP/s",
        "3.64",
        "14.75 s",
        "unknown",
        "Some CPU",
        "33.3 ms",
        "9.9 s",
        "26 ms",
        "0.36 s",
    ):
        assert shown in text


def test_the_table_says_when_the_module_could_not_be_measured() -> None:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(bench_table({**RESULT, "interactive": None}))
    assert "slicer-core is not installed" in capture.get()


def test_an_existing_file_is_kept_when_it_may_not_be_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    out.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="exists already"):
        run_bench(out, quick=True, overwrite=False)
    assert out.read_text(encoding="utf-8") == "{}"


def test_a_folder_is_no_place_for_the_figures(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder; name a file"):
        run_bench(tmp_path, quick=True)


class HangingRunner:
    """Nothing on its device comes to an end but the first of two staged runs."""

    def __init__(self, *_: object) -> None:
        pass

    def networks(self, study: Path, plan: BenchPlan) -> Told:
        return Told(({"machine": RESULT["machine"]},), ("not done after 7 s, ended while racing",), None)

    def command_line(self, study: Path, *, scene: bool, seconds: float) -> ProcessRun:
        assert seconds <= 7.0
        raise CutShort("not done after 7 s, ended")

    def stages(self, studies: Sequence[Path], seconds: float) -> Told:
        stages = {"start_up": 3.0, "load_model": 1.0, "read": 0.5, "recognise": 0.5, "align": 0.5}
        stages |= {"infer": 2.0, "measure": 0.25, "write": 0.25}
        figures = {"stages_s": stages, "analysis_s": {}, "lesions": 2, "device": "cuda"}
        figures |= {"precision": "bf16", "backend": "torch", "notes": []}
        return Told((figures,), ("not done after 7 s, ended while analyzing study-6",), None)

    def interactive(self, slices: int, seconds: float) -> Told:
        return Told(({"click_to_overlay_cold_s": 4.0},), ("not done after 7 s, ended while editing",), None)


def test_a_device_that_hangs_cuts_its_parts_short_and_the_rest_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.end_to_end.Runner", HangingRunner)
    monkeypatch.setattr(bench, "_has_slicer_core", lambda: True)
    plan = BenchPlan(slices=6, repeats=1, growth=(6,), runs_a_process=9, part_seconds=7.0)
    told = run_bench(tmp_path / "b.json", plan=plan)
    assert told["cut_short"] == [
        "networks: not done after 7 s, ended while racing",
        "whole way: 0 of 1 runs, one was not done after 7 s, ended",
        "with the scene: 0 of 1 runs, one was not done after 7 s, ended",
        "stage by stage: 1 of 3 runs, one was not done after 7 s, ended while analyzing study-6",
        "Slicer module: not done after 7 s, ended while editing",
    ]
    assert told["end_to_end_without_startup_s"] == 4.0
    assert told["slices_per_s"] == 1.5
    assert told["interactive"] == {"click_to_overlay_cold_s": 4.0}
    assert list(told["part_seconds"]) == list(bench._PARTS)
    assert json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))["cut_short"] == told["cut_short"]
    console = Console(width=160)
    with console.capture() as capture:
        console.print(bench_table(told))
    assert all(said in capture.get() for said in told["cut_short"])
