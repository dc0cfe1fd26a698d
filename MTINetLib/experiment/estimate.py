"""How long the runs take: from measured steps before the first one, from the runs themselves afterwards."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from MTINetLib.experiment.plan import PlannedRun
from MTINetLib.experiment.scores import RunResult
from MTINetLib.models.architectures import architecture_of
from MTINetLib.network.slice_network import SliceNetwork
from MTINetLib.network.slice_settings import input_channels
from MTINetLib.progress import Progress, Stage
from MTINetLib.systems.nnunet import NNUNET
from MTINetLib.systems.system import System
from MTINetLib.systems.train_system import settings_of
from MTINetLib.systems.unet import UNET
from MTINetLib.training.dataset import TrainingBatch
from MTINetLib.training.settings import TrainingSettings

#: Of a run beside its steps: process, slices, checkpoints, export.
_BESIDE_S = 12.0
#: Augmentation and bookkeeping beside the network.
_BESIDE_A_STEP = 1.2
#: Seconds to answer a slice, in those of a training step's slice.
_ANSWER = 0.35
#: Slices that nnU-Net's planner plans for patches of about 512 x 512.
_NNUNET_BATCH = 12
#: At most so many slices are stepped on to learn what a batch takes.
_MEASURED_SLICES = 2


class Pace:
    """Seconds of every system's run, as far as is known, and so what is left.

    Args:
        seconds: of a run by system.
        jobs: runs side by side.
    """

    def __init__(self, seconds: Mapping[str, float], jobs: int) -> None:
        self._guess, self._jobs = dict(seconds), jobs
        self._measured: dict[str, list[float]] = defaultdict(list)

    def learn(self, result: RunResult) -> None:
        """From a run that is done."""
        if not result.failed:
            cost = result.cost
            answers = len(result.slices) * cost.ms_a_slice / 1000
            self._measured[result.system].append(cost.train_s + answers + _BESIDE_S)

    def left(self, runs: Sequence[PlannedRun]) -> float:
        """Seconds until all of these are done."""
        return sum(self._of(run.system) for run in runs) / self._jobs

    def _of(self, system: str) -> float:
        measured = self._measured.get(system)
        if measured:
            return sum(measured) / len(measured)
        # What the others took longer or shorter than was thought, this one will too.
        known = [(sum(of_one) / len(of_one), self._guess[name]) for name, of_one in self._measured.items()]
        thought = sum(guess for _, guess in known)
        return self._guess[system] * (sum(took for took, _ in known) / thought if thought else 1.0)


def seconds_of_runs(
    systems: Sequence[System],
    common: TrainingSettings,
    slices: int,
    device: str,
    steps_of_epochs: int,
    progress: Progress,
) -> dict[str, float]:
    """Seconds of one run by system.

    Args:
        slices: that a run answers about.
        steps_of_epochs: steps of a pass over all slices, where epochs are the budget.
    """
    found: dict[str, float] = {}
    same: dict[str, float] = {}
    progress.start(Stage.MEASURING_SPEED, len(systems))
    for number, system in enumerate(systems, 1):
        if system.name == NNUNET.name:  # its plan is not made yet: as many weights as the plain U-Net
            settings = replace(settings_of(UNET, common), batch_size=_NNUNET_BATCH)
        elif not system.architecture:  # fitted at once
            found[system.name] = _BESIDE_S
            continue
        else:
            settings = settings_of(system, common)
        if settings.architecture not in same:
            same[settings.architecture] = seconds_a_slice(settings, device)
        a_slice = same[settings.architecture]
        steps = settings.max_steps or (settings.epochs or 0) * (settings.steps_per_epoch or steps_of_epochs)
        training = steps * settings.batch_size * a_slice * _BESIDE_A_STEP
        if settings.max_minutes is not None:
            training = 60 * settings.max_minutes
        found[system.name] = training + slices * _ANSWER * a_slice + _BESIDE_S
        progress.update(number)
    progress.finish()
    return found


def seconds_a_slice(settings: TrainingSettings, device: str) -> float:
    """Of a training step, on this machine."""
    where = torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")
    network = architecture_of(settings.architecture).build(settings.network).to(where).train()
    count = settings.batch_size if where.type == "cuda" else min(_MEASURED_SLICES, settings.batch_size)
    batch = _made_up(replace(settings, batch_size=max(2, count)), where)
    precise = settings.precision != "bf16"
    _step(network, batch, precise)
    started = time.perf_counter()
    _step(network, batch, precise)
    return (time.perf_counter() - started) / len(batch.phases)


def _made_up(settings: TrainingSettings, where: torch.device) -> TrainingBatch:
    network = settings.network
    size, side, phases = settings.batch_size, network.image_size, network.phase_count
    images = torch.rand(size, input_channels(network), side, side, device=where)
    mask = (images[:, :1] > 0.5).float()
    curve = torch.rand(size, phases, device=where)
    zeros = torch.zeros(size, dtype=torch.int64, device=where)
    organs = torch.zeros(size, side // 2, side // 2, dtype=torch.uint8, device=where)
    return TrainingBatch(images, mask, mask, mask, curve, curve, zeros, zeros == 0, organs)


def _step(network: SliceNetwork, batch: TrainingBatch, precise: bool) -> None:
    """Forward and backward through what takes the time."""
    with torch.autocast(batch.phases.device.type, torch.bfloat16, enabled=not precise):
        terms = network.own_loss(batch)
        loss = torch.stack(list((_plain_loss(network, batch) if terms is None else terms).values())).sum()
    torch.autograd.backward(loss)
    if batch.phases.device.type == "cuda":
        torch.cuda.synchronize()


def _plain_loss(network: SliceNetwork, batch: TrainingBatch) -> dict[str, Tensor]:
    features = network.encode(batch.phases)
    terms = {}
    if network.settings.segments:
        logits = network.segment(features, batch.phases).mask_logits.float()
        terms["mask"] = functional.binary_cross_entropy_with_logits(logits, batch.tumour)
    curve, class_logits = network.read(features, batch.phases, batch.focus)
    if curve is not None:
        terms["curve"] = functional.l1_loss(curve.float(), batch.curve)
    if class_logits is not None:
        terms["class"] = functional.cross_entropy(class_logits.float(), batch.class_index)
    return terms


def in_words(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
