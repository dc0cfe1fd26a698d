"""An exponential moving average of a network's weights, which is what gets validated and exported."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


def averaged_copy(network: Network) -> Network:
    """A copy that is never trained by gradients."""
    return copy.deepcopy(network).eval().requires_grad_(False)


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """One step of the average: parameters and running statistics move by 1 - decay towards the network's.

    Early on the average is short (as long as a tenth of the run so far), so that the first random
    weights are soon forgotten. Counters are copied.
    """
    decay = min(decay, (1 + step) / (10 + step))
    mean: list[Tensor] = []
    latest: list[Tensor] = []
    for ours, theirs in zip(_tensors(average), _tensors(network), strict=True):
        if ours.is_floating_point():
            mean.append(ours)
            latest.append(theirs)
        else:
            ours.copy_(theirs)
    torch._foreach_lerp_(mean, latest, 1 - decay)


def _tensors(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]
