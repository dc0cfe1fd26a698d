"""What each compared system costs: parameters, GFLOP and milliseconds a slice, as a Markdown table.

    python -m benchmarks.system_costs [--systems NAME ...] [--threads N] [--no-time]

A slice of 4 x 256 x 256 goes through everything that answers about it. A multiply-add counts two; FFT and
pointwise work are not counted. Times are processor time on this machine, float32, one slice at a time, the
best of three, so that what else runs there matters little.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from MTINetLib.console import terminal
from MTINetLib.models.architectures import Architecture, architecture_of
from MTINetLib.network.slice_network import SliceNetwork
from MTINetLib.network.slice_settings import SliceSettings, input_channels
from MTINetLib.systems.known import all_systems, register_networks, system_of
from MTINetLib.systems.system import System, check_packages
from MTINetLib.systems.train_system import settings_of
from MTINetLib.training.settings import training_preset

_ROUNDS = 3


@dataclass(frozen=True)
class SystemCost:
    """Of a system's network; ``milliseconds`` is None where no time was taken."""

    system: System
    parameters: int
    gflop: float
    milliseconds: float | None


def system_cost(system: System, *, timed: bool = True) -> SystemCost:
    """Count on tensors without memory, and time a network of random weights."""
    check_packages(system)
    register_networks()
    settings = settings_of(system, training_preset("paper")).network
    architecture = architecture_of(system.architecture)
    with torch.device("meta"):
        described = architecture.build(settings).eval()
    slices = torch.zeros(1, input_channels(settings), settings.image_size, settings.image_size)
    try:
        gflop = _gflop(described, slices.to("meta"))
    except (RuntimeError, NotImplementedError):  # tensors without memory know no FFT
        gflop = _gflop(architecture.build(settings).eval(), slices)
    parameters = sum(parameter.numel() for parameter in described.parameters())
    return SystemCost(system, parameters, gflop, _best(architecture, settings, slices) if timed else None)


@torch.inference_mode()
def _gflop(network: SliceNetwork, slices: Tensor) -> float:
    with FlopCounterMode(display=False) as counter:
        _answer(network, slices)
    return float(counter.get_total_flops() / 1e9)


@torch.inference_mode()
def _best(architecture: Architecture, settings: SliceSettings, slices: Tensor) -> float:
    network = architecture.ready(architecture.build(settings), torch.float32)
    best = float("inf")
    for _ in range(_ROUNDS):
        start = time.process_time()
        _answer(network, slices)
        best = min(best, time.process_time() - start)
    return 1000 * best


def _answer(network: SliceNetwork, slices: Tensor) -> None:
    features = network.encode(slices)
    focus = torch.ones_like(slices[:, :1])
    if network.settings.segments:
        focus = torch.sigmoid(network.segment(features, slices).mask_logits.float())
    network.read(features, slices, focus)


def table(costs: Sequence[SystemCost]) -> str:
    """The rows as Markdown."""
    lines = ["| system | parameters | GFLOP a slice | processor ms a slice |", "|---|---|---|---|"]
    for cost in costs:
        took = "" if cost.milliseconds is None else f"{cost.milliseconds:.0f}"
        name = f"{cost.system.title} (`{cost.system.name}`)"
        lines.append(f"| {name} | {cost.parameters / 1e6:.2f} M | {cost.gflop:.1f} | {took} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """As the first lines of this file say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.system_costs", description=__doc__)
    networks = [system.name for system in all_systems() if system.architecture]
    parser.add_argument("--systems", nargs="+", default=networks, metavar="NAME")
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument("--no-time", action="store_true")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(asked.threads)
    costs = [system_cost(system_of(name), timed=not asked.no_time) for name in asked.systems]
    terminal().print(table(costs), soft_wrap=True, markup=False)


if __name__ == "__main__":
    main()
