"""The focus (ours): how the mask of ONE lesion steers what the transformer reads.

A slice may hold two lesions, and a person may correct a mask; the paper's whole-slice tokens give one
answer per slice whatever is asked. With a focus the tokens are weighted by one lesion's mask, and
(``focus_evidence``) what lies under the mask and in a ring around it joins them at full detail: at 1/16
resolution a lesion of 10 mm is less than one cell.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from MTINetLib.network.settings import NetworkSettings
from MTINetLib.network.tim import masked_means

SURROUND = 0.25
"""Share of a token's weights that goes to the cells around the lesion, for contrast with the liver."""

RING_GAP, RING_REACH = 1, 4
"""In cells of two pixels: the ring leaves out what touches the mask (partial volume) and ends 8 pixels
off it, about 3 to 11 mm at 1.4 mm pixels."""

STATISTICS = 3
"""Per phase: mean and deviation under the mask, mean in the ring."""


def token_weights(focus: Tensor, side: int) -> Tensor:
    """Weights of the last map's cells: the pooled focus, scaled so that its greatest cell counts 1.

    Args:
        focus: [B, 1, H, W], between 0 and 1, one lesion an image.
        side: of the last map.

    Returns:
        float32 [B, 1, side, side], between 0 and 1; all zero for an empty focus. However small the lesion,
        its own cell has full weight, and the cells around carry up to ``SURROUND``.
    """
    pooled = functional.adaptive_avg_pool2d(focus.float(), side)
    scaled = pooled / pooled.amax((2, 3), keepdim=True).clamp_min(1e-6)
    near = functional.avg_pool2d(functional.max_pool2d(scaled, 3, 1, 1), 3, 1, 1, count_include_pad=False)
    return (1 - SURROUND) * scaled + SURROUND * near


def ring(focus: Tensor) -> Tensor:
    """A soft ring around the mask, at half resolution: [B, 1, H, W] -> [B, 1, H/2, W/2].

    Zero on the mask itself; four times fewer pixels than needed for nothing finer than a mean.
    """
    cells = functional.max_pool2d(focus, 2)
    return (_grow(cells, RING_REACH) - _grow(cells, RING_GAP)).clamp_min(0)


def _grow(cells: Tensor, reach: int) -> Tensor:
    # A square neighbourhood is separable: two short maxima in place of one of side 2 n + 1 squared.
    side = 2 * reach + 1
    wide = functional.max_pool2d(cells, (1, side), 1, (0, reach))
    return functional.max_pool2d(wide, (side, 1), 1, (reach, 0))


class FocusEvidence(NamedTuple):
    """What lies under the mask, per phase.

    Args:
        statistics: float32 [B, P, 3]: mean and deviation under the mask, mean in the ring; normalised units.
        features: [B, P, F]: means of the finer fused maps under the mask and in the ring.
    """

    statistics: Tensor
    features: Tensor


def gather_evidence(features: list[Tensor], phases: Tensor, focus: Tensor) -> FocusEvidence:
    """Masked means of the images and of the three finer fused maps.

    Args:
        features: fused maps, finest first, [B, P*C_s, h_s, w_s]; the last one is left to the tokens.
        phases: [B, P, H, W], normalised units.
        focus: [B, 1, H, W].
    """
    around = ring(focus)
    mean = masked_means(phases, focus)
    deviation = torch.sqrt(masked_means((phases.float() - mean[:, :, None, None]) ** 2, focus) + 1e-8)
    liver = masked_means(functional.avg_pool2d(phases.float(), 2), around)
    statistics = torch.stack([mean, deviation, liver], dim=2)
    both = torch.cat([functional.avg_pool2d(focus, 2), around], dim=1).float()
    means = [_feature_means(maps, both, phases.shape[1]) for maps in features[:-1]]
    return FocusEvidence(statistics, torch.cat(means, dim=2))


def _feature_means(maps: Tensor, weights: Tensor, phase_count: int) -> Tensor:
    # [B, P*C, h, w] under [B, 2, H/2, W/2] -> [B, P, 2*C]
    batch, channels, height, width = maps.shape
    pooled = functional.adaptive_avg_pool2d(weights, (height, width)).flatten(2)
    share = pooled / pooled.sum(2, keepdim=True).clamp_min(1e-6)
    means = torch.bmm(share.to(maps.dtype), maps.permute(0, 2, 3, 1).flatten(1, 2))
    return means.view(batch, 2, phase_count, channels // phase_count).transpose(1, 2).flatten(2)


class EvidenceEmbedding(nn.Module):
    """A linear map from each phase's evidence to one token-wide vector: [B, P, *] -> [B, P, D]."""

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.linear = nn.Linear(STATISTICS + 2 * sum(settings.widths[:-1]), settings.d_model)

    def forward(self, evidence: FocusEvidence) -> Tensor:
        """One vector per phase."""
        joined = torch.cat([evidence.statistics.to(evidence.features.dtype), evidence.features], dim=2)
        out: Tensor = self.linear(joined)
        return out
