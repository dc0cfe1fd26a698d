"""``mtinet bench``: how fast and how large the whole way is on this machine, written as ``bench.json``."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.part import Part
from benchmarks.plan import QUICK, BenchPlan
from MTINetLib.errors import InputError
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.write_whole import whole_file

if TYPE_CHECKING:
    from benchmarks.end_to_end import Runner


def run_bench(
    out: Path,
    *,
    slices: int = 80,
    quick: bool = False,
    model: str | None = None,
    device: str = "auto",
    precision: str = "auto",
    backend: str = "torch",
    progress: Progress | None = None,
    overwrite: bool = True,
    plan: BenchPlan | None = None,
) -> dict[str, Any]:
    """Measure this machine and write the figures.

    Args:
        out: JSON file.
        slices: of the study.
        quick: tiny sizes (``QUICK``), to see that it works.
        model, device, precision, backend: as for an analysis.
        plan: says all sizes; then ``slices`` and ``quick`` are not looked at.

    Returns:
        what was written: ``end_to_end_s``, ``end_to_end_without_startup_s``, ``stages_s``,
        ``slices_per_s``, ``network_ms_per_slice``, ``network_gflop_per_slice``, ``network_peak_share``,
        ``plainconvunet_ms_per_slice``, ``ratio_vs_plainconvunet``, ``peak_rss_gb``, ``growth``,
        ``interactive`` (None without slicer-core), ``machine`` and what stands behind them, and always
        ``part_seconds`` and ``cut_short``. A part that was not done in its time leaves its figures out and a
        sentence in ``cut_short``.

    Raises:
        InputError: ``out`` cannot be written, or exists and may not be overwritten.
        ModelError, MissingResourceError: no model, no such device, or nnU-Net's network is not installed.
    """
    from benchmarks.end_to_end import Runner

    chosen = plan or (QUICK if quick else BenchPlan(slices=slices))
    progress = progress or Silent()
    _check_out(out, overwrite)
    with tempfile.TemporaryDirectory(prefix="mtinet-bench-") as folder:
        result = _measure(Path(folder), chosen, Runner(model, device, precision, backend), progress)
    text = json.dumps(result, indent=2, allow_nan=False) + "\n"
    with whole_file(out) as beside:
        beside.write_text(text, encoding="utf-8")
    return result


def _measure(folder: Path, plan: BenchPlan, runner: Runner, progress: Progress) -> dict[str, Any]:
    from benchmarks.bench_study import write_bench_study

    counts = sorted({*plan.growth, plan.slices})
    progress.start(Stage.MAKING_STUDIES, len(counts))
    studies: dict[int, Path] = {}
    for done, count in enumerate(counts):
        progress.update(done)
        studies[count] = folder / f"study-{count}"
        write_bench_study(studies[count], count)
    progress.finish()
    spent: dict[str, float] = {}
    cuts: list[str] = []
    figures: dict[str, Any] = {}
    progress.start(Stage.MEASURING_SPEED, len(_PARTS))
    for name, measure in _PARTS.items():
        part = Part(name, plan.part_seconds)
        figures |= measure(runner, studies, plan, part)
        spent[name] = part.spent
        cuts += part.cuts
        progress.update(len(spent))
    progress.finish()
    return {
        **figures,
        "slices": plan.slices,
        "part_seconds": spent,
        "cut_short": cuts,
        "plan": asdict(plan),
    }


_Measure = Callable[["Runner", Mapping[int, Path], BenchPlan, Part], dict[str, Any]]


def _networks(runner: Runner, studies: Mapping[int, Path], plan: BenchPlan, part: Part) -> dict[str, Any]:
    told = runner.networks(studies[plan.slices], plan)
    for said in told.cuts:
        part.cut(said)
    return told.merged


def _command(runner: Runner, studies: Mapping[int, Path], plan: BenchPlan, part: Part) -> dict[str, Any]:
    from benchmarks.end_to_end import time_command

    return time_command(runner, studies[plan.slices], plan.repeats, part)


def _scene(runner: Runner, studies: Mapping[int, Path], plan: BenchPlan, part: Part) -> dict[str, Any]:
    from benchmarks.end_to_end import time_scene

    return time_scene(runner, studies[plan.slices], part)


def _stages(runner: Runner, studies: Mapping[int, Path], plan: BenchPlan, part: Part) -> dict[str, Any]:
    from benchmarks.end_to_end import time_stages

    return time_stages(runner, studies, plan, part)


def _module(runner: Runner, studies: Mapping[int, Path], plan: BenchPlan, part: Part) -> dict[str, Any]:
    if not _has_slicer_core():
        return {"interactive": None}
    told = runner.interactive(plan.slices, part.left)
    for said in told.cuts:
        part.cut(said)
    return {"interactive": told.merged}


#: The networks come first: the whole way then meets a machine that is as warm as in everyday work.
_PARTS: dict[str, _Measure] = {
    "networks": _networks,
    "whole way": _command,
    "with the scene": _scene,
    "stage by stage": _stages,
    "Slicer module": _module,
}


def _has_slicer_core() -> bool:
    from importlib.util import find_spec

    return find_spec("slicer") is not None


def _check_out(out: Path, overwrite: bool) -> None:
    if out.is_dir():
        raise InputError(f"{out} is a folder; name a file such as {out / 'bench.json'}.")
    if out.exists() and not overwrite:
        raise InputError(f"{out} exists already; name another file or allow overwriting.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {out.parent} cannot be made: {error.strerror}.") from error
