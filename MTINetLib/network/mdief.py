"""MdIEF: the fusion of spatial and spectral features under entropy-aware gates (equation 1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from MTINetLib.network.layers import ConvNormRelu, join


def global_average(x: Tensor) -> Tensor:
    """GAP: [N, C, h, w] -> float32 [N, C]; a matrix product with ones, which channels-last memory likes."""
    pixels = x.permute(0, 2, 3, 1).flatten(1, 2)
    ones = torch.full((1, 1, pixels.shape[1]), 1 / pixels.shape[1], dtype=x.dtype, device=x.device)
    return torch.bmm(ones.expand(x.shape[0], -1, -1), pixels).squeeze(1).float()


def gates(spatial: Tensor, spectral: Tensor) -> tuple[Tensor, Tensor]:
    """Equation (1): softmax over the two domains of each channel's global average.

    Args:
        spatial, spectral: [N, C, h, w], non-negative features of the two domains.

    Returns:
        (gamma_spa, gamma_spe), float32 [N, C], between 0 and 1, summing to one.
    """
    # A softmax over two is the sigmoid of the difference: no exponential can overflow.
    difference = global_average(spatial) - global_average(spectral)
    gamma = torch.sigmoid(difference)
    return gamma, 1 - gamma


def fuse(spatial: Tensor, spectral: Tensor, gamma_spa: Tensor, gamma_spe: Tensor) -> Tensor:
    """X = X_spa (1 + gamma_spa) + X_spe (1 + gamma_spe); maps [N, C, h, w], gates [N, C]."""
    count, channels, height, width = spatial.shape

    # A row of pixels at a time ([N, h, w*C], channels fastest): long vectors instead of C at a time.
    def rows(x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(2)

    def row_gate(gamma: Tensor) -> Tensor:
        return (1 + gamma).to(spatial.dtype).repeat(1, width).unsqueeze(1)

    fused = rows(spatial) * row_gate(gamma_spa) + rows(spectral) * row_gate(gamma_spe)
    return fused.view(count, height, width, channels).permute(0, 3, 1, 2)


class GatedFusion(nn.Module):
    """MdIEF's fusion at one scale; it has no weights of its own."""

    def forward(self, spatial: Tensor, spectral: Tensor) -> Tensor:
        """[N, C, h, w] twice -> [N, C, h, w]."""
        return fuse(spatial, spectral, *gates(spatial, spectral))


class NaiveFusion(nn.Module):
    """What MdIEF is compared with (Table 3, No MdIEF): concatenation, then 1x1 Conv-BN-ReLU back to C."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = ConvNormRelu(2 * channels, channels, kernel=1)

    def forward(self, spatial: Tensor, spectral: Tensor) -> Tensor:
        """[N, C, h, w] twice -> [N, C, h, w]."""
        fused: Tensor = self.reduce(join([spatial, spectral]))
        return fused
