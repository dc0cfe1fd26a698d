"""``mtinet evaluate``: a model, or label maps of another program, against the truth of a dataset; or what
readers marked on results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from MTINetLib.commands.options import Backend, Device, Model, OutFolder, Overwrite, Precision
from MTINetLib.errors import InputError

#: What evaluating label maps takes of the settings of an evaluation.
_OF_MAPS = ("overwrite", "limit", "seed")


def evaluate(
    out: OutFolder,
    dataset: Annotated[
        Path | None, typer.Argument(metavar="DATASET", help="A folder with cases.csv.", show_default=False)
    ] = None,
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
    predictions: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Judge label maps of another program in place of a model: a file a case, named as the case.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="lesions|VALUE=CLASS,...",
            help="What the values of these maps are: lesions, one by one, or classes such as 1=hcc,2=other; "
            "lesion for any class, none for what is no lesion.",
        ),
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option(metavar="TABLE", help="The key of an export, where the maps have its names."),
    ] = None,
    marks: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="TABLE",
            help="Without a dataset: what readers marked on --results, as the page saves it. May be "
            "repeated.",
        ),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="With --marks: of mtinet cohort, or of one study."),
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", help="Only the first N cases.")] = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Of the bootstrap.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Analyze every case of a dataset and compare with its truth.

    Writes per_lesion.csv, per_case.csv, summary.json and summary.md, with 95 % confidence intervals, and
    pictures of the free-response curve and of the calibration. With --against it writes comparison.md,
    comparison.json, lesions.csv and pictures of where the two models differ. With --predictions it judges
    label maps by the same figures, as far as a label map tells them. With --marks and --results it sums up
    what readers said of results: which marks are right, what was missed, how far two readers agree.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, page, terminal
    from MTINetLib.evaluation.evaluate import check_out
    from MTINetLib.evaluation.evaluate import evaluate as run_evaluation
    from MTINetLib.models.store import load_ready_model

    console = terminal()
    ways = {"device": device, "precision": precision, "backend": backend}
    how: dict[str, Any] = {**ways, "overwrite": overwrite, "limit": limit, "seed": seed}
    if marks or results is not None:
        of_a_dataset = (dataset, model, against, predictions, labels, names, limit)
        _sum_up_marks(marks or (), results, out, of_a_dataset, {"overwrite": overwrite, "seed": seed})
        return
    if dataset is None:
        raise InputError("Name a dataset to evaluate on, or --marks and --results.")
    if predictions is not None:
        _refuse_both(model, against)
        _judge_maps(dataset, out, predictions, (labels, names), {key: how[key] for key in _OF_MAPS})
        return
    if labels is not None or names is not None:
        raise InputError("--labels and --names belong to --predictions.")
    if against is not None:
        _compare(dataset, out, (against, model), ways, how)
        return
    check_out(out, overwrite)
    with claimed(out), RichProgress(console) as progress:
        loaded = load_ready_model(model, **ways)
        summary = run_evaluation(dataset, out, model=loaded, progress=progress, **how)
    console.print(page(summary.to_markdown()))
    console.print(f"Figures are in {out}: begin with summary.md.", soft_wrap=True)


def _sum_up_marks(
    tables: Sequence[Path],
    results: Path | None,
    out: Path,
    of_a_dataset: Sequence[object],
    how: Mapping[str, Any],
) -> None:
    """What readers marked.

    Args:
        of_a_dataset: what was said that belongs to other evaluations.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, page, terminal
    from MTINetLib.evaluation.evaluate_marks import HTML_FILE, evaluate_marks

    if not tables or results is None:
        raise InputError("--marks and --results belong together: name the tables and what they are of.")
    if any(value is not None for value in of_a_dataset):
        raise InputError(
            "--marks sums up what readers said of results: leave DATASET out, and every option but "
            "--results, -o, --seed and --overwrite."
        )
    console = terminal()
    with claimed(out), RichProgress(console) as progress:
        summary = evaluate_marks(results, tables, out, progress=progress, **how)
    console.print(page(summary.to_markdown()))
    console.print(f"Figures are in {out}: begin with {HTML_FILE}.", soft_wrap=True)


def _refuse_both(model: str | None, against: str | None) -> None:
    if model is not None or against is not None:
        raise InputError(
            "--predictions judges label maps in place of a model; leave --model and --against out."
        )


def _judge_maps(
    dataset: Path,
    out: Path,
    folder: Path,
    told: tuple[str | None, Path | None],
    how: Mapping[str, Any],
) -> None:
    """Label maps of another program.

    Args:
        told: what --labels and --names say.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.console import RichProgress, page, terminal
    from MTINetLib.evaluation.evaluate import check_out
    from MTINetLib.evaluation.evaluate_maps import evaluate_maps
    from MTINetLib.evaluation.label_maps import LabelMeaning, read_names

    console = terminal()
    check_out(out, how["overwrite"])
    meaning = None if told[0] is None else LabelMeaning.of(told[0])
    names = None if told[1] is None else read_names(told[1])
    with claimed(out), RichProgress(console) as progress:
        summary = evaluate_maps(dataset, out, folder, meaning=meaning, names=names, progress=progress, **how)
    console.print(page(summary.to_markdown()))
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
