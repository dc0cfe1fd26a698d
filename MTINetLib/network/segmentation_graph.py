"""A network's segmentation as one function of tensors, for programs that run it without torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.slice_network import Segmentation, SliceNetwork


@dataclass(frozen=True)
class SegmentationGraph:
    """What is exported, and what is computed before it.

    Args:
        module: from the inputs to mask logits [B, 1, S, S], and anatomy logits [B, classes, S/2, S/2] where
            there are some; can be traced.
        inputs: from a network's input [B, C, S, S] to the module's inputs, each [B, ...], by torch.
    """

    module: nn.Module
    inputs: Callable[[Tensor], tuple[Tensor, ...]]


def plain_graph(network: SliceNetwork) -> SegmentationGraph:
    """All of it is exported."""
    return SegmentationGraph(_Segmentation(network), lambda phases: (phases.float(),))


def mtinet_graph(network: MTINet) -> SegmentationGraph:
    """The FFT of the high-pass stays with torch: other programs lack it or do not run it faster."""
    return SegmentationGraph(
        _SegmentationOfWaves(network), lambda phases: (phases.float(), network.highpass(network.own(phases)))
    )


class _Segmentation(nn.Module):
    def __init__(self, network: SliceNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, phases: Tensor) -> tuple[Tensor, ...]:
        return _answers(self.network.segment(self.network.encode(phases), phases))


class _SegmentationOfWaves(nn.Module):
    def __init__(self, network: MTINet) -> None:
        super().__init__()
        self.network = network

    def forward(self, phases: Tensor, waves: Tensor) -> tuple[Tensor, ...]:
        return _answers(self.network.segment(self.network.encode(phases, waves), phases))


def _answers(segmentation: Segmentation) -> tuple[Tensor, ...]:
    return tuple(answer for answer in segmentation if answer is not None)
