"""The encoder: four blocks Conv-BN-ReLU-MaxPool over each phase's image, with weights shared or per phase."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from MTINetLib.network.layers import ConvNormReluPool
from MTINetLib.network.settings import NetworkSettings


class Encoder(nn.Module):
    """[M, N, H, W] -> four maps [M, C_s, H/2^s, W/2^s], s = 1..4; N is ``channels``."""

    def __init__(self, widths: Sequence[int], channels: int = 1) -> None:
        super().__init__()
        inputs = (channels, *widths[:-1])
        self.blocks = nn.ModuleList(ConvNormReluPool(i, o) for i, o in zip(inputs, widths, strict=True))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images [M, N, H, W] -> the output of each block, finest first."""
        maps: list[Tensor] = []
        for block in self.blocks:
            images = block(images)
            maps.append(images)
        return maps


class PerPhaseEncoder(nn.Module):
    """An encoder of its own for each phase, behind the same interface as one shared encoder."""

    def __init__(self, widths: Sequence[int], phase_count: int, channels: int = 1) -> None:
        super().__init__()
        self.phase_count = phase_count
        self.encoders = nn.ModuleList(Encoder(widths, channels) for _ in range(phase_count))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images [B*P, N, H, W], phases fastest -> the output of each block, in the same batch order."""
        by_phase = images.view(-1, self.phase_count, *images.shape[1:])
        answers = [encoder(by_phase[:, p]) for p, encoder in enumerate(self.encoders)]
        return [torch.stack(maps, dim=1).flatten(0, 1) for maps in zip(*answers, strict=True)]


def make_encoder(settings: NetworkSettings, channels: int = 1) -> nn.Module:
    """One shared encoder or one per phase; both take [B*P, channels, H, W]."""
    if settings.shared_encoder:
        return Encoder(settings.widths, channels)
    return PerPhaseEncoder(settings.widths, settings.phase_count, channels)
