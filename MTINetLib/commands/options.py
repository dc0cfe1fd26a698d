"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Device = Annotated[str, typer.Option(metavar="auto|cpu|cuda[:n]", help="Where the network runs.")]
Precision = Annotated[
    str,
    typer.Option(
        metavar="auto|fp32|bf16",
        help="auto takes bf16 where it was measured faster with this model, else fp32.",
    ),
]
Backend = Annotated[
    str,
    typer.Option(
        metavar="auto|torch|openvino",
        help="What runs the network; auto takes what was measured faster, so results may differ between "
        "machines in their last digits.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option(metavar="NAME|PATH", help="A model that `mtinet info` lists, or a model folder."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace earlier results in the folder.")]
OutFolder = Annotated[
    Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the results go.", show_default=False)
]
Dataset = Annotated[Path, typer.Argument(metavar="DATASET", help="A folder with cases.csv.")]
