"""``mtinet bench``: how fast this machine is, from DICOM to findings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from MTINetLib.commands.options import Device, Model, Precision


def bench(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where the figures go.")] = Path(
        "bench.json"
    ),
    slices: Annotated[int, typer.Option(metavar="N", help="Slices of the study.")] = 80,
    quick: Annotated[bool, typer.Option("--quick", help="Tiny sizes, only to see that it works.")] = False,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Measure how fast this machine is.

    The whole way from DICOM to findings, stage by stage, and the network beside nnU-Net's. Takes minutes;
    leave the machine alone meanwhile.
    """
    from rich.console import Console

    from MTINetLib.bench import bench_table, run_bench
    from MTINetLib.console import RichProgress

    console = Console()
    with RichProgress(console) as progress:
        result = run_bench(
            out,
            slices=slices,
            quick=quick,
            model=model,
            device=device,
            precision=precision,
            progress=progress,
        )
    console.print(bench_table(result))
    console.print(f"All figures are in {out}.", soft_wrap=True, highlight=False)
