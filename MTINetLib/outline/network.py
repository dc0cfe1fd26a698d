"""LiteMedSAM as one network: MedSAM (Ma et al., Nature Communications 2024) with a small encoder."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from MTINetLib.outline.mask_decoder import MaskDecoder
from MTINetLib.outline.prompts import Prompt, PromptEncoder
from MTINetLib.outline.tiny_vit import EncoderSettings, TinyViT


@dataclass(frozen=True)
class PromptedSettings:
    """Sizes of the network; the usual ones are those of the published weights.

    Args:
        side: pixels of an image, height and width. The weights were trained with 256; at 128 a
            patch costs a fifth, and outlines are as good (docs/decisions/0024-outline-by-a-box.md).
    """

    side: int = 128
    encoder: EncoderSettings = field(default_factory=EncoderSettings)


class PromptedNetwork(nn.Module):
    """Looks at an image once, and then answers any number of prompts about it quickly."""

    def __init__(self, settings: PromptedSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or PromptedSettings()
        width = self.settings.encoder.out
        self.image_encoder = TinyViT(self.settings.encoder)
        self.prompt_encoder = PromptEncoder(width, self.settings.side)
        self.mask_decoder = MaskDecoder(width)

    @torch.inference_mode()
    def encode(self, image: Tensor) -> Tensor:
        """Features of one image, [side, side], values in 0 to 1."""
        features: Tensor = self.image_encoder(image.expand(1, 3, -1, -1))
        return features

    @torch.inference_mode()
    def decode(self, features: Tensor, prompt: Prompt) -> Tensor:
        """Logits of the outline that a prompt asks for, [side, side]."""
        sparse, dense = self.prompt_encoder(prompt)
        logits: Tensor = self.mask_decoder(features + dense, self.prompt_encoder.positions(), sparse)
        return logits
