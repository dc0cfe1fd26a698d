"""The optimiser of a run, by its settings."""

from __future__ import annotations

import torch

from MTINetLib.training.settings import TrainingSettings


def optimiser_of(network: torch.nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """What trains the network; the budget sets its learning rate at every step.

    Adam leaves biases, norms and positions undecayed, the others decay all as their publications do.
    """
    rate, decay = settings.learning_rate, settings.weight_decay
    if settings.optimiser == "adam":
        return adam(network, rate, decay)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if settings.optimiser == "nadam":
        return torch.optim.NAdam(trained, lr=rate, weight_decay=decay)
    momentum = settings.momentum
    if settings.optimiser == "rmsprop":
        return torch.optim.RMSprop(
            trained, lr=rate, alpha=0.9, eps=1.0, momentum=momentum, weight_decay=decay
        )
    return torch.optim.SGD(
        trained, lr=rate, momentum=momentum, weight_decay=decay, nesterov=settings.optimiser == "nesterov"
    )


def adam(module: torch.nn.Module, rate: float, decay: float) -> torch.optim.Optimizer:
    """Adam, or AdamW that leaves biases, norms and positions undecayed."""
    if not decay:
        return torch.optim.Adam(module.parameters(), lr=rate, fused=True)
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    groups = [
        {"params": [parameter for parameter in trained if parameter.ndim > 1], "weight_decay": decay},
        {"params": [parameter for parameter in trained if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, fused=True)
