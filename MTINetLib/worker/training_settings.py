"""From what the user chose to the settings of a run on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from MTINetLib.errors import InputError
from MTINetLib.models.device import choose_compute, has_fast_bf16
from MTINetLib.presentation.statements import error_of
from MTINetLib.process_pool import usable_cores
from MTINetLib.training.run_folder import read_config
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings, settings_from_dict, training_preset
from MTINetLib.worker.training_requests import Train

#: Live curves want a figure every few steps, whatever the preset writes to its logs.
_LOG_EVERY = 10


def run_settings(request: Train) -> TrainingSettings:
    """The settings of a run.

    Raises:
        InputError: a choice cannot be used, or the run to resume is damaged.
        MissingResourceError: a GPU was asked for that is not there.
    """
    if request.epochs is not None and request.minutes is not None:
        raise error_of(InputError, "epochs_and_minutes")
    if request.folds < 1:
        raise error_of(InputError, "too_few_folds", folds=request.folds)
    device = choose_compute(request.device).device
    if device.index:
        raise error_of(InputError, "first_gpu_only")
    before = _settings_before(request)
    settings = before or training_preset(request.preset)
    if before is None and settings.precision == "bf16" and not has_fast_bf16(device):
        settings = replace(settings, precision="fp32")
    if before is None and request.batch_size is not None:
        settings = replace(settings, batch_size=request.batch_size)
    if before is None and request.folds > 1:
        settings = replace(settings, folds=request.folds)
    settings = _with_budget(settings, request)
    cores, on_gpu = cores_for_training(), device.type == "cuda"
    settings = replace(
        settings,
        accelerator="gpu" if on_gpu else "cpu",
        devices=1,
        # On the CPU the network is what takes the time; another process would only share the processor.
        workers=min(settings.workers, 1) if on_gpu else 0,
        preparation_processes=min(settings.preparation_processes or cores, cores),
        log_every=min(settings.log_every, _LOG_EVERY),
    )
    return change_settings(settings, request.changes)


def is_cross_validation(request: Train) -> bool:
    """Whether several networks are trained; a resumed run stays what it is."""
    if request.resume and _config(Path(request.run)) is not None:
        return (Path(request.run) / "fold-1").is_dir()
    return request.folds > 1


def cores_for_training() -> int:
    """All but one, which is left to Slicer."""
    return max(1, usable_cores() - 1)


def leave_a_core() -> None:
    """Torch may not use the processor that Slicer runs on."""
    torch.set_num_threads(max(1, min(torch.get_num_threads(), cores_for_training())))


def _with_budget(settings: TrainingSettings, request: Train) -> TrainingSettings:
    if request.epochs is not None:
        return replace(settings, epochs=request.epochs, max_steps=None, max_minutes=None)
    if request.minutes is not None:
        parts = settings.folds if is_cross_validation(request) else 1
        return replace(settings, max_minutes=request.minutes / parts, max_steps=None, epochs=None)
    return settings


def _settings_before(request: Train) -> TrainingSettings | None:
    config = _config(Path(request.run)) if request.resume else None
    if config is None:
        return None
    try:
        return settings_from_dict(read_config(config))
    except OSError as error:
        raise error_of(InputError, "run_damaged", file=config) from error


def _config(run: Path) -> Path | None:
    """The settings file of a run that was begun."""
    return next(
        (path for path in (run / "config.json", run / "fold-1" / "config.json") if path.is_file()), None
    )
