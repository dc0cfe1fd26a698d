"""How far a study's signals inside a network are from those in training.

Batch norms keep the mean and variance of each channel over the training data; a study whose own means lie far
off is of another kind than those that the network has learnt from.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from MTINetLib.models.slicewise import SlicewiseModel
from MTINetLib.models.store import LoadedModel
from MTINetLib.study.study import Study

#: Slices that are looked at, evenly over the inner half of the stack, where the liver lies.
_SLICES = 6


def unlike_training(model: LoadedModel, asked: SlicewiseModel, study: Study) -> float | None:
    """Mean distance of the channels' means from those of training, in their standard deviations.

    Args:
        asked: the model that was asked about the study, which has its slices ready.

    Returns:
        None for a network without batch norms.
    """
    norms = [part for part in model.network.modules() if isinstance(part, nn.BatchNorm2d)]
    distances: dict[int, float] = {}

    def see(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        if norm.running_mean is not None and norm.running_var is not None:
            off = inputs[0].float().mean(dim=(0, 2, 3)) - norm.running_mean
            distances[id(norm)] = float((off.abs() / (norm.running_var + norm.eps).sqrt()).mean())

    handles = [norm.register_forward_pre_hook(see) for norm in norms]
    try:
        with torch.inference_mode():
            model.network.encode(torch.from_numpy(_slices(asked, study)))
    finally:
        for handle in handles:
            handle.remove()
    return float(np.mean(list(distances.values()))) if distances else None


def _slices(asked: SlicewiseModel, study: Study) -> np.ndarray:
    count = len(asked.prepared(study).slices)
    places = np.unique(np.linspace(count / 4, 3 * count / 4, _SLICES).astype(int).clip(0, count - 1))
    return np.ascontiguousarray(asked.input_of(study, [int(place) for place in places]))
