"""``mtinet demo``: a demo study made, analyzed and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from MTINetLib.commands.options import Model, Overwrite


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where everything goes.")] = Path(
        "demo-output"
    ),
    model: Model = None,
    overwrite: Overwrite = False,
) -> None:
    """Analyze a synthetic study.

    It is made here as DICOM, from the phantom; the results stand beside its truth.
    """
    from MTINetLib.console import terminal
    from MTINetLib.demo import run_demo

    run_demo(out, model, terminal(), overwrite=overwrite)
