"""What a trained system says of slices, in the paper's setting: each slice by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from MTINetLib.models.backends.runner import SliceRunner
from MTINetLib.models.store import load_model
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.systems.known import register_networks
from MTINetLib.systems.nnunet import PLANS_FILE, nnunet_masks
from MTINetLib.systems.plain_reading import MODEL_FILE, read_reading, true_curves
from MTINetLib.training.slice_store import SliceEntry, SliceStore

_BATCH = 8


@dataclass(frozen=True)
class SliceAnswers:
    """Answers about N slices of S x S pixels; None for what a system does not say.

    Args:
        mask: tumour probability, float16 [N, S, S].
        curve: mean tumour intensity per phase, float32 [N, P], in the store's normalised units.
        class_probability: float32 [N, classes]; NaN for a slice without tumour where the true curve is read.
        classes: names of the classes, in that order.
    """

    mask: npt.NDArray[np.float16] | None
    curve: npt.NDArray[np.float32] | None
    class_probability: npt.NDArray[np.float32] | None
    classes: tuple[str, ...] = ()


def answer_slices(
    model: Path,
    store: SliceStore,
    entries: Sequence[SliceEntry],
    *,
    device: str = "auto",
    progress: Progress | None = None,
) -> SliceAnswers:
    """Ask a trained system about slices.

    A network that reads lesions under a mask reads each slice under the mask that it predicts there itself,
    all of its lesions at once; where it predicts none, under its probabilities.

    Args:
        model: the folder that ``train_system`` left.
        store: prepared as for its training, and on the same scale.
        entries: of the store.
        device: see ``choose_compute``.
        progress: one step a slice; may raise Cancelled.

    Raises:
        ModelError, InputError, MissingResourceError: the model or the device cannot be used.
    """
    progress = progress or Silent()
    if (model / MODEL_FILE).is_file():
        return _read_curves(model, store, entries)
    if (model / PLANS_FILE).is_file():
        return SliceAnswers(nnunet_masks(model, store, entries, device, progress), None, None)
    register_networks()
    loaded = load_model(model)
    compute = loaded.settled(device, "fp32")
    network = loaded.ready_for(compute)
    parts: list[tuple[Tensor | None, Tensor | None, Tensor | None]] = []
    progress.start(Stage.EVALUATING, len(entries))
    for start in range(0, len(entries), _BATCH):
        asked = entries[start : start + _BATCH]
        slices = np.stack([store.phases(entry, network.settings.neighbours) for entry in asked])
        phases = torch.from_numpy(slices.astype(np.float32)).to(compute.device)
        parts.append(_answers(network, phases))
        progress.update(start + len(asked))
    progress.finish()
    masks, curves, probabilities = (_joined([part[n] for part in parts]) for n in range(3))
    return SliceAnswers(masks, curves, probabilities, loaded.info.classes)


def _read_curves(model: Path, store: SliceStore, entries: Sequence[SliceEntry]) -> SliceAnswers:
    reading = read_reading(model)
    curves, _ = true_curves(store, entries)
    return SliceAnswers(None, None, reading.probabilities(curves).astype(np.float32), reading.classes)


@torch.inference_mode()
def _answers(network: SliceRunner, phases: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    features = network.encode(phases)
    probability = None
    focus = torch.ones_like(phases[:, :1])
    if network.settings.segments:
        logits = network.segment(features, phases).mask_logits
        probability = torch.sigmoid(logits.float())
        found = (probability > 0.5).float()
        focus = torch.where(found.flatten(1).any(1)[:, None, None, None], found, probability)
    curve, class_logits = network.read(features, phases, focus)
    return (
        None if probability is None else probability[:, 0].half().cpu(),
        None if curve is None else curve.float().cpu(),
        None if class_logits is None else torch.softmax(class_logits.float(), dim=1).cpu(),
    )


def _joined(parts: list[Tensor | None]) -> npt.NDArray[Any] | None:
    there = [part for part in parts if part is not None]
    return torch.cat(there).numpy() if there else None
