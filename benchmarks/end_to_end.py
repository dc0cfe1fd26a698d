"""From process start to written findings, as a user meets it, and how that grows with the slices."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.part import Part
from benchmarks.plan import BenchPlan
from benchmarks.process import ProcessRun, run_process
from benchmarks.stages import STAGES, START_UP
from benchmarks.told import Told, hear


@dataclass(frozen=True)
class Runner:
    """What every run has in common: the model, and how it is run."""

    model: str | None
    device: str
    precision: str
    backend: str = "torch"

    def options(self) -> list[str]:
        """As they stand on the command line."""
        chosen = ["--device", self.device, "--precision", self.precision, "--backend", self.backend]
        return chosen if self.model is None else [*chosen, "--model", self.model]

    def command_line(self, study: Path, *, scene: bool, seconds: float | None = None) -> ProcessRun:
        """``mtinet analyze`` on a DICOM folder, in a process of its own, into a fresh folder.

        Args:
            scene: also the scene for 3D Slicer and its rendered pictures.
            seconds: it may take.

        Raises:
            CutShort: it was ended.
        """
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            arguments = ["-m", "MTINetLib.cli", "analyze", str(study), "-o", str(Path(folder) / "out")]
            arguments += ["--scene" if scene else "--no-scene", *self.options()]
            return run_process(arguments, failed="mtinet analyze failed in the benchmark", seconds=seconds)

    def stages(self, studies: Sequence[Path], seconds: float | None = None) -> Told:
        """The same, stage by stage, one study after the other in one process."""
        arguments = [*map(str, studies), *self.options(), "--started", repr(time.time())]
        return hear("benchmarks.stages", arguments, failed="A benchmark run failed", seconds=seconds)

    def networks(self, study: Path, plan: BenchPlan) -> Told:
        """The network raced against nnU-Net's, and the machine's description."""
        arguments = [str(study), "--plan", json.dumps(asdict(plan)), *self.options()]
        return hear(
            "benchmarks.network_run",
            arguments,
            failed="The race of the networks failed",
            seconds=plan.part_seconds,
        )

    def interactive(self, slices: int, seconds: float | None = None) -> Told:
        """How the Slicer module feels, by ``benchmark.interactive``; needs slicer-core."""
        return hear(
            "benchmarks.interactive",
            ["--slices", str(slices), *self.options()],
            failed="The interactive benchmark failed",
            seconds=seconds,
        )


@dataclass(frozen=True)
class StagedRun:
    """One run stage by stage.

    Args:
        slices: of its study.
        told: as ``stages.time_stages`` gives it.
        peak_rss_gb: None where its process made other runs too, or the system does not tell.
    """

    slices: int
    told: Mapping[str, Any]
    peak_rss_gb: float | None

    @property
    def without_start_up(self) -> float:
        return sum(float(value) for name, value in self.told["stages_s"].items() if name not in START_UP)


def time_command(runner: Runner, study: Path, repeats: int, part: Part) -> dict[str, Any]:
    """Median, best and all of ``repeats`` runs of the command; nothing where not one came to its end."""
    runs = part.repeated(lambda: runner.command_line(study, scene=False, seconds=part.left), repeats)
    if not runs:
        return {}
    took = [run.seconds for run in runs]
    peaks = [run.peak_rss_gb for run in runs if run.peak_rss_gb is not None]
    return {
        "end_to_end_s": statistics.median(took),
        "end_to_end_best_s": min(took),
        "end_to_end_runs_s": took,
        "peak_rss_gb": max(peaks) if peaks else None,
    }


def time_scene(runner: Runner, study: Path, part: Part) -> dict[str, Any]:
    """One run that also makes the scene and its pictures, as far as they can be made on this machine."""
    runs = part.repeated(lambda: runner.command_line(study, scene=True, seconds=part.left), 1)
    return {"end_to_end_with_scene_s": runs[0].seconds} if runs else {}


def time_stages(runner: Runner, studies: Mapping[int, Path], plan: BenchPlan, part: Part) -> dict[str, Any]:
    """The study's stages (medians), and how the seconds grow with the slices (the better of two runs).

    ``end_to_end_without_startup_s`` leaves out the process, the imports and the loading of the model, as a
    process that stays warm does.
    """
    order = [plan.slices] * plan.repeats + 2 * list(plan.growth)
    runs = _staged(runner, studies, order, plan.runs_a_process, part)
    return {**_main_figures(runs[: plan.repeats]), **_growth_figures(runs[plan.repeats :])}


def _staged(
    runner: Runner, studies: Mapping[int, Path], order: Sequence[int], a_process: int, part: Part
) -> list[StagedRun]:
    runs: list[StagedRun] = []
    while len(runs) < len(order):
        if runs and part.left <= 0:
            part.cut(f"{len(runs)} of {len(order)} runs, its time was over")
            break
        now = order[len(runs) : len(runs) + a_process]
        told = runner.stages([studies[count] for count in now], part.left)
        peak = told.run.peak_rss_gb if told.run is not None and len(now) == 1 else None
        runs += [StagedRun(count, figures, peak) for count, figures in zip(now, told.figures, strict=False)]
        if told.cuts:
            part.cut(f"{len(runs)} of {len(order)} runs, one was {told.cuts[-1]}")
            break
    return runs


def _main_figures(runs: Sequence[StagedRun]) -> dict[str, Any]:
    if not runs:
        return {}
    without, last = [run.without_start_up for run in runs], runs[-1].told
    return {
        "end_to_end_without_startup_s": statistics.median(without),
        "end_to_end_without_startup_best_s": min(without),
        "slices_per_s": runs[0].slices / statistics.median(without),
        "stages_s": {name: statistics.median(run.told["stages_s"][name] for run in runs) for name in STAGES},
        "analysis_s": last["analysis_s"],
        "lesions_found": last["lesions"],
        "device": last["device"],
        "precision": last["precision"],
        "backend": last["backend"],
        "notes": last["notes"],
    }


def _growth_figures(runs: Sequence[StagedRun]) -> dict[str, Any]:
    counts = sorted({run.slices for run in runs})
    best = {count: min(run.without_start_up for run in runs if run.slices == count) for count in counts}
    peaks = {
        count: [run.peak_rss_gb for run in runs if run.slices == count and run.peak_rss_gb is not None]
        for count in counts
    }
    return {
        "growth": {str(count): value for count, value in best.items()},
        "growth_peak_rss_gb": {str(count): min(peaks[count], default=None) for count in counts},
        "growth_line": fit_line(list(best), list(best.values())),
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
