"""ResUNet++ (Jha et al.: ISM 2019), written anew from the publication.

Pre-activated residual units with squeeze-and-excitation (ratio 8), 16 to 128 channels at four scales; an
atrous pyramid (rates 1, 6, 12, 18, summed) of 256 channels as the bridge; on the way up the deeper map is
weighted by attention under the skip, enlarged, joined with the skip and led through a residual unit; a
second pyramid of 16 channels before the logit.

Left open, or said of another setting:
- The shortcuts are 1x1 convolutions with batch norm, squeezes have no biases: as in the authors' program.
- Dice loss, batches of 16 and Nadam at 1e-5 are the publication's own; its authors' program has
  cross-entropy and 1e-4. Dice here, with the program's rate, which a short budget needs.
- Enlarging repeats pixels (nearest neighbour), as there.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from MTINetLib.models.architectures import Architecture
from MTINetLib.systems.settings import SystemSettings, counts_of
from MTINetLib.systems.system import SEGMENTATION, System
from MTINetLib.systems.whole_network import MaskNetwork

RATES = (1, 6, 12, 18)
SQUEEZE = 8


@dataclass(frozen=True)
class ResUNetPPSettings(SystemSettings):
    """``widths``: channels of the four scales and of the bridge."""

    widths: tuple[int, ...] = (16, 32, 64, 128, 256)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "widths", counts_of("widths", self.widths, 5))


class SqueezeExcite(nn.Module):
    """Each channel weighted by what all channels are on the average: [B, C, h, w] -> the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, max(1, channels // SQUEEZE), bias=False)
        self.excite = nn.Linear(max(1, channels // SQUEEZE), channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, h, w] -> [B, C, h, w]."""
        weight = torch.sigmoid(self.excite(functional.relu(self.squeeze(x.mean((2, 3))))))
        return x * weight[:, :, None, None]


class Residual(nn.Module):
    """A residual unit with squeeze-and-excitation: [B, Ci, h, w] -> [B, Co, h/stride, w/stride].

    The first one of the network, ``raw``, sees the image: nothing is normalised before its convolution.
    """

    def __init__(self, inner: int, outer: int, stride: int = 1, *, raw: bool = False) -> None:
        super().__init__()
        before = [] if raw else [nn.BatchNorm2d(inner), nn.ReLU()]
        self.body = nn.Sequential(
            *before,
            nn.Conv2d(inner, outer, 3, stride, padding=1),
            nn.BatchNorm2d(outer),
            nn.ReLU(),
            nn.Conv2d(outer, outer, 3, padding=1),
        )
        self.stride = stride
        self.shortcut = nn.Sequential(nn.Conv2d(inner, outer, 1), nn.BatchNorm2d(outer))
        self.weighting = SqueezeExcite(outer)

    def forward(self, x: Tensor) -> Tensor:
        """[B, Ci, h, w] -> [B, Co, h/stride, w/stride]."""
        # Of a strided 1x1 convolution of four channels, channels-last, oneDNN writes beyond its memory.
        seen = x[:, :, :: self.stride, :: self.stride]
        out: Tensor = self.weighting(self.body(x) + self.shortcut(seen))
        return out


class Pyramid(nn.Module):
    """Atrous pyramid: convolutions of several rates, summed: [B, Ci, h, w] -> [B, Co, h, w]."""

    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.rates = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inner, outer, 3, padding=rate, dilation=rate), nn.BatchNorm2d(outer))
            for rate in RATES
        )
        self.out = nn.Conv2d(outer, outer, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, Ci, h, w] -> [B, Co, h, w]."""
        out: Tensor = self.out(torch.stack([rate(x) for rate in self.rates]).sum(0))
        return out


class Rise(nn.Module):
    """One step up: the deep map [B, Cd, h, w] and the skip [B, Cs, 2h, 2w] -> [B, Co, 2h, 2w]."""

    def __init__(self, skip: int, deep: int, outer: int) -> None:
        super().__init__()
        self.of_skip = _activated(skip, deep)
        self.of_deep = _activated(deep, deep)
        self.of_both = _activated(deep, deep)
        self.unit = Residual(deep + skip, outer)

    def forward(self, deep: Tensor, skip: Tensor) -> Tensor:
        """The joined map."""
        both = functional.max_pool2d(self.of_skip(skip), 2) + self.of_deep(deep)
        weighted = self.of_both(both) * deep
        risen = functional.interpolate(weighted, scale_factor=2.0, mode="nearest")
        out: Tensor = self.unit(torch.cat([risen, skip], dim=1))
        return out


def _activated(inner: int, outer: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(inner), nn.ReLU(), nn.Conv2d(inner, outer, 3, padding=1))


class ResUNetPP(nn.Module):
    """Logits [B, 1, S, S] of slices [B, P, S, S]."""

    def __init__(self, settings: ResUNetPPSettings) -> None:
        super().__init__()
        finest, second, third, fourth, bridge = settings.widths
        self.down = nn.ModuleList(
            [
                Residual(settings.phase_count, finest, raw=True),
                Residual(finest, second, 2),
                Residual(second, third, 2),
                Residual(third, fourth, 2),
            ]
        )
        self.bridge = Pyramid(fourth, bridge)
        self.up = nn.ModuleList(
            [Rise(third, bridge, fourth), Rise(second, fourth, third), Rise(finest, third, second)]
        )
        self.last = nn.Sequential(Pyramid(second, finest), nn.Conv2d(finest, 1, 1))

    def forward(self, phases: Tensor) -> Tensor:
        """[B, P, S, S] -> [B, 1, S, S]."""
        skips, x = [], phases
        for unit in self.down:
            x = unit(x)
            skips.append(x)
        x = self.bridge(skips.pop())
        for step in self.up:
            x = step(x, skips.pop())
        out: Tensor = self.last(x)
        return out


def _build(settings: ResUNetPPSettings) -> MaskNetwork:
    return MaskNetwork(settings, ResUNetPP(settings))


ARCHITECTURE = Architecture("resunet-pp", ResUNetPPSettings.from_dict, _build)

RESUNET_PP = System(
    name="resunet-pp",
    title="ResUNet++",
    tasks=SEGMENTATION,
    source="Jha et al.: ResUNet++: an advanced architecture for medical image segmentation. ISM 2019.",
    left_open="The learning rate is that of the authors' program (1e-4), not the printed one (1e-5).",
    architecture=ARCHITECTURE.name,
    changes=("loss.segmentation=0", "loss.dice=1"),
    recipe=("optimiser=nadam", "learning_rate=0.0001", "weight_decay=0"),
)
