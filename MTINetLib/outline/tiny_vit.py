"""The image encoder of LiteMedSAM: TinyViT (Wu et al., arXiv:2207.10666) without its first strides.

The names of modules are those of the published weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class EncoderSettings:
    """Sizes of the encoder; the usual ones are those of the published weights.

    Args:
        widths: channels of the four stages; the first one convolves, the others attend in windows.
        depths: blocks of each stage.
        heads, windows: of each stage; those of the first are not used.
        out: channels of what comes out.
    """

    widths: tuple[int, int, int, int] = (64, 128, 160, 320)
    depths: tuple[int, int, int, int] = (2, 2, 6, 2)
    heads: tuple[int, int, int, int] = (2, 4, 5, 10)
    windows: tuple[int, int, int, int] = (7, 7, 14, 7)
    out: int = 256


class ConvNorm(nn.Sequential):
    """A convolution without bias and the batch norm behind it."""

    def __init__(self, width: int, out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.c = nn.Conv2d(width, out, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out)


class ChannelNorm(nn.Module):
    """Layer norm over the channels of [B, C, H, W]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        last = functional.layer_norm(x.permute(0, 2, 3, 1), self.weight.shape, self.weight, self.bias, 1e-6)
        return last.permute(0, 3, 1, 2)


class _ConvBlock(nn.Module):
    """An inverted bottleneck of MobileNetV2."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = ConvNorm(width, 4 * width)
        self.conv2 = ConvNorm(4 * width, 4 * width, 3, groups=4 * width)
        self.conv3 = ConvNorm(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.gelu(self.conv2(functional.gelu(self.conv1(x))))
        return functional.gelu(x + self.conv3(inner))


class _WindowAttention(nn.Module):
    """Attention among the pixels of a square window, [N, window^2, C], with a learnt bias a distance."""

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.attention_biases = nn.Parameter(torch.zeros(heads, window * window))
        places = torch.cartesian_prod(torch.arange(window), torch.arange(window))
        apart = (places[:, None] - places[None]).abs()
        self.register_buffer("distance", apart[..., 0] * window + apart[..., 1], persistent=False)
        self.distance: Tensor

    def forward(self, x: Tensor) -> Tensor:
        windows, pixels, width = x.shape
        # Query, key and value stand side by side in each head.
        split = self.qkv(self.norm(x)).view(windows, pixels, self.heads, 3, width // self.heads)
        query, key, value = split.permute(3, 0, 2, 1, 4)
        bias = self.attention_biases[:, self.distance].to(query.dtype)
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        joined: Tensor = self.proj(seen.transpose(1, 2).reshape(windows, pixels, width))
        return joined


class _Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(functional.gelu(self.fc1(self.norm(x))))
        return out


class _AttentionBlock(nn.Module):
    """Attention in windows, a local convolution and a perceptron, on [B, C, H, W]."""

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.window = window
        self.attn = _WindowAttention(width, heads, window)
        self.local_conv = ConvNorm(width, width, 3, groups=width)
        self.mlp = _Mlp(width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.local_conv(x + self._attended(x))
        pixels = x.permute(0, 2, 3, 1)
        out: Tensor = (pixels + self.mlp(pixels)).permute(0, 3, 1, 2)
        return out

    def _attended(self, x: Tensor) -> Tensor:
        batch, width, rows, columns = x.shape
        side = self.window
        # The norm comes after the padding, as the weights were trained.
        padded = functional.pad(x.permute(0, 2, 3, 1), (0, 0, 0, -columns % side, 0, -rows % side))
        down, across = padded.shape[1] // side, padded.shape[2] // side
        windows = padded.view(batch, down, side, across, side, width).transpose(2, 3)
        seen = self.attn(windows.reshape(-1, side * side, width))
        back = seen.view(batch, down, across, side, side, width).transpose(2, 3)
        whole = back.reshape(batch, down * side, across * side, width)
        cut: Tensor = whole[:, :rows, :columns].permute(0, 3, 1, 2)
        return cut


class _Merging(nn.Module):
    """From one stage to the next; the last step keeps the size."""

    def __init__(self, width: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = ConvNorm(width, out)
        self.conv2 = ConvNorm(out, out, 3, stride, groups=out)
        self.conv3 = ConvNorm(out, out)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv3(functional.gelu(self.conv2(functional.gelu(self.conv1(x)))))
        return out


class _Stage(nn.Module):
    def __init__(self, blocks: list[nn.Module], downsample: nn.Module) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*blocks)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.downsample(self.blocks(x))
        return out


class _Patches(nn.Module):
    def __init__(self, out: int) -> None:
        super().__init__()
        self.seq = nn.Sequential(ConvNorm(3, out // 2), nn.GELU(), ConvNorm(out // 2, out))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.seq(x)
        return out


class TinyViT(nn.Module):
    """[B, 3, H, W] in 0 to 1 becomes [B, out, H / 4, W / 4]; both sides divide by 4."""

    def __init__(self, settings: EncoderSettings) -> None:
        super().__init__()
        widths = settings.widths
        self.patch_embed = _Patches(widths[0])
        stages = []
        for number, (width, depth) in enumerate(zip(widths, settings.depths, strict=True)):
            heads, window = settings.heads[number], settings.windows[number]
            blocks: list[nn.Module] = [
                _AttentionBlock(width, heads, window) if number else _ConvBlock(width) for _ in range(depth)
            ]
            last = number == len(widths) - 1
            onward = nn.Identity() if last else _Merging(width, widths[number + 1], 1 if number == 2 else 2)
            stages.append(_Stage(blocks, onward))
        self.layers = nn.Sequential(*stages)
        self.neck = nn.Sequential(
            nn.Conv2d(widths[-1], settings.out, 1, bias=False),
            ChannelNorm(settings.out),
            nn.Conv2d(settings.out, settings.out, 3, padding=1, bias=False),
            ChannelNorm(settings.out),
        )

    def forward(self, image: Tensor) -> Tensor:
        features: Tensor = self.neck(self.layers(self.patch_embed(image)))
        return features
