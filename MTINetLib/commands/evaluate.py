"""``mtinet evaluate``: a model against the truth of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from MTINetLib.commands.options import Backend, Dataset, Device, Model, OutFolder, Overwrite, Precision


def evaluate(
    dataset: Dataset,
    out: OutFolder,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "torch",
    against: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Compare on the same studies: the model of --model as the new one, this as the old one.",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", help="Only the first N cases.")] = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Of the bootstrap.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Analyze every case of a dataset and compare with its truth.

    Writes per_lesion.csv, per_case.csv, summary.json and summary.md, with 95 % confidence intervals, and
    pictures of the free-response curve and of the calibration. With --against it writes comparison.md,
    comparison.json, lesions.csv and pictures of where the two models differ.
    """
    from rich.markdown import Markdown

    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.evaluation.evaluate import check_out
    from MTINetLib.evaluation.evaluate import evaluate as run_evaluation
    from MTINetLib.models.store import load_ready_model

    console = terminal()
    ways = {"device": device, "precision": precision, "backend": backend}
    how: dict[str, Any] = {**ways, "overwrite": overwrite, "limit": limit, "seed": seed}
    if against is not None:
        _compare(dataset, out, (against, model), ways, how)
        return
    check_out(out, overwrite)
    with claimed(out), RichProgress(console) as progress:
        loaded = load_ready_model(model, **ways)
        summary = run_evaluation(dataset, out, model=loaded, progress=progress, **how)
    console.print(Markdown(summary.to_markdown()))
    console.print(f"Figures are in {out}: begin with summary.md.", soft_wrap=True)


def _compare(
    dataset: Path,
    out: Path,
    models: tuple[str | None, str | None],
    ways: Mapping[str, str],
    how: Mapping[str, Any],
) -> None:
    """Two models, the old and the new one, on the same studies.

    Args:
        ways: device, precision and backend; ``how`` holds them with the other settings of an evaluation.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.commands.side_by_side import print_comparison
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.evaluation.evaluate import check_out
    from MTINetLib.evaluation.side_by_side import side_by_side
    from MTINetLib.evaluation.side_by_side_page import FILES, PAGE_FILE
    from MTINetLib.models.store import load_ready_model
    from MTINetLib.presentation.comparison_words import verdict_in_words

    console = terminal()
    check_out(out, how["overwrite"], FILES)
    with claimed(out), RichProgress(console) as progress:
        old, new = (load_ready_model(model, **ways) for model in models)
        result = side_by_side(dataset, out, old=old, new=new, progress=progress, **how)
    print_comparison(console, result)
    console.print(verdict_in_words(**vars(result.verdict)), soft_wrap=True)
    console.print(f"Figures and pictures are in {out}: begin with {PAGE_FILE}.", soft_wrap=True)
