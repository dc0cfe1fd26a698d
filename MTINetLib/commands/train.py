"""``mtinet train``: a model from a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from MTINetLib.commands.options import Dataset

if TYPE_CHECKING:
    from rich.console import Console

    from MTINetLib.evaluation.operating_point import OperatingPoint
    from MTINetLib.training.run_split import DataChanges
    from MTINetLib.training.settings import TrainingSettings
    from MTINetLib.training.train import TrainingResult


def train(
    dataset: Dataset,
    run: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="RUN", help="Folder of the run, new or to be resumed."),
    ],
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="demo|gpu|paper|quick",
            help="Recipe: of the shipped model (the default), the same for a GPU, of the paper, or seconds "
            "to see that it runs.",
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
    name: Annotated[str, typer.Option(metavar="NAME", help="Name of the model that comes out.")] = "",
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Prepared slices, to share among runs.")
    ] = None,
) -> None:
    """Train a model on a dataset.

    The run folder keeps settings, split, logs and checkpoints; its folder `model` is what `--model` takes.
    """
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.train_model import train_models

    console = terminal()
    changes_word = _data_changes(data_changes)
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
    from MTINetLib.train_model import DEFAULT_PRESET
    from MTINetLib.training.run_folder import read_config
    from MTINetLib.training.setting_text import change_settings
    from MTINetLib.training.settings import settings_from_dict, training_preset

    config = run / "config.json"
    if not (resume and preset is None and config.is_file()):
        return training_preset(preset or DEFAULT_PRESET, changes)
    return change_settings(settings_from_dict(read_config(config)), changes)
