"""TDD, the task-driven discriminator: does this curve go with this class, as in real lesions?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from MTINetLib.network.attention import TransformerBlock
from MTINetLib.network.settings import NetworkSettings


class TaskDrivenDiscriminator(nn.Module):
    """A transformer over the phase sequence; each phase's token holds its intensity and the class vector.

    Curves are standardised by fixed statistics (``set_curve_statistics``), so that the discriminator
    sees shapes, whatever the units of the study.
    """

    curve_mean: Tensor
    curve_deviation: Tensor

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        width = settings.tdd_width
        self.embed = nn.Linear(1 + settings.class_count, width)
        self.positions = nn.Parameter(torch.randn(settings.phase_count, width) * 0.1)
        self.blocks = nn.ModuleList(
            TransformerBlock(width, settings.tdd_heads, 4 * width, 0.0, "pre")
            for _ in range(settings.tdd_depth)
        )
        self.norm = nn.LayerNorm(width)
        self.logit = nn.Linear(width, 1)
        self.register_buffer("curve_mean", torch.zeros(settings.phase_count))
        self.register_buffer("curve_deviation", torch.ones(settings.phase_count))

    def set_curve_statistics(self, mean: Tensor, deviation: Tensor) -> None:
        """Mean and standard deviation of the training labels' curves per phase, [4] each."""
        self.curve_mean.copy_(mean)
        self.curve_deviation.copy_(deviation.clamp_min(1e-3))

    def forward(self, curve: Tensor, class_probabilities: Tensor) -> Tensor:
        """Curve [B, P] (normalised units), class probabilities [B, classes] -> logits [B] of being real."""
        standard = (curve - self.curve_mean) / self.curve_deviation
        classes = class_probabilities.unsqueeze(1).expand(-1, curve.shape[1], -1)
        tokens = self.embed(torch.cat([standard.unsqueeze(2), classes], dim=2)) + self.positions
        for block in self.blocks:
            tokens = block(tokens)
        logits: Tensor = self.logit(self.norm(tokens).mean(1)).squeeze(1)
        return logits
