"""Networks that go from a slice to one answer in a single step, as ``SliceNetwork`` is asked."""

from __future__ import annotations

from torch import Tensor, nn

from MTINetLib.network.slice_network import Segmentation, SliceNetwork
from MTINetLib.systems.settings import SystemSettings


class MaskNetwork(SliceNetwork):
    """``body`` gives logits [B, 1, S, S] for a slice [B, P, S, S]; nothing is said of curve or class."""

    def __init__(self, settings: SystemSettings, body: nn.Module) -> None:
        super().__init__()
        self.settings = settings
        self.body = body

    def encode(self, phases: Tensor) -> list[Tensor]:
        """The logits already: [B, P, S, S] -> one map [B, 1, S, S]."""
        return [self.body(phases.to(weight_of(self).dtype))]

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation:
        """The map of ``encode``."""
        return Segmentation(features[0])

    def read(self, features: list[Tensor], phases: Tensor, focus: Tensor) -> tuple[None, None]:
        """Neither curve nor class."""
        return None, None


class ReadingNetwork(SliceNetwork):
    """``body`` gives curve [B, P] or class logits [B, classes], by the settings' task; there is no mask."""

    def __init__(self, settings: SystemSettings, body: nn.Module) -> None:
        super().__init__()
        self.settings = settings
        self.body = body

    def encode(self, phases: Tensor) -> list[Tensor]:
        """The answer already: [B, P, S, S] -> [B, answers]."""
        return [self.body(phases.to(weight_of(self).dtype))]

    def read(
        self, features: list[Tensor], phases: Tensor, focus: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Curve or class logits of the whole slice, float32; the focus is not looked at."""
        answer = features[0].float()
        return (answer, None) if self.settings.regresses else (None, answer)


def weight_of(network: nn.Module) -> Tensor:
    """Any of its weights, which says of what kind and where they are."""
    return next(network.parameters())
