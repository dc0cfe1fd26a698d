"""What a network costs: parameters, and floating point operations per slice."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.slice_settings import input_channels


@dataclass(frozen=True)
class NetworkCost:
    """Parameters, and GFLOP per slice (a multiply-add counts two; FFT and pointwise work not counted)."""

    parameters: int
    gflop_encode: float
    gflop_segment: float
    gflop_read: float

    @property
    def gflop_per_slice(self) -> float:
        """Everything for a slice with one lesion."""
        return self.gflop_encode + self.gflop_segment + self.gflop_read


def network_cost(network: MTINet) -> NetworkCost:
    """Count one slice through each of the three steps; the network must be on the CPU."""
    side = network.settings.image_size
    phases = torch.zeros(1, input_channels(network.settings), side, side)
    counts: list[float] = []
    training = network.training
    network.eval()
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            features = network.encode(phases)
        counts.append(counter.get_total_flops() / 1e9)
        with FlopCounterMode(display=False) as counter:
            logits = network.segment(features, phases).mask_logits
        counts.append(counter.get_total_flops() / 1e9)
        with FlopCounterMode(display=False) as counter:
            network.read(features, phases, torch.sigmoid(logits))
        counts.append(counter.get_total_flops() / 1e9)
    network.train(training)
    return NetworkCost(sum(p.numel() for p in network.parameters()), *counts)
