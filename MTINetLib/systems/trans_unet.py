"""TransUNet (Chen et al.: arXiv 2102.04306, 2021) on parts of timm: R50-ViT-B/16 and a cascaded decoder.

A ResNet-v2 of 3, 4 and 9 blocks (weight standardised, group norm) leads to tokens at 1/16, a ViT-B (768
wide, 12 layers, 12 heads, no class token) joins them, the decoder goes 512, 256, 128, 64, 16 by bilinear
enlarging and pairs of 3x3 convolutions, with skips at 1/8, 1/4 and 1/2.

Left open, or said of another setting:
- Begun with random weights, which the publication does not do: it starts from ImageNet-21k, so its printed
  figures are out of reach here. No weights are shipped or fetched; ``network.pretrained`` names a file of
  one's own, see ``trans_unet_weights.py``.
- Half cross-entropy and half Dice, with one logit instead of a softmax over classes.
- Images of 224 x 224 there; the position code follows the slice's own size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from MTINetLib.errors import InputError
from MTINetLib.models.architectures import Architecture
from MTINetLib.systems.settings import SystemSettings, counts_of
from MTINetLib.systems.system import SEGMENTATION, System
from MTINetLib.systems.trans_unet_weights import load_pretrained
from MTINetLib.systems.whole_network import MaskNetwork

SKIPS = (512, 256, 64)
"""Channels of the ResNet's maps at 1/8, 1/4 and 1/2."""


@dataclass(frozen=True)
class TransUNetSettings(SystemSettings):
    """The defaults are R50-ViT-B/16.

    Args:
        blocks: of the ResNet's three stages.
        width, depth, heads: of the transformer.
        decoder_widths: channels before the decoder and after its four steps.
        pretrained: file whose weights the encoder begins with; empty for random ones.
    """

    blocks: tuple[int, ...] = (3, 4, 9)
    width: int = 768
    depth: int = 12
    heads: int = 12
    decoder_widths: tuple[int, ...] = (512, 256, 128, 64, 16)
    pretrained: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "blocks", counts_of("blocks", self.blocks, 3, most=64))
        object.__setattr__(self, "decoder_widths", counts_of("decoder_widths", self.decoder_widths, 5))
        for name, most in (("width", 4096), ("depth", 64), ("heads", 64)):
            counts_of(name, (getattr(self, name),), 1, most)
        if self.width % self.heads:
            raise InputError(
                f"Network setting heads is {self.heads}; it must divide the transformer's width {self.width}."
            )


def make_encoder(settings: TransUNetSettings) -> Any:
    """timm's hybrid vision transformer without a head."""
    from timm.layers import HybridEmbed, StdConv2dSame
    from timm.models.resnetv2 import ResNetV2
    from timm.models.vision_transformer import VisionTransformer

    backbone = ResNetV2(
        layers=list(settings.blocks),
        num_classes=0,
        global_pool="",
        in_chans=settings.phase_count,
        preact=False,
        stem_type="same",
        conv_layer=partial(StdConv2dSame, eps=1e-8),
    )
    return VisionTransformer(
        img_size=settings.image_size,
        in_chans=settings.phase_count,
        num_classes=0,
        global_pool="avg",
        class_token=False,
        fc_norm=False,
        embed_dim=settings.width,
        depth=settings.depth,
        num_heads=settings.heads,
        patch_size=1,
        embed_layer=partial(HybridEmbed, backbone=backbone),
    )


class TransUNet(nn.Module):
    """Logits [B, 1, S, S] of slices [B, P, S, S]."""

    def __init__(self, settings: TransUNetSettings) -> None:
        super().__init__()
        self.encoder = make_encoder(settings)
        first, *widths = settings.decoder_widths
        self.entry = _convolution(settings.width, first)
        inputs = [inner + skip for inner, skip in zip((first, *widths), (*SKIPS, 0), strict=False)]
        self.steps = nn.ModuleList(
            nn.Sequential(_convolution(inner, outer), _convolution(outer, outer))
            for inner, outer in zip(inputs, widths, strict=True)
        )
        self.logit = nn.Conv2d(widths[-1], 1, 3, padding=1)

    def forward(self, phases: Tensor) -> Tensor:
        """[B, P, S, S] -> [B, 1, S, S]."""
        x, skips = self._tokens(phases)
        x = self.entry(x)
        for step in self.steps:
            x = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=True)
            x = step(torch.cat([x, skips.pop()], dim=1) if skips else x)
        out: Tensor = self.logit(x)
        return out

    def _tokens(self, phases: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The transformer's map at 1/16, and the ResNet's at 1/2, 1/4 and 1/8."""
        backbone = self.encoder.patch_embed.backbone
        x = backbone.stem.norm(backbone.stem.conv(phases))
        maps = [x]
        x = backbone.stem.pool(x)
        for stage in backbone.stages:
            x = stage(x)
            maps.append(x)
        x = self.encoder.patch_embed.proj(maps.pop())
        side = x.shape[2:]
        tokens = self.encoder.pos_drop(x.flatten(2).transpose(1, 2) + self.encoder.pos_embed)
        tokens = self.encoder.norm(self.encoder.blocks(tokens))
        return tokens.transpose(1, 2).unflatten(2, side), maps


def _convolution(inner: int, outer: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inner, outer, 3, padding=1, bias=False), nn.BatchNorm2d(outer), nn.ReLU(inplace=True)
    )


def _build(settings: TransUNetSettings) -> MaskNetwork:
    network = TransUNet(settings)
    if settings.pretrained:
        load_pretrained(network.encoder, Path(settings.pretrained))
    # What was trained is read back without that file.
    return MaskNetwork(replace(settings, pretrained=""), network)


ARCHITECTURE = Architecture("transunet", TransUNetSettings.from_dict, _build)

TRANS_UNET = System(
    name="transunet",
    title="TransUNet",
    tasks=SEGMENTATION,
    source="Chen et al.: TransUNet: transformers make strong encoders for medical image segmentation. 2021, "
    "arXiv 2102.04306.",
    left_open="Random weights instead of those of ImageNet-21k.",
    architecture=ARCHITECTURE.name,
    changes=("loss.segmentation=0.5", "loss.dice=0.5"),
    recipe=("optimiser=sgd", "momentum=0.9", "learning_rate=0.01", "weight_decay=0.0001", "schedule=poly"),
    published_batch=24,
    packages=("timm",),
)
