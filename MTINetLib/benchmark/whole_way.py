"""From process start to written findings, as a user meets it, and how that grows with the slices."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from MTINetLib.benchmark.process import ProcessRun, run_process
from MTINetLib.benchmark.stages import STAGES, START_UP

Result = TypeVar("Result")


@dataclass(frozen=True)
class Runner:
    """What every run has in common: the model, the device and the precision."""

    model: str | None
    device: str
    precision: str

    def options(self) -> list[str]:
        """As they stand on the command line."""
        chosen = ["--device", self.device, "--precision", self.precision]
        return chosen if self.model is None else [*chosen, "--model", self.model]

    def command_line(self, study: Path, *, scene: bool) -> ProcessRun:
        """``mtinet analyze`` on a DICOM folder, in a process of its own, into a fresh folder.

        Args:
            scene: also the scene for 3D Slicer and its rendered pictures.
        """
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["-m", "MTINetLib.cli", "analyze", str(study), "-o", str(Path(folder) / "out")]
            arguments += ["--scene" if scene else "--no-scene", *self.options()]
            return run_process(arguments, failed="mtinet analyze failed in the benchmark")

    def stages(self, study: Path) -> tuple[dict[str, Any], ProcessRun]:
        """The same, stage by stage."""
        with tempfile.TemporaryDirectory() as folder:
            result = Path(folder) / "result.json"
            places = [str(study), str(Path(folder) / "out"), str(result)]
            arguments = ["-m", "MTINetLib.benchmark.stages", *places, *self.options()]
            started = ["--started", repr(time.time())]
            run = run_process([*arguments, *started], failed="A benchmark run failed")
            return json.loads(result.read_text(encoding="utf-8")), run

    def interactive(self, slices: int) -> dict[str, Any]:
        """How the Slicer module feels, by ``benchmark.interactive``; needs slicer-core."""
        with tempfile.TemporaryDirectory() as folder:
            result = Path(folder) / "result.json"
            arguments = ["-m", "MTINetLib.benchmark.interactive", str(result), "--slices", str(slices)]
            run_process([*arguments, *self.options()], failed="The interactive benchmark failed")
            figures: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
            return figures


def repeated(work: Callable[[], Result], times: int, until: float) -> list[Result]:
    """The results of up to ``times`` calls: at least one, and none begun after ``until`` (time.monotonic)."""
    results = [work()]
    while len(results) < times and time.monotonic() < until:
        results.append(work())
    return results


def time_whole_way(
    runner: Runner, study: Path, repeats: int, seconds: float = float("inf")
) -> dict[str, Any]:
    """Best and median of ``repeats`` runs of the command, and the medians of as many staged runs.

    ``whole_way_s`` and ``whole_way_without_startup_s`` are medians; the latter leaves out the process,
    the imports and the loading of the model, as a process that stays warm does. All of them write findings,
    masks, tables and the report; ``whole_way_with_scene_s`` is one run that also makes the scene and its
    pictures, as far as they can be made on this machine.
    """
    until = time.monotonic() + seconds
    runs = repeated(lambda: runner.command_line(study, scene=False), repeats, until)
    staged = repeated(lambda: runner.stages(study), repeats, until)
    cut = [f"whole way: {len(r)} of {repeats} runs" for r in (runs, staged) if len(r) < repeats]
    stages = {name: statistics.median(told["stages_s"][name] for told, _ in staged) for name in STAGES}
    without = [_without_start_up(told) for told, _ in staged]
    peaks = [run.peak_rss_gb for run in runs if run.peak_rss_gb is not None]
    took = [run.seconds for run in runs]
    return {
        "whole_way_s": statistics.median(took),
        "whole_way_best_s": min(took),
        "whole_way_runs_s": took,
        "whole_way_with_scene_s": runner.command_line(study, scene=True).seconds,
        "whole_way_without_startup_s": statistics.median(without),
        "whole_way_without_startup_best_s": min(without),
        "stages_s": stages,
        "analysis_s": staged[-1][0]["analysis_s"],
        "peak_rss_gb": max(peaks) if peaks else None,
        "lesions_found": staged[-1][0]["lesions"],
        "device": staged[-1][0]["device"],
        "precision": staged[-1][0]["precision"],
        "notes": staged[-1][0]["notes"],
        "whole_way_cut_short": cut,
    }


def time_growth(runner: Runner, studies: dict[int, Path], seconds: float = float("inf")) -> dict[str, Any]:
    """Seconds without start-up and peak memory by slice count, the better of two runs where time is."""
    until = time.monotonic() + seconds
    best: dict[int, float] = {}
    memory: dict[int, float | None] = {}
    cut: list[str] = []
    for slices, study in studies.items():
        runs = repeated(lambda study=study: runner.stages(study), 2, until)  # type: ignore[misc]
        if len(runs) < 2:
            cut.append(f"{slices} slices: 1 of 2 runs")
        best[slices] = min(_without_start_up(told) for told, _ in runs)
        peaks = [run.peak_rss_gb for _, run in runs if run.peak_rss_gb is not None]
        memory[slices] = min(peaks) if peaks else None
    return {
        "growth": {str(slices): value for slices, value in best.items()},
        "growth_peak_rss_gb": {str(slices): value for slices, value in memory.items()},
        "growth_line": fit_line(list(best), list(best.values())),
        "growth_cut_short": cut,
    }


def fit_line(counts: Sequence[int], seconds: Sequence[float]) -> dict[str, float]:
    """Least-squares line through seconds over slices: its slope, its start, and how well it explains them."""
    if len(counts) < 2:
        return {}
    slope, start = np.polyfit(counts, seconds, 1)
    residual = np.asarray(seconds) - (slope * np.asarray(counts) + start)
    spread = np.asarray(seconds) - np.mean(seconds)
    explained = 1.0 - float((residual**2).sum()) / max(float((spread**2).sum()), 1e-30)
    return {"seconds_per_slice": float(slope), "seconds_at_zero": float(start), "r_squared": explained}


def _without_start_up(told: dict[str, Any]) -> float:
    return sum(float(value) for name, value in told["stages_s"].items() if name not in START_UP)
