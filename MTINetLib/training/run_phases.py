"""The phases that a run's network takes."""

from __future__ import annotations

from pathlib import Path

from MTINetLib.dataset.folder import dataset_phases
from MTINetLib.errors import InputError
from MTINetLib.study.phase import Phase, phase_set, the_phases
from MTINetLib.training.settings import TrainingSettings


def run_phases(dataset: Path, settings: TrainingSettings) -> tuple[Phase, ...]:
    """Those that the settings name, or all of the dataset.

    Raises:
        InputError: the dataset lacks one of them.
    """
    there = dataset_phases(dataset)
    wanted = phase_set(settings.phases) if settings.phases else there
    missing = [phase for phase in wanted if phase not in there]
    if missing:
        raise InputError(f"The dataset has no column for {the_phases(missing)}, which the settings name.")
    return wanted
