"""Milliseconds per slice of the network, and beside it of nnU-Net's, turn by turn in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.matmul import synchronize
from MTINetLib.models.backends.runner import SliceRunner
from MTINetLib.network.slice_network import Segmentation
from MTINetLib.study.phase import FOUR_PHASES


class Segmenter(Protocol):
    """A network, whoever runs it."""

    def encode(self, phases: Tensor) -> list[Tensor]: ...

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation: ...


#: Runs a network on its input [B, C, S, S].
Contender = Callable[[Tensor], object]


@dataclass(frozen=True)
class Speed:
    """Milliseconds per slice: median and best of the rounds, and each of them."""

    median_ms: float
    best_ms: float
    rounds_ms: tuple[float, ...]


def whole_network(network: SliceRunner) -> Contender:
    """Mask, and curve and class of one lesion, for every slice: the most that a slice can cost."""

    def run(phases: Tensor) -> object:
        features = network.encode(phases)
        logits = network.segment(features, phases).mask_logits
        return network.read(features, phases, torch.sigmoid(logits.float()))

    return run


def segmentation_only(network: Segmenter) -> Contender:
    """What every slice costs; the heads are asked only where a lesion is."""

    def run(phases: Tensor) -> object:
        return network.segment(network.encode(phases), phases)

    return run


def plain_network(network: nn.Module, dtype: torch.dtype, device: torch.device) -> Contender:
    """Another network in the same precision and memory format; it takes the slice without neighbours."""
    ready = network.to(device=device, dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(phases: Tensor) -> object:
        return ready(phases[:, : len(FOUR_PHASES)].to(dtype).contiguous(memory_format=torch.channels_last))

    return run


@torch.inference_mode()
def race(
    contenders: Mapping[str, Contender],
    slices: Tensor,
    batch: int,
    rounds: int,
    over: Callable[[], bool] = lambda: False,
) -> dict[str, Speed]:
    """Time every contender on the same slices, in turns, so that a slower minute hits all of them.

    Args:
        slices: [N, 4, S, S], float32, on the device.
        batch: slices at once, the same for all.
        rounds: how often all slices are run.
        over: tells that the time is over: no round begins but the first.
    """
    batches = torch.split(slices, batch)
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values():
        for part in {len(part): part for part in batches}.values():
            run(part)  # the first run of every batch size chooses kernels
    for done in range(rounds):
        if done and over():
            break
        for name, run in contenders.items():
            synchronize(slices.device)
            start = time.perf_counter()
            for part in batches:
                run(part)
            synchronize(slices.device)
            times[name].append((time.perf_counter() - start) * 1000.0 / len(slices))
    return {name: Speed(statistics.median(ms), min(ms), tuple(ms)) for name, ms in times.items()}


@torch.inference_mode()
def gflop_per_slice(run: Contender, one_slice: Tensor) -> float:
    """GFLOP of convolutions and matrix products for one slice [1, 4, S, S]; a multiply-add counts two."""
    with FlopCounterMode(display=False) as counter:
        run(one_slice)
    return float(counter.get_total_flops()) / 1e9
