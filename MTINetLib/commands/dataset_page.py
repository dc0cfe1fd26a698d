"""``mtinet dataset``: a page to look at all cases of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from MTINetLib.commands.options import Dataset


def dataset_page(
    dataset: Dataset,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="The page; by default NAME.html here."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier page.")] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", help="Processes that work; 0 for one per processor.")
    ] = 0,
) -> None:
    """Write a page with a row of pictures for every case, to look at a dataset.

    An HTML file that needs no network: phases, the outline of the mask, times, spacing, class, and what
    `mtinet check` says of the case.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.dataset_page.page import write_page
    from MTINetLib.errors import InputError
    from MTINetLib.presentation.counts import counted

    console = terminal()
    page = out or Path(f"{dataset.resolve().name}.html")
    if page.is_dir():
        raise InputError(f"{page} is a folder: name a file for the page, such as {page / 'dataset.html'}.")
    if page.exists() and not overwrite:
        raise InputError(f"{page} is there already; name another file, or allow --overwrite.")
    with claimed(page), RichProgress(console) as progress:
        written = write_page(dataset, page, progress, processes=jobs)
    wrong = sum(bool(case.problems) for case in written.check.cases)
    console.print(f"{counted(len(written.check.cases), 'case')} are in {page}.", soft_wrap=True)
    if wrong or written.check.problems:
        console.print(
            f"{counted(wrong, 'case')} cannot be trained on, {written.unseen} of them without a picture; the "
            "page says why.",
            soft_wrap=True,
        )
