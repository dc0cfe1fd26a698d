"""``mtinet phantom``: studies with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def phantom(
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="A new folder for the dataset.", show_default=False
        ),
    ],
    cases: Annotated[int, typer.Option("--cases", "-n", metavar="N", help="How many studies.")] = 10,
    seed: Annotated[int, typer.Option(metavar="S", help="The same seed gives the same studies.")] = 0,
    image_format: Annotated[
        str, typer.Option("--format", metavar="dicom|nifti", help="Four DICOM series or four files a study.")
    ] = "nifti",
    first: Annotated[
        int, typer.Option(metavar="N", help="Number of the first study, to make a large set in parts.")
    ] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", help="Processes that work.")] = 1,
) -> None:
    """Make synthetic studies with known truth.

    The folder is a dataset for `mtinet train` and `mtinet evaluate`: cases.csv, lesions.csv, images, masks
    and true curves.
    """
    from rich.console import Console

    from MTINetLib.console import RichProgress
    from MTINetLib.phantom.cohort import write_cohort

    console = Console()
    with RichProgress(console) as progress:
        made = write_cohort(
            out, cases, seed, image_format, progress=progress, first_index=first, workers=jobs
        )
    lesions = sum(len(case.lesion_classes) for case in made)
    console.print(
        f"{len(made)} studies with {lesions} lesions are in {out}.", soft_wrap=True, highlight=False
    )
