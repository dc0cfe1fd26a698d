"""``mtinet train``: a model from a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from MTINetLib.commands.options import Dataset

if TYPE_CHECKING:
    from rich.console import Console

    from MTINetLib.evaluation.operating_point import OperatingPoint
    from MTINetLib.training.run_split import DataChanges
    from MTINetLib.training.settings import TrainingSettings
    from MTINetLib.training.train import TrainingResult


#: The recipe of a run that starts from a model.
FINE_TUNING = "finetune"


def train(
    dataset: Dataset,
    run: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="RUN", help="Folder of the run, new or to be resumed."),
    ],
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="demo|gpu|paper|quick|finetune",
            help="Recipe: of the shipped model (the default), the same for a GPU, of the paper, seconds to "
            "see that it runs, or for few cases (the default with --start-from).",
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the recipe; may be repeated."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run's last checkpoint.")] = False,
    cross_validation: Annotated[
        bool, typer.Option("--cross-validation", help="One model a fold, as many as the setting folds says.")
    ] = False,
    data_changes: Annotated[
        str,
        typer.Option(
            metavar="refuse|accept",
            help="With --resume, where the dataset has changed: end, or take new patients into training.",
        ),
    ] = "refuse",
    start_from: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Begin with this model's weights, network, phases and classes instead of random weights.",
        ),
    ] = None,
    mix: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Recipe finetune: a dataset to train on beside the cases, so that nothing is forgotten. "
            "Without it phantom studies are made.",
        ),
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="Name of the model that comes out.")] = "",
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Prepared slices, to share among runs.")
    ] = None,
) -> None:
    """Train a model on a dataset.

    The run folder keeps settings, split, logs and checkpoints; its folder `model` is what `--model` takes.
    With --start-from and few cases patients are held out in turn.
    """
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.errors import InputError
    from MTINetLib.train_model import train_models

    console = terminal()
    changes_word = _data_changes(data_changes)
    if preset == FINE_TUNING or (preset is None and start_from is not None):
        if start_from is None:
            raise InputError("The recipe finetune goes on from a model; name it with --start-from.")
        _fine_tune(
            console,
            dataset,
            run,
            changes or [],
            start_from,
            mix=mix,
            cross_validation=cross_validation,
            resume=resume,
            name=name,
            cache=cache,
            data_changes=changes_word,
        )
        return
    if mix is not None:
        raise InputError("--mix belongs to the recipe finetune; name a model with --start-from.")
    settings = _settings(run, preset, changes or [], resume)
    with _options_named(), RichProgress(console) as progress:
        models = train_models(
            dataset,
            run,
            settings,
            cross_validation=cross_validation,
            resume=resume,
            progress=progress,
            bar=console.is_terminal,
            cache=cache,
            name=name,
            data_changes=changes_word,
            start_from=start_from,
        )
    for model in models:
        if model.operating_point is not None:
            _tell(console, model.result, model.operating_point)


def _fine_tune(
    console: Console, dataset: Path, run: Path, changes: list[str], start_from: str, **more: Any
) -> None:
    from MTINetLib.commands.side_by_side import print_comparison
    from MTINetLib.console import RichProgress
    from MTINetLib.evaluation.fit_model import words_of
    from MTINetLib.evaluation.side_by_side_page import PAGE_FILE
    from MTINetLib.fine_tuning.fine_tune import Order, Plan, fine_tune
    from MTINetLib.fine_tuning.run import FineTuningFolder
    from MTINetLib.presentation.comparison_words import verdict_in_words
    from MTINetLib.presentation.counts import counted
    from MTINetLib.presentation.fine_tuning_words import plan_in_words
    from MTINetLib.training.settings import training_preset

    def told(plan: Plan) -> None:
        console.print(plan_in_words(**vars(plan)), soft_wrap=True)

    order = Order(dataset, run, training_preset(FINE_TUNING, changes), start_from, **more)
    with _options_named(), RichProgress(console) as progress:
        left = fine_tune(order, progress=progress, bar=console.is_terminal, told=told)
    verdict = left.comparison.verdict
    print_comparison(console, left.comparison)
    kept = "The model is in" if left.better else "The new model is kept for a look in"
    for line in (
        f"{counted(left.steps, 'step')} in {left.minutes:.1f} min, {counted(left.folds, 'network')}.",
        words_of(left.point),
        left.judged_by,
        verdict_in_words(**vars(verdict)),
        f"{kept} {left.model} (SHA-256 {left.sha256}); old and new side by side: "
        f"{FineTuningFolder(run).comparison / PAGE_FILE}.",
    ):
        console.print(line, soft_wrap=True)


@contextmanager
def _options_named() -> Iterator[None]:
    """Errors that an option gets past name it; the library's sentences know no command line."""
    from MTINetLib.errors import DatasetChanged, DeviceUnusable

    try:
        yield
    except DatasetChanged as error:
        raise DatasetChanged(f"{error} Accept them with --data-changes accept.") from error
    except DeviceUnusable as error:
        raise DeviceUnusable(f"{error} The CPU is chosen with --set accelerator=cpu.") from error


def _tell(console: Console, result: TrainingResult, point: OperatingPoint) -> None:
    from MTINetLib.evaluation.fit_model import words_of
    from MTINetLib.presentation.counts import counted

    figures = ", ".join(f"{key} {value:.3f}" for key, value in sorted(result.scores.items()))
    lines = (
        f"{counted(result.steps, 'step')} in {result.minutes:.1f} min; validation: {figures}.",
        words_of(point),
        f"The model is in {result.model} (SHA-256 {result.sha256}).",
    )
    for line in lines:
        console.print(line, soft_wrap=True)


def _data_changes(word: str) -> DataChanges:
    from MTINetLib.errors import InputError
    from MTINetLib.training.run_split import DATA_CHANGES

    for known in DATA_CHANGES:
        if word == known:
            return known
    raise InputError(f"--data-changes {word} is unknown; choose one of {', '.join(DATA_CHANGES)}.")


def _settings(run: Path, preset: str | None, changes: list[str], resume: bool) -> TrainingSettings:
    """A resumed run keeps its own settings unless a preset is named."""
    from MTINetLib.errors import InputError
    from MTINetLib.models.networks_beside import FINE_TUNING_FILE
    from MTINetLib.train_model import DEFAULT_PRESET
    from MTINetLib.training.run_folder import read_config
    from MTINetLib.training.setting_text import change_settings
    from MTINetLib.training.settings import settings_from_dict, training_preset

    if resume and (run / FINE_TUNING_FILE).is_file():
        raise InputError(f"{run} is a fine-tuning; name the model that it began with (--start-from).")
    config = run / "config.json"
    if not (resume and preset is None and config.is_file()):
        return training_preset(preset or DEFAULT_PRESET, changes)
    return change_settings(settings_from_dict(read_config(config)), changes)
