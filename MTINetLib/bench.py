"""``mtinet bench``: how fast and how large the whole way is on this machine, written as ``bench.json``."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MTINetLib.benchmark.plan import QUICK, BenchPlan
from MTINetLib.errors import InputError
from MTINetLib.evaluation.machine import describe_machine
from MTINetLib.progress import Progress, Silent

if TYPE_CHECKING:
    from rich.table import Table

    from MTINetLib.study.study import Study


def run_bench(
    out: Path,
    *,
    slices: int = 80,
    quick: bool = False,
    model: str | None = None,
    device: str = "auto",
    precision: str = "auto",
    progress: Progress | None = None,
    overwrite: bool = True,
    plan: BenchPlan | None = None,
) -> dict[str, Any]:
    """Measure this machine and write the figures.

    Args:
        out: JSON file.
        slices: of the study.
        quick: tiny sizes (``QUICK``), to see that it works.
        model, device, precision: as for an analysis.
        plan: says all sizes; then ``slices`` and ``quick`` are not looked at.

    Returns:
        what was written: ``whole_way_s``, ``whole_way_without_startup_s``, ``stages_s``,
        ``slices_per_s``, ``network_ms_per_slice``, ``network_gflop_per_slice``, ``network_peak_share``,
        ``plainconvunet_ms_per_slice``, ``ratio_vs_plainconvunet``, ``peak_rss_gb``, ``growth``,
        ``interactive`` (None without slicer-core), ``machine`` and what stands behind them.

    Raises:
        InputError: ``out`` cannot be written, or exists and may not be overwritten.
        ModelError, MissingResourceError: no model, no such device, or nnU-Net's network is not installed.
    """
    chosen = plan or (QUICK if quick else BenchPlan(slices=slices))
    progress = progress or Silent()
    _check_out(out, overwrite)
    with tempfile.TemporaryDirectory(prefix="mtinet-bench-") as folder:
        result = _measure(Path(folder), chosen, model, device, precision, progress)
    text = json.dumps(result, indent=2, allow_nan=False) + "\n"
    beside = out.with_name(f".part-{os.getpid()}-{out.name}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(out)
    return result


def bench_table(result: Mapping[str, Any]) -> Table:
    """The figures for people."""
    from rich.table import Table

    table = Table(title="mtinet bench", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in _lines(result):
        table.add_row(name, value)
    return table


def _measure(
    folder: Path, plan: BenchPlan, model: str | None, device: str, precision: str, progress: Progress
) -> dict[str, Any]:
    from MTINetLib.benchmark.bench_study import write_bench_study
    from MTINetLib.benchmark.network_figures import measure_network
    from MTINetLib.benchmark.whole_way import Runner, time_growth, time_whole_way

    counts = sorted({*plan.growth, plan.slices})
    progress.start("Making the studies", len(counts))
    studies: dict[int, Path] = {}
    main_study: Study | None = None
    for done, count in enumerate(counts):
        progress.update(done)
        studies[count] = folder / f"study-{count}"
        study = write_bench_study(studies[count], count)
        main_study = study if count == plan.slices else main_study
    progress.finish()
    assert main_study is not None
    steps = 4
    progress.start("Measuring", steps)
    # The networks come first: the whole way then meets a machine that is as warm as in everyday work.
    network = measure_network(main_study, plan, model, device, precision)
    del main_study
    progress.update(1)
    runner = Runner(model, device, precision)
    whole_way = time_whole_way(runner, studies[plan.slices], plan.repeats, plan.part_seconds)
    progress.update(2)
    growth = time_growth(runner, {count: studies[count] for count in plan.growth}, plan.part_seconds)
    progress.update(3)
    interactive = runner.interactive(plan.slices) if _has_slicer_core() else None
    progress.update(steps)
    progress.finish()
    slices_per_s = plan.slices / whole_way["whole_way_without_startup_s"]
    return {
        **whole_way,
        "slices": plan.slices,
        "slices_per_s": slices_per_s,
        **network,
        **growth,
        "interactive": interactive,
        "plan": asdict(plan),
        "machine": describe_machine(),
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


def _lines(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    machine, precision = result["machine"], result["network_precision"]
    memory = result["peak_rss_gb"]
    mode = result.get("fp32_mode", precision) if precision == "fp32" else precision
    return [
        ("Machine", f"{machine['cpu']}, {machine['usable_cores']} cores, {machine['threads']} threads"),
        ("Device and precision", f"{result['network_device']}, {precision}"),
        (f"Whole way, {result['slices']} slices", f"{result['whole_way_s']:.1f} s"),
        ("... without start-up", f"{result['whole_way_without_startup_s']:.1f} s"),
        *((f"    {name}", f"{seconds:.2f} s") for name, seconds in result["stages_s"].items()),
        ("Slices per second, without start-up", f"{result['slices_per_s']:.1f}"),
        ("Peak memory", "unknown" if memory is None else f"{memory:.2f} GB"),
        ("Network per slice", f"{result['network_ms_per_slice']:.1f} ms"),
        ("... work", f"{result['network_gflop_per_slice']:.1f} GFLOP"),
        ("... share of the measured peak", f"{100 * result['network_peak_share']:.0f} %"),
        (f"Measured peak, {mode}", f"{result['matmul_peak_gflops'][precision]:.0f} GFLOP/s"),
        ("nnU-Net's PlainConvUNet per slice", f"{result['plainconvunet_ms_per_slice']:.1f} ms"),
        ("... times the network", f"{result['ratio_vs_plainconvunet']:.2f}"),
        ("Segmentation alone per slice", _ms(result["network_segmentation_ms_per_slice"])),
        ("... by OpenVINO instead of torch", _ms(result["openvino_segmentation_ms_per_slice"])),
        *(
            (f"{count} slices, without start-up", f"{value:.2f} s")
            for count, value in result["growth"].items()
        ),
        *_interactive_lines(result["interactive"]),
        *(
            ("Cut short", said)
            for key in ("whole_way_cut_short", "growth_cut_short")
            for said in result.get(key, ())
        ),
    ]


def _interactive_lines(figures: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """How the module feels; a line that says so where it could not be measured."""
    if figures is None:
        return [("Slicer module", "not measured: slicer-core is not installed (extra viewer)")]
    return [
        ("Click to overlay, first time", f"{figures['click_to_overlay_cold_s']:.1f} s"),
        ("... again", f"{figures['click_to_overlay_warm_s']:.1f} s"),
        ("Main thread blocked, at most", f"{figures['longest_block_during_analysis_ms']:.0f} ms"),
        ("... after an edit", f"{figures['longest_block_after_edits_ms']:.0f} ms"),
        ("Edit to new findings", f"{figures['edit_to_findings_s']:.2f} s"),
        ("Cancel", f"{figures['cancel_s']:.2f} s"),
    ]


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} ms"
