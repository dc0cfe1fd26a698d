"""TIM, the task interaction module: the curve that a segmentation implies."""

from __future__ import annotations

from torch import Tensor

ONE_PIXEL = 1.0
"""Masks that hold less than one pixel in all fade to zero, which also bounds the gradient."""


def masked_means(values: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean of each channel; fading to zero below one pixel of weight.

    Args:
        values: [B, C, h, w].
        weights: [B, 1, h, w], non-negative; one per image.

    Returns:
        float32 [B, C].
    """
    flat = weights.flatten(1).float()
    total = flat.sum(1, keepdim=True)
    share = flat / total.clamp_min(ONE_PIXEL)
    # No matrix product here: under autocast it would round the intensities to bfloat16.
    return (values.float().flatten(2) * share.unsqueeze(1)).sum(2)


def task_interaction_curve(mask: Tensor, phases: Tensor) -> Tensor:
    """The mean intensity of each phase under the mask: for a hard mask exactly the masked mean.

    Args:
        mask: probabilities or a hard mask, [B, 1, H, W] (or [B, H, W]), between 0 and 1.
        phases: [B, P, H, W], normalised units.

    Returns:
        float32 [B, P], normalised units; zero for an empty mask, with gradients that stay finite.
    """
    if mask.dim() == 3:
        mask = mask.unsqueeze(1)
    return masked_means(phases, mask)
