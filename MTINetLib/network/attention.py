"""The transformer block of Vaswani et al. 2017, shared by the lesion reader and the discriminator."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class TransformerBlock(nn.Module):
    """Multi-head self-attention and a two-layer perceptron, each with a residual: [B, N, D] -> [B, N, D].

    Args:
        width: D; heads must divide it, d_k = D / heads.
        norm: ``post`` normalises after each residual sum (Vaswani), ``pre`` before each sub-layer.
    """

    def __init__(self, width: int, heads: int, ffn_width: int, dropout: float, norm: str) -> None:
        super().__init__()
        self.heads = heads
        self.post = norm == "post"
        self.query_key_value = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.expand = nn.Linear(width, ffn_width)
        self.contract = nn.Linear(ffn_width, width)
        self.norm_attention = nn.LayerNorm(width)
        self.norm_perceptron = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def attend(self, tokens: Tensor) -> Tensor:
        """Scaled dot-product attention, scale 1/sqrt(d_k)."""
        batch, count, width = tokens.shape
        split = self.query_key_value(tokens).view(batch, count, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        # For a few hundred tokens the plain form is faster than the fused one on a CPU, both ways.
        scores = (query * (query.shape[-1] ** -0.5)) @ key.transpose(2, 3)
        mixed = torch.softmax(scores, dim=3) @ value
        out: Tensor = self.dropout(self.project(mixed.transpose(1, 2).reshape(batch, count, width)))
        return out

    def perceive(self, tokens: Tensor) -> Tensor:
        """The position-wise perceptron with ReLU."""
        out: Tensor = self.dropout(self.contract(functional.relu(self.expand(tokens), inplace=True)))
        return out

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, N, D] -> [B, N, D]."""
        if self.post:
            tokens = self.norm_attention(tokens + self.attend(tokens))
            return self.norm_perceptron(tokens + self.perceive(tokens))  # type: ignore[no-any-return]
        tokens = tokens + self.attend(self.norm_attention(tokens))
        return tokens + self.perceive(self.norm_perceptron(tokens))


def sinusoids(count: int, width: int) -> Tensor:
    """Vaswani's positional encoding, [count, width]: sines in even columns, cosines in odd ones."""
    position = torch.arange(count, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10000.0) / width))
    table = torch.zeros(count, width)
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate)[:, : width // 2]
    return table
