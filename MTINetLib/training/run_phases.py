"""What a dataset decides of a run's network: the phases that it takes, and whether it learns organs."""

from __future__ import annotations

import logging
from pathlib import Path

from MTINetLib.dataset.folder import dataset_phases, read_dataset
from MTINetLib.errors import InputError
from MTINetLib.study.phase import FEWEST_PHASES, Phase, count_in_words, phase_set, the_phases
from MTINetLib.training.settings import TrainingSettings

_LOG = logging.getLogger(__name__)


def for_dataset(dataset: Path, settings: TrainingSettings, mix: Path | None = None) -> TrainingSettings:
    """The settings of a run on a dataset.

    Without a single anatomy map no organs are learnt, which is said; a run that starts from a model keeps
    what the model knows of them.

    Args:
        mix: a dataset whose studies are mixed in, or None.

    Raises:
        InputError: the dataset cannot be read, or lacks a phase that the settings name.
    """
    settings = settings.for_phases(run_phases(dataset, settings))
    folders = [dataset]
    if mix is not None:
        run_phases(mix, settings)
        folders.append(mix)
    if settings.network.anatomy_classes and not any(map(_has_anatomy_map, folders)):
        if settings.started_from:
            _LOG.warning("The dataset has no anatomy maps: the model learns nothing new of the liver.")
            return settings
        _LOG.warning("The dataset has no anatomy maps: the model learns no liver and no other organs.")
        return settings.without_anatomy()
    return settings


def _has_anatomy_map(dataset: Path) -> bool:
    return any(case.anatomy_path for case in read_dataset(dataset))


def run_phases(dataset: Path, settings: TrainingSettings) -> tuple[Phase, ...]:
    """Those that the settings name, or all of the dataset.

    Raises:
        InputError: the dataset lacks one of them, or has too few to learn from.
    """
    there = dataset_phases(dataset)
    if len(there) < FEWEST_PHASES:
        raise InputError(
            f"The cases of {dataset.name} have {the_phases(there)} alone: training needs "
            f"{count_in_words(FEWEST_PHASES)} phases or more."
        )
    wanted = phase_set(settings.phases) if settings.phases else there
    missing = [phase for phase in wanted if phase not in there]
    if missing:
        raise InputError(
            f"The dataset {dataset.name} has no column for {the_phases(missing)}, which the settings name."
        )
    return wanted
