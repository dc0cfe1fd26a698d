"""``mtinet evaluate``: a model against the truth of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    if against is not None:
        models = (against, model)
        _compare(dataset, out, models, device, precision, backend, limit, seed, overwrite)
        return
    check_out(out, overwrite)
    with claimed(out), RichProgress(console) as progress:
        loaded = load_ready_model(model, device, precision, backend)
        summary = run_evaluation(
            dataset,
            out,
            model=loaded,
            device=device,
            precision=precision,
            backend=backend,
            progress=progress,
            overwrite=overwrite,
            limit=limit,
            seed=seed,
        )
    console.print(Markdown(summary.to_markdown()))
    console.print(f"Figures are in {out}: begin with summary.md.", soft_wrap=True)


def _compare(
    dataset: Path,
    out: Path,
    models: tuple[str | None, str | None],
    device: str,
    precision: str,
    backend: str,
    limit: int | None,
    seed: int,
    overwrite: bool,
) -> None:
    """Two models, the old and the new one, on the same studies."""
    from MTINetLib.claim import claimed
    from MTINetLib.commands.side_by_side import print_comparison
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.evaluation.evaluate import check_out
    from MTINetLib.evaluation.side_by_side import side_by_side
    from MTINetLib.evaluation.side_by_side_page import FILES, PAGE_FILE
    from MTINetLib.models.store import load_ready_model
    from MTINetLib.presentation.comparison_words import verdict_in_words

    console = terminal()
    check_out(out, overwrite, FILES)
    with claimed(out), RichProgress(console) as progress:
        old, new = (load_ready_model(model, device, precision, backend) for model in models)
        result = side_by_side(
            dataset,
            out,
            old=old,
            new=new,
            device=device,
            precision=precision,
            backend=backend,
            progress=progress,
            overwrite=overwrite,
            limit=limit,
            seed=seed,
        )
    print_comparison(console, result)
    console.print(verdict_in_words(**vars(result.verdict)), soft_wrap=True)
    console.print(f"Figures and pictures are in {out}: begin with {PAGE_FILE}.", soft_wrap=True)
