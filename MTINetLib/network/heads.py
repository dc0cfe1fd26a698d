"""The two linear answers: the enhancement curve (regression) and the class."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LinearHead(nn.Module):
    """One linear layer over the phases' mean tokens, joined with the masked statistics where they are used.

    It computes in float32 whatever surrounds it: bfloat16 keeps three digits, a curve needs more.

    Args:
        token_features: width of the flattened phase means, 4 * d_model.
        statistics: how many masked statistics join, 0 for none.
        answers: 4 for the curve, 2 for the class logits (softmax is left to the loss and to inference).
    """

    def __init__(self, token_features: int, statistics: int, answers: int) -> None:
        super().__init__()
        self.linear = nn.Linear(token_features + statistics, answers)
        nn.init.normal_(self.linear.weight, std=0.02)
        nn.init.zeros_(self.linear.bias)

    def forward(self, token_means: Tensor, statistics: Tensor | None) -> Tensor:
        """[B, 4*D] (and [B, S]) -> float32 [B, answers]."""
        joined = token_means.float()
        if statistics is not None:
            joined = torch.cat([joined, statistics.float()], dim=1)
        # Product and sum instead of a matrix product, which autocast would round to bfloat16.
        weighted = (joined.unsqueeze(1) * self.linear.weight.float()).sum(2)
        return weighted + self.linear.bias.float()
