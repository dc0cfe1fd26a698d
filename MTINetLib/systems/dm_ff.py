"""A system in the style of DM-FF (Xu et al. 2024), which the paper's table calls MD-FF.

There is no public code, and its sizes are not at hand, so this is a system of its kind and its figures are
not DM-FF's. What it takes over from the publication's account: an encoder-decoder with attention a
modality, whose maps of several levels go two ways. One stream fuses the features of all modalities to what
they share; the other fuses the evidence of every decision, so that modalities that contradict each other do
not disturb the mask.

Left open, chosen here:
- Each modality: two 3x3 convolutions a level, 16 to 256 channels, attention gates on the skips (parts of
  MONAI's BasicUNet and AttentionUnet).
- Shared features: at every level the modalities' maps are joined, weighted by squeeze-and-excitation,
  reduced by a 1x1 convolution, and decoded like a modality's own.
- Evidence: as in ``evidence.py``, of the modalities and of the shared stream, fused by Dempster's rule.
- The loss: cross-entropy and Dice of the fused mask, and half as much of each stream's own.
- Adam 1e-4, the batch of the comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from MTINetLib.models.architectures import Architecture
from MTINetLib.network.layers import ConvNormRelu
from MTINetLib.network.slice_network import LearntSlices, Segmentation, SliceNetwork
from MTINetLib.systems.evidence import evidence_of, fused_logits, plausibility
from MTINetLib.systems.resunet_pp import SqueezeExcite
from MTINetLib.systems.settings import SystemSettings, counts_of
from MTINetLib.systems.system import SEGMENTATION, System
from MTINetLib.systems.whole_network import weight_of
from MTINetLib.training.losses import dice_loss, segmentation_loss

STREAM_WEIGHT = 0.5


@dataclass(frozen=True)
class DmFfSettings(SystemSettings):
    """``widths``: channels of a modality's five levels."""

    widths: tuple[int, ...] = (16, 32, 64, 128, 256)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "widths", counts_of("widths", self.widths, 5, most=1024))


class Encoder(nn.Module):
    """One modality [B, 1, S, S] -> maps of five levels, finest first."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        inputs = (1, *widths[:-1])
        self.levels = nn.ModuleList(
            nn.Sequential(ConvNormRelu(inner, outer), ConvNormRelu(outer, outer))
            for inner, outer in zip(inputs, widths, strict=True)
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """The maps."""
        maps: list[Tensor] = []
        x = image
        for number, level in enumerate(self.levels):
            x = level(functional.max_pool2d(x, 2) if number else x)
            maps.append(x)
        return maps


class AttentionDecoder(nn.Module):
    """Maps of five levels -> evidence outputs [B, 2, S, S]; each skip is gated by what comes from below."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        from monai.networks.nets.attentionunet import AttentionBlock

        super().__init__()
        pairs = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.rise = nn.ModuleList(nn.ConvTranspose2d(deep, fine, 2, stride=2) for deep, fine in pairs)
        self.gates = nn.ModuleList(
            AttentionBlock(2, f_int=max(1, fine // 2), f_g=fine, f_l=fine) for _, fine in pairs
        )
        self.join = nn.ModuleList(
            nn.Sequential(ConvNormRelu(2 * fine, fine), ConvNormRelu(fine, fine)) for _, fine in pairs
        )
        self.out = nn.Conv2d(widths[0], 2, 1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Outputs of background and tumour."""
        x = maps[-1]
        steps: Any = zip(self.rise, self.gates, self.join, maps[-2::-1], strict=True)
        for rise, gate, join, skip in steps:
            x = rise(x)
            x = join(torch.cat([gate(g=x, x=skip), x], dim=1))
        out: Tensor = self.out(x)
        return out


class FeatureFusion(nn.Module):
    """Maps of all modalities at one level -> what they share: P times [B, C, h, w] -> [B, C, h, w]."""

    def __init__(self, modalities: int, width: int) -> None:
        super().__init__()
        self.weighting = SqueezeExcite(modalities * width)
        self.reduce = ConvNormRelu(modalities * width, width, kernel=1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """The fused map."""
        out: Tensor = self.reduce(self.weighting(torch.cat(maps, dim=1)))
        return out


class DmFf(SliceNetwork):
    """Encoder and decoder a modality, the shared stream, and the fusion of their decisions."""

    settings: DmFfSettings

    def __init__(self, settings: DmFfSettings) -> None:
        super().__init__()
        self.settings = settings
        count, widths = settings.phase_count, settings.widths
        self.encoders = nn.ModuleList(Encoder(widths) for _ in range(count))
        self.decoders = nn.ModuleList(AttentionDecoder(widths) for _ in range(count))
        self.fusions = nn.ModuleList(FeatureFusion(count, width) for width in widths)
        self.shared = AttentionDecoder(widths)

    def encode(self, phases: Tensor) -> list[Tensor]:
        """Outputs of every stream already: [B, P, S, S] -> one [B, P + 1, 2, S, S]."""
        images = phases.to(weight_of(self).dtype)
        maps = [encoder(images[:, n : n + 1]) for n, encoder in enumerate(self.encoders)]
        outputs = [decoder(own) for decoder, own in zip(self.decoders, maps, strict=True)]
        levels = zip(*maps, strict=True)
        fused = [fusion(list(level)) for fusion, level in zip(self.fusions, levels, strict=True)]
        return [torch.stack([*outputs, self.shared(fused)], dim=1)]

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation:
        """The fused decision."""
        return Segmentation(fused_logits(plausibility(evidence_of(features[0]))))

    def read(self, features: list[Tensor], phases: Tensor, focus: Tensor) -> tuple[None, None]:
        """Neither curve nor class."""
        return None, None

    def own_loss(self, batch: LearntSlices) -> dict[str, Tensor]:
        """``segmentation`` and ``dice`` of the fused mask, ``streams``: both of each stream's own."""
        plausible = plausibility(evidence_of(self.encode(batch.phases)[0]))
        fused = fused_logits(plausible)
        streams = [fused_logits(plausible[:, n : n + 1]) for n in range(plausible.shape[1])]
        own = [segmentation_loss(one, batch.tumour) + dice_loss(one, batch.tumour) for one in streams]
        return {
            "segmentation": segmentation_loss(fused, batch.tumour),
            "dice": dice_loss(fused, batch.tumour),
            "streams": STREAM_WEIGHT * torch.stack(own).mean(),
        }


def _build(settings: DmFfSettings) -> DmFf:
    return DmFf(settings)


ARCHITECTURE = Architecture("dm-ff-style", DmFfSettings.from_dict, _build)

DM_FF_STYLE = System(
    name="dm-ff-style",
    title="DM-FF-style",
    tasks=SEGMENTATION,
    source="After Xu et al.: Accurate segmentation of liver tumor from multi-modality non-contrast images "
    "using a dual-stream multi-level fusion framework. Comput Med Imaging Graph 116 (2024) 102414.",
    left_open="No public code: sizes, loss and optimiser are ours. The paper's table prints MD-FF.",
    architecture=ARCHITECTURE.name,
    recipe=("optimiser=adam", "learning_rate=0.0001", "weight_decay=0"),
)
