"""``mtinet bench``: how fast this machine is, how well phases are read, how true the phantom is."""

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
    phantom: Annotated[
        bool,
        typer.Option(
            "--phantom", help="Only: the phantom's lesions beside real ones; ends with 1 on a miss."
        ),
    ] = False,
    outline: Annotated[
        bool,
        typer.Option(
            "--outline", help="Only: how well a box around a lesion is outlined, beside other ways."
        ),
    ] = False,
    cases: Annotated[
        int | None,
        typer.Option(
            "--cases",
            metavar="N",
            help="With --phantom and --outline: how many lesions.",
            show_default="100; 60 with --outline",
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--table", metavar="CSV", help="With --phantom: real lesions of your own."),
    ] = None,
    studies: Annotated[
        Path | None,
        typer.Option(
            "--dataset",
            metavar="DATASET",
            help="With --signal and --outline: its studies instead of phantoms.",
        ),
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
    parts = {
        "recognition": recognition,
        "alignment": alignment,
        "signal": signal,
        "phantom": phantom,
        "outline": outline,
    }
    part = _only(
        parts,
        {
            "--dataset": (("signal", "outline"), studies),
            "--cases": (("phantom", "outline"), cases),
            "--table": (("phantom",), table),
        },
    )
    if part:
        target = out or Path(f"{part}.json")
        measured: dict[str, _Measure] = {
            "recognition": _recognition,
            "alignment": _alignment,
            "signal": partial(_signal, studies),
            "phantom": partial(_phantom, cases, table),
            "outline": partial(_outline, cases, studies, model, device),
        }
        with claimed(target), RichProgress(console) as progress:
            figures, text = measured[part](progress)
            _write(target, figures)
        console.print(text, soft_wrap=True, markup=False)
        missed = bool(figures.get("missed"))
    else:
        missed = False
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
    if missed:
        raise typer.Exit(1)


def _only(parts: dict[str, bool], belong: dict[str, tuple[tuple[str, ...], object]]) -> str:
    """The one part that was asked for, empty for the speed.

    Args:
        parts: which were asked for.
        belong: options, the parts that each goes with, and what was given.

    Raises:
        InputError: several were, or an option of another part.
    """
    from MTINetLib.errors import InputError

    asked = [name for name, wanted in parts.items() if wanted]
    if len(asked) > 1:
        raise InputError(f"Only one at a time: {' or '.join(f'--{name}' for name in asked)}.")
    for option, (its, given) in belong.items():
        if given is not None and not (asked and asked[0] in its):
            raise InputError(f"{option} goes with {' and '.join(f'--{part}' for part in its)} only.")
    return asked[0] if asked else ""


def _signal(studies: Path | None, progress: Progress) -> tuple[dict[str, Any], str]:
    from benchmarks.signal import run_signal, signal_tables

    figures = run_signal(dataset=studies, progress=progress)
    return figures, signal_tables(figures)


def _phantom(cases: int | None, table: Path | None, progress: Progress) -> tuple[dict[str, Any], str]:
    from benchmarks.phantom import CASES, phantom_tables, run_phantom

    figures = run_phantom(cases or CASES, table=table, progress=progress)
    return figures, phantom_tables(figures)


def _outline(
    cases: int | None, studies: Path | None, model: str | None, device: str, progress: Progress
) -> tuple[dict[str, Any], str]:
    from benchmarks.outline import CASES, outline_table, run_outline

    figures = run_outline(cases or CASES, dataset=studies, model=model, device=device, progress=progress)
    return figures, outline_table(figures)


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
