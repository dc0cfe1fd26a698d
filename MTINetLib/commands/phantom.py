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
        str, typer.Option("--format", metavar="dicom|nifti", help="A DICOM series or a file for each phase.")
    ] = "nifti",
    first: Annotated[
        int, typer.Option(metavar="N", help="Number of the first study, to make a large set in parts.")
    ] = 0,
    slices: Annotated[
        str, typer.Option(metavar="LEAST-MOST", help="Slices a study.", show_default=True)
    ] = "28-64",
    anatomy: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Label maps of real livers, put in place of the built-in shape.",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", help="Processes that work.")] = 1,
) -> None:
    """Make synthetic studies with known truth.

    The folder is a dataset for `mtinet train` and `mtinet evaluate`: cases.csv, lesions.csv, images, masks
    and true curves.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.phantom.cohort import PhantomSettings, write_cohort

    console = terminal()
    settings = PhantomSettings(slices=_slice_limits(slices), anatomy=anatomy)
    _check_maps(anatomy)
    with claimed(out), RichProgress(console) as progress:
        made = write_cohort(
            out, cases, seed, image_format, settings, progress, first_index=first, workers=jobs
        )
    lesions = sum(len(case.lesion_classes) for case in made)
    console.print(f"{len(made)} studies with {lesions} lesions are in {out}.", soft_wrap=True)


def _check_maps(folder: Path | None) -> None:
    """Refuse a folder without label maps before anything is begun."""
    from MTINetLib.phantom.atlas import liver_maps

    if folder is not None:
        liver_maps(folder)


def _slice_limits(text: str) -> tuple[int, int]:
    """``28-64`` as two numbers."""
    from MTINetLib.errors import InputError

    least, _, most = text.partition("-")
    if not (least.isdecimal() and most.isdecimal() and 3 <= int(least) <= int(most)):
        raise InputError(
            f"The slices '{text}' are no range; write for example 28-64, with at least 3 slices."
        )
    return int(least), int(most)
