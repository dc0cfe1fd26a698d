"""Marks as tokens: the prompt encoder of Segment Anything (Kirillov et al., arXiv:2304.02643)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from MTINetLib.outline.tiny_vit import ChannelNorm


@dataclass(frozen=True)
class Prompt:
    """Marks in one image, in its pixels (x, y), pixel centres at whole numbers.

    Args:
        box: x and y of the corner with the lower, then of that with the higher ones.
        inside, outside: points that belong to what is outlined, and that do not.
        before: logits of an outline to start from, [side, side]; None to start from nothing.
    """

    box: tuple[float, float, float, float]
    inside: tuple[tuple[float, float], ...] = ()
    outside: tuple[tuple[float, float], ...] = ()
    before: Tensor | None = None


class _Positions(nn.Module):
    """Sines and cosines of places in 0 to 1 along random directions, which belong to the weights."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("positional_encoding_gaussian_matrix", torch.randn(2, width // 2))
        self.positional_encoding_gaussian_matrix: Tensor

    def forward(self, places: Tensor) -> Tensor:
        turned = 2 * math.pi * ((2 * places - 1) @ self.positional_encoding_gaussian_matrix)
        return torch.cat([turned.sin(), turned.cos()], dim=-1)


#: Rows of the points' embeddings, as the weights have them.
_OUTSIDE, _INSIDE, _FIRST_CORNER, _LAST_CORNER = range(4)


class PromptEncoder(nn.Module):
    """Prompts of an image of ``side`` pixels a side, whose features are a quarter of that."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.pe_layer = _Positions(width)
        self.point_embeddings = nn.ModuleList(nn.Embedding(1, width) for _ in range(4))
        self.not_a_point_embed = nn.Embedding(1, width)
        self.no_mask_embed = nn.Embedding(1, width)
        self.mask_downscaling = nn.Sequential(
            nn.Conv2d(1, 4, 2, 2),
            ChannelNorm(4),
            nn.GELU(),
            nn.Conv2d(4, 16, 2, 2),
            ChannelNorm(16),
            nn.GELU(),
            nn.Conv2d(16, width, 1),
        )

    def positions(self) -> Tensor:
        """Of the features, [1, width, side / 4, side / 4]."""
        count = self.side // 4
        at = (torch.arange(count, device=self.no_mask_embed.weight.device) + 0.5) / count
        rows, columns = torch.meshgrid(at, at, indexing="ij")
        encoded: Tensor = self.pe_layer(torch.stack([columns, rows], dim=-1))
        return encoded.permute(2, 0, 1)[None]

    def forward(self, prompt: Prompt) -> tuple[Tensor, Tensor]:
        """Tokens of points and box, [1, n, width], and what is added to the features."""
        marks = [(point, _OUTSIDE) for point in prompt.outside] + [
            (point, _INSIDE) for point in prompt.inside
        ]
        marks += [(prompt.box[:2], _FIRST_CORNER), (prompt.box[2:], _LAST_CORNER)]
        rows = torch.cat([embedding.get_parameter("weight") for embedding in self.point_embeddings])
        kinds = rows[[kind for _, kind in marks]]
        places = torch.tensor([place for place, _ in marks], dtype=kinds.dtype, device=kinds.device)
        sparse = self.pe_layer((places + 0.5) / self.side) + kinds
        if prompt.before is None:
            dense = self.no_mask_embed.weight[..., None, None]
        else:
            dense = self.mask_downscaling(prompt.before.to(kinds)[None, None])
        return sparse[None], dense
