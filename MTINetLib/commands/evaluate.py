"""``mtinet evaluate``: a model against the truth of a dataset."""

from __future__ import annotations

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
    limit: Annotated[int | None, typer.Option(metavar="N", help="Only the first N cases.")] = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Of the bootstrap.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Analyze every case of a dataset and compare with its truth.

    Writes per_lesion.csv, per_case.csv, summary.json and summary.md, with 95 % confidence intervals, and
    pictures of the free-response curve and of the calibration.
    """
    from rich.markdown import Markdown

    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.evaluation.evaluate import check_out
    from MTINetLib.evaluation.evaluate import evaluate as run_evaluation
    from MTINetLib.models.store import load_ready_model

    console = terminal()
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
