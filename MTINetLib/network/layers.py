"""The small blocks: convolution or deconvolution with batch norm, and phases in and out of the batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvNorm(nn.Module):
    """3x3 (or 1x1) convolution and batch norm, no activation: [N, Ci, H, W] -> [N, Co, H, W].

    ``fold_batch_norm`` folds the norm into the convolution for inference.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3, dilation: int = 1) -> None:
        super().__init__()
        self.conv: nn.Module = nn.Conv2d(
            channels_in, channels_out, kernel, padding=dilation * (kernel // 2), dilation=dilation, bias=False
        )
        self.norm: nn.Module = nn.BatchNorm2d(channels_out)
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """[N, Ci, H, W] -> [N, Co, H, W]."""
        out: Tensor = self.norm(self.conv(x))
        return out


class ConvNormRelu(ConvNorm):
    """Conv-BN-ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        """[N, Ci, H, W] -> [N, Co, H, W]."""
        return functional.relu(super().forward(x), inplace=True)


class ConvNormReluPool(ConvNorm):
    """The encoder's block Conv-BN-ReLU-MaxPool: [N, Ci, H, W] -> [N, Co, H/2, W/2].

    ReLU is monotonic, so it commutes with the maximum: pooling first gives the same values and touches
    a quarter of the memory.
    """

    def forward(self, x: Tensor) -> Tensor:
        """[N, Ci, H, W] -> [N, Co, H/2, W/2]."""
        maps = super().forward(x)
        # The pair-wise form is two to three times faster forward on a CPU, and six times slower backward.
        pooled = functional.max_pool2d(maps, 2) if self.training else halve_by_maximum(maps)
        return functional.relu(pooled, inplace=True)


class DeconvNormRelu(nn.Module):
    """The decoder's block Deconvolution-BN-ReLU: [N, Ci, H, W] -> [N, Co, 2H, 2W].

    Kernel 2, stride 2: each output pixel comes from one input pixel, hence no checkerboard, and half
    the time of kernel 4.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv: nn.Module = nn.ConvTranspose2d(channels_in, channels_out, 2, stride=2, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(channels_out)
        # Every output pixel sees channels_in values once, whatever the kernel: fan-in by hand.
        nn.init.normal_(self.conv.weight, std=(2.0 / channels_in) ** 0.5)

    def forward(self, x: Tensor) -> Tensor:
        """[N, Ci, H, W] -> [N, Co, 2H, 2W]."""
        return functional.relu(self.norm(self.conv(x)), inplace=True)


def halve_by_maximum(x: Tensor) -> Tensor:
    """``max_pool2d(x, 2)`` by pair-wise maxima over channels-last rows: [N, C, H, W] -> [N, C, H/2, W/2]."""
    count, channels, height, width = x.shape
    rows = x.permute(0, 2, 3, 1).reshape(count, height // 2, 2, width * channels)
    tall = torch.maximum(rows[:, :, 0], rows[:, :, 1]).view(count, height // 2, width // 2, 2, channels)
    return torch.maximum(tall[:, :, :, 0], tall[:, :, :, 1]).permute(0, 3, 1, 2)


def phases_to_batch(phases: Tensor, phase_count: int | None = None) -> Tensor:
    """Fold the phases into the batch: [B, N*P, H, W], phases fastest -> [B*P, N, H, W].

    The channels, one for each of N slices, are made the fastest axis: PyTorch then takes the images for
    channels-last, and so every map after them. As [.., 1, H, W] they pass for both layouts and convolutions
    pick the slow one.

    Args:
        phase_count: P; all channels, that is N = 1, if None.
    """
    count, channels, height, width = phases.shape
    of_slice = phase_count or channels
    if of_slice < channels:
        phases = phases.reshape(count, channels // of_slice, of_slice, height, width).permute(0, 2, 3, 4, 1)
    return phases.reshape(count * of_slice, height, width, channels // of_slice).permute(0, 3, 1, 2)


def phases_to_channels(maps: Tensor, phase_count: int) -> Tensor:
    """Concatenate the phases' maps on the channels, phase-major: [B*P, C, h, w] -> [B, P*C, h, w].

    Written for channels-last memory: one copy that keeps the layout.
    """
    _, channels, height, width = maps.shape
    by_phase = maps.permute(0, 2, 3, 1).reshape(-1, phase_count, height, width, channels)
    joined = by_phase.permute(0, 2, 3, 1, 4).reshape(-1, height, width, phase_count * channels)
    return joined.permute(0, 3, 1, 2)


def join(maps: list[Tensor]) -> Tensor:
    """Concatenate on the channels."""
    return torch.cat(maps, dim=1)
