"""The transformer over the phases' channel maps: tokens, positions, three blocks, and the two heads."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from MTINetLib.network.attention import TransformerBlock, sinusoids
from MTINetLib.network.focus import STATISTICS, EvidenceEmbedding, gather_evidence, token_weights
from MTINetLib.network.heads import LinearHead
from MTINetLib.network.settings import NetworkSettings


class PositionalEncoding(nn.Module):
    """Adds to each of the P*C tokens where it comes from: its phase and its channel."""

    table: Tensor

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.learned = settings.positions == "learned"
        channels, width = settings.widths[3], settings.d_model
        if self.learned:
            self.phase = nn.Parameter(torch.randn(settings.phase_count, 1, width) * 0.1)
            self.channel = nn.Parameter(torch.randn(1, channels, width) * 0.1)
        else:
            self.register_buffer("table", sinusoids(settings.phase_count * channels, width), persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, P*C, D] -> [B, P*C, D]."""
        place = (self.phase + self.channel).flatten(0, 1) if self.learned else self.table
        return tokens + place.to(tokens.dtype)


class LesionReader(nn.Module):
    """Fused maps -> curve and class, of the whole slice (paper) or of the lesion under the focus (ours)."""

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        width = settings.d_model
        self.side = settings.token_side
        self.phase_count = settings.phase_count
        self.focused = settings.lesion_focus == "mask"
        self.positions = PositionalEncoding(settings)
        self.evidence = EvidenceEmbedding(settings) if settings.uses_evidence else None
        self.blocks = nn.ModuleList(
            TransformerBlock(
                width, settings.heads, settings.ffn_width, settings.dropout, settings.transformer_norm
            )
            for _ in range(settings.transformer_depth)
        )
        self.norm = nn.LayerNorm(width) if settings.transformer_norm == "pre" else nn.Identity()
        statistics = settings.phase_count * STATISTICS if settings.uses_evidence else 0
        features = settings.phase_count * width
        self.curve = LinearHead(features, statistics, settings.phase_count) if settings.regresses else None
        classes = settings.class_count
        self.lesion_class = LinearHead(features, statistics, classes) if settings.classifies else None

    def forward(
        self, features: list[Tensor], phases: Tensor, focus: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Read one lesion an image.

        Args:
            features: fused maps, finest first; the last is [B, P*C, side, side].
            phases: [B, P, H, W], normalised units.
            focus: [B, 1, H, W], between 0 and 1.

        Returns:
            (curve float32 [B, P] in normalised units, class logits float32 [B, classes]);
            None for a head that is switched off.
        """
        maps = features[-1]
        statistics = None
        if self.focused:
            maps = maps * token_weights(focus, self.side).to(maps.dtype)
        tokens = self.positions(maps.flatten(2))
        if self.evidence is not None:
            evidence = gather_evidence(features, phases, focus)
            spread = self.evidence(evidence).repeat_interleave(tokens.shape[1] // self.phase_count, dim=1)
            tokens = tokens + spread.to(tokens.dtype)
            statistics = evidence.statistics.flatten(1)
        for block in self.blocks:
            tokens = block(tokens)
        means = self.norm(tokens).unflatten(1, (self.phase_count, -1)).mean(2).flatten(1)
        curve = self.curve(means, statistics) if self.curve is not None else None
        logits = self.lesion_class(means, statistics) if self.lesion_class is not None else None
        return curve, logits
