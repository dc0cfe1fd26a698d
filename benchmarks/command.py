"""``mtinet bench``: how fast this machine is, and how well phases are recognised, aligned and judged."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from MTINetLib.commands.options import Backend, Device, Model, Precision

if TYPE_CHECKING:
    from collections.abc import Callable

    from MTINetLib.progress import Progress

    _Measure = Callable[[Progress], tuple[dict[str, Any], str]]


def bench(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Where the figures go.", show_default="bench.json"),
    ] = None,
    slices: Annotated[int, typer.Option(metavar="N", help="Slices of the study.")] = 80,
    quick: Annotated[bool, typer.Option("--quick", help="Tiny sizes, only to see that it works.")] = False,
    recognition: Annotated[
        bool,
        typer.Option("--recognition", help="Only: how phases are recognised, over made-up names and tags."),
    ] = False,
    alignment: Annotated[
        bool, typer.Option("--alignment", help="Only: how exactly moved phases of phantoms are aligned.")
    ] = False,
    signal: Annotated[
        bool, typer.Option("--signal", help="Only: how the zero and scale of changed values are judged.")
    ] = False,
    studies: Annotated[
        Path | None,
        typer.Option("--dataset", metavar="DATASET", help="With --signal: its studies instead of phantoms."),
    ] = None,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "torch",
) -> None:
    """Measure how fast this machine is.

    The whole way from DICOM to findings, stage by stage, and the network beside nnU-Net's. Takes minutes;
    leave the machine alone meanwhile.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, terminal

    console = terminal()
    parts = {"recognition": recognition, "alignment": alignment, "signal": signal}
    part = _only(parts, studies)
    if part:
        target = out or Path(f"{part}.json")
        measured: dict[str, _Measure] = {
            "recognition": _recognition,
            "alignment": _alignment,
            "signal": partial(_signal, studies),
        }
        with claimed(target), RichProgress(console) as progress:
            figures, text = measured[part](progress)
            _write(target, figures)
        console.print(text, soft_wrap=True)
    else:
        from benchmarks.figures_table import bench_table
        from benchmarks.run_bench import run_bench

        target = out or Path("bench.json")
        with claimed(target), RichProgress(console) as progress:
            result = run_bench(
                target,
                slices=slices,
                quick=quick,
                model=model,
                device=device,
                precision=precision,
                backend=backend,
                progress=progress,
            )
        console.print(bench_table(result))
    console.print(f"All figures are in {target}.", soft_wrap=True)


def _only(parts: dict[str, bool], studies: Path | None) -> str:
    """The one part that was asked for, empty for the speed.

    Raises:
        InputError: several were, or a dataset for another part than the signal.
    """
    from MTINetLib.errors import InputError

    asked = [name for name, wanted in parts.items() if wanted]
    if len(asked) > 1:
        raise InputError(f"Only one at a time: {' or '.join(f'--{name}' for name in asked)}.")
    if studies is not None and asked != ["signal"]:
        raise InputError("--dataset goes with --signal only.")
    return asked[0] if asked else ""


def _signal(studies: Path | None, progress: Progress) -> tuple[dict[str, Any], str]:
    from benchmarks.signal import run_signal, signal_tables

    figures = run_signal(dataset=studies, progress=progress)
    return figures, signal_tables(figures)


def _recognition(progress: Progress) -> tuple[dict[str, Any], str]:
    from benchmarks.recognition import run_recognition
    from benchmarks.recognition_tables import recognition_tables

    figures = run_recognition(progress=progress)
    return figures, recognition_tables(figures)


def _alignment(progress: Progress) -> tuple[dict[str, Any], str]:
    from benchmarks.alignment import alignment_table, run_alignment

    figures = run_alignment(progress=progress)
    return figures, alignment_table(figures)


def _write(out: Path, figures: dict[str, Any]) -> None:
    from MTINetLib.errors import InputError

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}.") from error
