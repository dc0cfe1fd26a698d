"""``mtinet compare``: systems side by side on one dataset, as the paper's tables."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from MTINetLib.commands.options import Dataset


def compare(
    dataset: Dataset,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FOLDER", help="Of the experiment, new or to be gone on with."),
    ],
    experiment: Annotated[
        list[str] | None,
        typer.Option(
            "--experiment",
            metavar="segmentation|regression|classification|ablation|tasks|all",
            help="Which tables; may be repeated. all if not given.",
        ),
    ] = None,
    systems: Annotated[
        str, typer.Option(metavar="NAME,NAME", help="Only these systems; all of the experiment if not given.")
    ] = "",
    without: Annotated[str, typer.Option(metavar="NAME,NAME", help="Systems to leave out.")] = "",
    folds: Annotated[int, typer.Option(metavar="N", help="Folds of the cross-validation, by patient.")] = 5,
    seeds: Annotated[int, typer.Option(metavar="N", help="Trainings of each system in each fold.")] = 3,
    budget: Annotated[
        str,
        typer.Option(
            metavar="60s|2min|500steps|paper",
            help="Of each training, the same for every system; paper: its 100 epochs and its recipe.",
        ),
    ] = "paper",
    optimisers: Annotated[
        str,
        typer.Option(
            metavar="published|common",
            help="Each system's own optimiser, or the common one for all, which short budgets need.",
        ),
    ] = "published",
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change a setting that all systems share; may be repeated."
        ),
    ] = None,
    device: Annotated[
        str,
        typer.Option(metavar="auto|cpu|cuda[:n],...", help="Where it runs; of several each job takes one."),
    ] = "auto",
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", metavar="N", help="Runs side by side; one a device if not given."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Prepared slices, to share among experiments.")
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Do failed runs again.")] = False,
    tables: Annotated[bool, typer.Option("--tables", help="Only write the tables of what is done.")] = False,
) -> None:
    """Compare systems on one dataset: the paper's tables, with tests, intervals and costs.

    Every system is trained and judged on the same patients within the same budget. A run that is done is
    kept; the same command goes on after any end, and several machines may work on one folder. The tables come
    as HTML, Markdown, LaTeX and CSV.
    """
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.errors import InputError
    from MTINetLib.experiment.budget import read_budget
    from MTINetLib.experiment.compare import Comparison, run_comparison, write_what_is_there
    from MTINetLib.experiment.pages import HTML_FILE

    if jobs is not None and jobs < 1:
        raise InputError(f"{jobs} jobs do nothing; give at least 1.")
    console = terminal()
    devices = tuple(_names(device)) or ("auto",)
    asked = Comparison(
        dataset,
        out,
        tuple(experiment or ("all",)),
        read_budget(budget),
        tuple(_names(systems)),
        tuple(_names(without)),
        folds,
        seeds,
        tuple(changes or ()),
        devices,
        jobs or len(devices),
        cache,
        retry,
        _command(),
        optimisers,
    )
    with RichProgress(console) as progress:
        if tables:
            outcome = write_what_is_there(asked, progress)
        else:
            outcome = run_comparison(asked, progress, lambda line: console.print(line, soft_wrap=True))
    for line in outcome.failed:
        console.print(f"Failed: {line}", soft_wrap=True)
    console.print(f"The tables are in {outcome.tables}: begin with {HTML_FILE}.", soft_wrap=True)


#: They change nothing that stands in the tables.
_NOT_ON_THE_PAGE = ("--tables", "--retry", "--debug")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _command() -> str:
    """As it was given; of paths only the last part, for a page that others read."""
    given = [word for word in sys.argv[1:] if word not in _NOT_ON_THE_PAGE]
    words = [Path(word).name if "/" in word or "\\" in word else word for word in given]
    return shlex.join(["mtinet", *words])
