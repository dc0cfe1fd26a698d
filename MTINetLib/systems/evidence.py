"""Evidence of several sources about each pixel, weighed by their reliability and fused (Dempster, Shafer).

Evidence e of K classes becomes masses m(k) = e_k / S and an unassigned m(all) = K / S with S = sum(e) + K
(Sensoy et al., NeurIPS 2018). The plausibility of a class is then pl(k) = m(k) + m(all). A source that is
reliable about class k to the degree b(k) counts with 1 - b(k) + b(k) pl(k) (contextual discounting:
Mercier, Quost, Denoeux, Information Fusion 9, 2008, as Huang et al., MICCAI 2022, use it). By Dempster's
rule the sources' plausibilities are multiplied; their normalised product is the probability.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def plausibility(evidence: Tensor) -> Tensor:
    """Evidence [B, H, K, h, w] of H sources, 0 or more -> plausibility of each class alone."""
    count = evidence.shape[2]
    return (evidence + 1) / (evidence.sum(2, keepdim=True) + count)


def evidence_of(outputs: Tensor) -> Tensor:
    """A network's outputs as evidence: never negative."""
    return functional.softplus(outputs.float())


def fused_logits(plausible: Tensor, reliability: Tensor | None = None) -> Tensor:
    """Logits of class 1 against class 0 after fusion.

    Args:
        plausible: [B, H, 2, h, w].
        reliability: [H, 2], 0 to 1; None takes all sources at their word.

    Returns:
        float32 [B, 1, h, w].
    """
    if reliability is not None:
        weight = reliability[None, :, :, None, None]
        plausible = 1 - weight + weight * plausible
    told = torch.log(plausible.clamp_min(1e-6)).sum(1)
    return told[:, 1:] - told[:, :1]


class Reliability(nn.Module):
    """How reliable each source is about each class, learnt: [sources, classes], begins at 0.9."""

    def __init__(self, sources: int, classes: int = 2) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.full((sources, classes), 2.2))

    def forward(self) -> Tensor:
        """Values between 0 and 1."""
        return torch.sigmoid(self.logits)
