"""The network's figures for ``bench.json``: raced against nnU-Net's, in one run, in one precision."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from benchmarks.matmul import fp32_mode, matmul_peak_gflops
from benchmarks.network_speed import (
    gflop_per_slice,
    plain_network,
    race,
    segmentation_only,
    whole_network,
)
from benchmarks.plain_unet import plain_conv_unet
from benchmarks.plan import BenchPlan
from MTINetLib.models.backends.backend import BACKENDS
from MTINetLib.models.backends.runner import SliceRunner
from MTINetLib.models.batching import batch_size_for
from MTINetLib.models.device import Compute
from MTINetLib.models.neighbours import with_neighbours
from MTINetLib.models.store import LoadedModel, load_model
from MTINetLib.study.study import Study


def measure_network(
    study: Study,
    plan: BenchPlan,
    model: str | None,
    device: str,
    precision: str,
    *,
    over: Callable[[], bool] = lambda: False,
    doing: Callable[[str], None] = lambda what: None,
) -> dict[str, Any]:
    """Speed, work and share of the machine's peak of the network and of nnU-Net's, on one study's slices.

    ``network_...`` is the most that a slice can cost (mask, and curve and class of a lesion in it),
    ``network_segmentation_...`` what a slice without a lesion costs. The peak is taken before and after, the
    higher one counts. ``openvino_...`` is the segmentation by OpenVINO; None where that is not installed,
    or the device is a GPU.

    Args:
        over: tells that the time is over: what can be left out is.
        doing: hears what is done next.

    Raises:
        ModelError, MissingResourceError: no model, no such device, or nnU-Net's network is not installed.
    """
    doing("loading the networks")
    loaded = load_model(model)
    compute = loaded.settled(device, precision)
    network, unet = loaded.ready_for(compute), plain_conv_unet()
    parameters = {"network_parameters": _size(loaded.network), "plainconvunet_parameters": _size(unet)}
    contenders = {
        "network": whole_network(network),
        "segmentation": segmentation_only(network),
        "plainconvunet": plain_network(unet, compute.dtype, compute.device),
    }
    batch = batch_size_for(network, compute.device)
    openvino = _openvino(loaded, compute)
    if openvino is not None:
        contenders["openvino"] = segmentation_only(openvino.network)
    slices = _network_slices(study, plan.network_slices, loaded).to(compute.device)
    dtypes = {"fp32": torch.float32, "bf16": torch.bfloat16}

    def peaks() -> dict[str, float]:
        return {
            name: matmul_peak_gflops(dtype, compute.device, plan.matmul_sides, plan.matmul_seconds, over)
            for name, dtype in dtypes.items()
        }

    doing("measuring the matrix peak")
    before = peaks()
    doing("racing the networks")
    speeds = race(contenders, slices, batch, plan.rounds, over)
    doing("measuring the matrix peak again")
    after = peaks()
    peak = {name: max(before[name], after[name]) for name in dtypes}
    gflop = {name: gflop_per_slice(run, slices[:1]) for name, run in contenders.items() if name != "openvino"}
    gflop["openvino"] = gflop["segmentation"]  # the same mask; torch cannot count what it does not run

    def share(name: str) -> float:
        return gflop[name] / (speeds[name].median_ms / 1000.0) / peak[compute.precision]

    return {
        "network_ms_per_slice": speeds["network"].median_ms,
        "network_gflop_per_slice": gflop["network"],
        "network_peak_share": share("network"),
        "network_segmentation_ms_per_slice": speeds["segmentation"].median_ms,
        "network_segmentation_gflop_per_slice": gflop["segmentation"],
        "network_segmentation_peak_share": share("segmentation"),
        "plainconvunet_ms_per_slice": speeds["plainconvunet"].median_ms,
        "plainconvunet_gflop_per_slice": gflop["plainconvunet"],
        "plainconvunet_peak_share": share("plainconvunet"),
        "ratio_vs_plainconvunet": speeds["plainconvunet"].median_ms / speeds["network"].median_ms,
        "ratio_vs_plainconvunet_segmentation": (
            speeds["plainconvunet"].median_ms / speeds["segmentation"].median_ms
        ),
        "openvino_segmentation_ms_per_slice": None if openvino is None else speeds["openvino"].median_ms,
        "openvino_segmentation_peak_share": None if openvino is None else share("openvino"),
        "openvino_compile_s": None if openvino is None else openvino.compile_s,
        "matmul_peak_gflops": peak,
        "fp32_mode": fp32_mode(compute.device),
        "network_precision": compute.precision,
        "network_device": compute.title,
        "network_batch": batch,
        "rounds_ms_per_slice": {name: list(speed.rounds_ms) for name, speed in speeds.items()},
        "model": {"name": loaded.info.name, "sha256": loaded.info.sha256},
        **parameters,
    }


@dataclass(frozen=True)
class _Compiled:
    network: SliceRunner
    compile_s: float


def _openvino(loaded: LoadedModel, compute: Compute) -> _Compiled | None:
    if BACKENDS["openvino"].refusal(compute.device) is not None:
        return None
    start = time.perf_counter()
    compiled = BACKENDS["openvino"].runner(loaded.architecture, loaded.network, compute)
    return _Compiled(compiled, time.perf_counter() - start)


def _network_slices(study: Study, count: int, loaded: LoadedModel) -> torch.Tensor:
    """Slices from the middle of the study, as the analysis makes them: float32 [count, C, S, S]."""
    slices = loaded.preprocessing.prepare(study).slices
    start = max(0, (len(slices) - count) // 2)
    places = range(start, min(start + count, len(slices)))
    return torch.from_numpy(with_neighbours(slices, places, loaded.network.settings.neighbours))


def _size(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
