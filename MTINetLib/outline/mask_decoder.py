"""From features and prompts to a mask: decoder of Segment Anything (Kirillov et al., arXiv:2304.02643)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from MTINetLib.outline.tiny_vit import ChannelNorm

_HEADS, _BLOCKS, _MASKS = 8, 2, 4


class _Attention(nn.Module):
    """Attention of ``q`` to ``k`` and ``v``, [1, n, width], in ``inner`` channels."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, inner) for _ in range(3))
        self.out_proj = nn.Linear(inner, width)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        parts = (self.q_proj(q), self.k_proj(k), self.v_proj(v))
        heads = [part.unflatten(-1, (_HEADS, -1)).transpose(1, 2) for part in parts]
        seen = functional.scaled_dot_product_attention(*heads)
        out: Tensor = self.out_proj(seen.transpose(1, 2).flatten(2))
        return out


class _Perceptron(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.lin1, self.lin2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.lin2(functional.relu(self.lin1(x)))
        return out


class _TwoWayBlock(nn.Module):
    """Tokens look at each other and at the image, then the image looks at the tokens."""

    def __init__(self, width: int, first: bool) -> None:
        super().__init__()
        self.first = first
        self.self_attn = _Attention(width, width)
        self.cross_attn_token_to_image = _Attention(width, width // 2)
        self.cross_attn_image_to_token = _Attention(width, width // 2)
        self.mlp = _Perceptron(width, 8 * width)
        self.norm1, self.norm2, self.norm3, self.norm4 = (nn.LayerNorm(width) for _ in range(4))

    def forward(self, tokens: Tensor, image: Tensor, marked: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        if self.first:
            tokens = self.self_attn(tokens, tokens, tokens)
        else:
            placed = tokens + marked
            tokens = tokens + self.self_attn(placed, placed, tokens)
        tokens = self.norm1(tokens)
        seen = self.cross_attn_token_to_image(tokens + marked, image + places, image)
        tokens = self.norm2(tokens + seen)
        tokens = self.norm3(tokens + self.mlp(tokens))
        told = self.cross_attn_image_to_token(image + places, tokens + marked, tokens)
        return tokens, self.norm4(image + told)


class _TwoWayTransformer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_TwoWayBlock(width, first=number == 0) for number in range(_BLOCKS))
        self.final_attn_token_to_image = _Attention(width, width // 2)
        self.norm_final_attn = nn.LayerNorm(width)

    def forward(self, image: Tensor, places: Tensor, marked: Tensor) -> tuple[Tensor, Tensor]:
        tokens = marked
        for block in self.layers:
            tokens, image = block(tokens, image, marked, places)
        seen = self.final_attn_token_to_image(tokens + marked, image + places, image)
        return self.norm_final_attn(tokens + seen), image


class _Head(nn.Module):
    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, out)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = functional.relu(layer(x))
        out: Tensor = self.layers[-1](x)
        return out


class MaskDecoder(nn.Module):
    """Features [1, width, h, w] and tokens [1, n, width] become logits [4 h, 4 w]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.transformer = _TwoWayTransformer(width)
        self.iou_token = nn.Embedding(1, width)
        self.mask_tokens = nn.Embedding(_MASKS, width)
        self.output_upscaling = nn.Sequential(
            nn.ConvTranspose2d(width, width // 4, 2, 2),
            ChannelNorm(width // 4),
            nn.GELU(),
            nn.ConvTranspose2d(width // 4, width // 8, 2, 2),
            nn.GELU(),
        )
        # The weights have four masks and their quality; the first mask is the one for a box.
        self.output_hypernetworks_mlps = nn.ModuleList(_Head(width, width // 8) for _ in range(_MASKS))
        self.iou_prediction_head = _Head(width, _MASKS)

    def forward(self, features: Tensor, places: Tensor, sparse: Tensor) -> Tensor:
        own = torch.cat([self.iou_token.weight, self.mask_tokens.weight])[None]
        pixels = features.flatten(2).transpose(1, 2)
        tokens, image = self.transformer(
            pixels, places.flatten(2).transpose(1, 2), torch.cat([own, sparse], 1)
        )
        upscaled = self.output_upscaling(image.transpose(1, 2).unflatten(2, features.shape[2:]))
        weights = self.output_hypernetworks_mlps[0](tokens[:, 1])
        return torch.einsum("bc,bchw->bhw", weights, upscaled)[0]
