"""How long a fine-tuning takes at most, from two steps of its network on this machine."""

from __future__ import annotations

import time

import torch
from torch.nn import functional

from MTINetLib.models.architectures import architecture_of
from MTINetLib.network.slice_network import SliceNetwork
from MTINetLib.network.slice_settings import input_channels
from MTINetLib.training.settings import TrainingSettings

#: A forward pass takes about this part of a step.
_FORWARD = 0.35
#: Slices of a usual study, and seconds to read, align and cut one.
_SLICES, _PREPARE_S = 50, 2.0
#: Augmentation and bookkeeping beside the network.
_BESIDE = 1.25


def seconds_at_most(settings: TrainingSettings, folds: int, cases: int, mixed_in: int) -> float:
    """Seconds of the whole run, should no fold end early: preparing, training, and judging both models.

    Args:
        settings: of the run, with the network that is trained.
        cases, mixed_in: studies of the dataset and of those mixed in.
    """
    step = _BESIDE * _seconds_a_step(settings)
    a_slice = _FORWARD * step / settings.batch_size
    steps = settings.max_steps or (settings.epochs or 0) * settings.steps_per_epoch
    validations = steps / max(1, settings.steps_per_epoch)
    training = steps * step + validations * settings.validation_slices * a_slice
    if settings.max_minutes is not None:
        training = min(training or 60 * settings.max_minutes, 60 * settings.max_minutes)
    judged = cases if folds > 1 else -(-cases // settings.folds)
    # Each judged study is looked at to fit thresholds, and analyzed by either model.
    return folds * training + (cases + mixed_in) * _PREPARE_S + judged * 3 * (_SLICES * a_slice + _PREPARE_S)


def _seconds_a_step(settings: TrainingSettings) -> float:
    device = "cuda" if settings.accelerator != "cpu" and torch.cuda.is_available() else "cpu"
    network = architecture_of(settings.architecture).build(settings.network).to(device).train()
    side = settings.network.image_size
    slices = torch.rand(settings.batch_size, input_channels(settings.network), side, side, device=device)
    _step(network, slices, settings)
    started = time.perf_counter()
    _step(network, slices, settings)
    return time.perf_counter() - started


def _step(network: SliceNetwork, slices: torch.Tensor, settings: TrainingSettings) -> None:
    """Forward and backward through what takes the time."""
    with torch.autocast(slices.device.type, torch.bfloat16, enabled=settings.precision == "bf16"):
        logits = network.segment(network.encode(slices), slices).mask_logits
        loss = functional.binary_cross_entropy_with_logits(logits.float(), torch.zeros_like(logits).float())
    torch.autograd.backward(loss)
    if slices.device.type == "cuda":
        torch.cuda.synchronize()
