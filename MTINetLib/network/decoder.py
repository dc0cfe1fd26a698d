"""The decoder: four blocks Deconv-BN-ReLU with skips from every scale; lesions, and organs at half size."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from MTINetLib.network.layers import ConvNorm, ConvNormRelu, DeconvNormRelu, join
from MTINetLib.network.settings import NetworkSettings
from MTINetLib.network.slice_network import Segmentation


class ContextBlock(nn.Module):
    """A residual dilated convolution (ours): x + relu(BN(conv(x))), [B, C, h, w] -> the same shape."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilated = ConvNorm(channels, channels, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, h, w] -> [B, C, h, w]."""
        return x + functional.relu(self.dilated(x))


class AnatomyAnswer(nn.Module):
    """Organs of a map, and the map with what they tell added to it (ours), [B, C, h, w].

    One 1x1 convolution each way: the lesion logits, which follow from the map, know where the liver is.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.logits = nn.Conv2d(channels, classes, 1)
        self.back = nn.Conv2d(classes, channels, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """[B, C, h, w] -> (the map, logits [B, classes, h, w])."""
        logits = self.logits(x)
        return x + self.back(torch.softmax(logits, dim=1)), logits


class Decoder(nn.Module):
    """Fused maps of the phases -> logits of the mask, and with ``anatomy_classes`` those of the organs.

    The coarsest map enters the first deconvolution; the three finer maps, and with ``image_skip`` the
    phases' images, are joined to the outputs of the deconvolutions of their size.
    """

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        fused = [settings.phase_count * w for w in settings.widths]
        width = fused[3]
        self.context = nn.Sequential()
        if settings.context_blocks:
            width = fused[3] // 2
            self.context.append(ConvNormRelu(fused[3], width, kernel=1))
            for index in range(settings.context_blocks):
                self.context.append(ContextBlock(width, dilation=2**index))
        skips = (*fused[2::-1], settings.phase_count if settings.image_skip else 0)
        self.deconvolutions = nn.ModuleList()
        self.refinements = nn.ModuleList()
        for target, skip in zip(settings.decoder_widths, skips, strict=True):
            self.deconvolutions.append(DeconvNormRelu(width, target))
            width = target + skip
            if settings.refine_decoder:
                self.refinements.append(ConvNormRelu(width, target))
                width = target
        classes = settings.anatomy_classes
        inner = settings.decoder_widths[2] + (0 if settings.refine_decoder else fused[0])
        self.anatomy = AnatomyAnswer(inner, classes) if classes else None
        self.image_skip = settings.image_skip
        self.logit = nn.Conv2d(width, 1, 1)
        nn.init.normal_(self.logit.weight, std=0.1 / math.sqrt(width))
        # Nearly every pixel is background: starting there saves the first epochs.
        prior = settings.foreground_prior
        nn.init.constant_(self.logit.bias, math.log(prior / (1 - prior)))  # type: ignore[arg-type]

    def forward(self, features: list[Tensor], images: Tensor) -> Segmentation:
        """Fused maps, finest first, [B, P*C_s, h_s, w_s], and the slice's own images [B, P, H, W]."""
        anatomy_logits: Tensor | None = None
        x = self.context(features[3])
        skips: list[Tensor | None] = [features[2], features[1], features[0], None]
        if self.image_skip:
            skips[3] = images.to(x.dtype).contiguous(memory_format=torch.channels_last)
        for index, (deconvolution, skip) in enumerate(zip(self.deconvolutions, skips, strict=True)):
            x = deconvolution(x)
            if skip is not None:
                x = join([x, skip])
            if self.refinements:
                x = self.refinements[index](x)
            if index == 2 and self.anatomy is not None:
                x, anatomy_logits = self.anatomy(x)
        return Segmentation(self.logit(x), anatomy_logits)
