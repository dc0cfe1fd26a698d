"""Precision and backend where the user left the choice: what was measured faster on this machine."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from MTINetLib.findings.notes import (
    NO_OPENVINO,
    OPENVINO_FAILED,
    OPENVINO_INEXACT,
    OPENVINO_ON_GPU,
    note,
)
from MTINetLib.models.backends.backend import BACKENDS
from MTINetLib.models.backends.runner import SliceRunner
from MTINetLib.models.device import Compute
from MTINetLib.models.measured_speed import largest_difference, ms_per_slice, remembered

logger = logging.getLogger(__name__)

#: What comes first is left only for something that takes at most so much of its time.
WORTH_IT = 0.9
#: How much further from torch's float32 than torch itself, in the same precision, another backend may be in a
#: tumour probability.
TOLERANCE = 0.01

Runners = Callable[[Compute], SliceRunner]


def faster_precision(compute: Compute, runner: Runners, sha256: str) -> Compute:
    """bf16 or fp32 on a device that has bf16: bf16 where it is clearly faster, else the more exact one."""
    both = {
        "fp32": replace(compute, dtype=torch.float32),
        "bf16": replace(compute, dtype=torch.bfloat16),
    }

    def measure() -> Mapping[str, float]:
        return ms_per_slice({name: runner(one) for name, one in both.items()}, compute.device)

    ms = remembered(_key("precision", compute, sha256), measure)
    return both["bf16" if ms["bf16"] <= WORTH_IT * ms["fp32"] else "fp32"]


def faster_backend(compute: Compute, runner: Runners, sha256: str) -> Compute:
    """OpenVINO where it can run, answers as torch does and is clearly faster; else torch, noting why not."""
    refusal = BACKENDS["openvino"].refusal(compute.device)
    if refusal is not None:
        return _torch(compute, OPENVINO_ON_GPU if compute.device.type != "cpu" else NO_OPENVINO)
    other = replace(compute, backend="openvino")

    def measure() -> Mapping[str, float]:
        runners = {"torch": runner(compute), "openvino": runner(other)}
        exact = runner(replace(compute, dtype=torch.float32))
        errors = {f"{name}_error": largest_difference(exact, one) for name, one in runners.items()}
        return {**ms_per_slice(runners, compute.device), **errors}

    key = _key("backend", compute, sha256)
    try:
        told = remembered(key, measure)
    except Exception as error:  # OpenVINO has its own kinds, and none of them may cost the analysis
        if isinstance(error, MemoryError):
            raise
        logger.warning("OpenVINO failed: %s", error)
        return _torch(compute, note(OPENVINO_FAILED, type(error).__name__))
    further = told["openvino_error"] - told["torch_error"]
    if further > TOLERANCE:
        return _torch(compute, note(OPENVINO_INEXACT, f"{further:.2g}"))
    return other if told["openvino"] <= WORTH_IT * told["torch"] else compute


def _torch(compute: Compute, why: str) -> Compute:
    return replace(compute, notes=(*compute.notes, why))


def _key(question: str, compute: Compute, sha256: str) -> str:
    """What the answer depends on."""
    versions = [f"{name} {backend.version()}" for name, backend in BACKENDS.items()]
    of_backend = [compute.precision, *versions] if question == "backend" else versions[:1]
    processor = f"{torch.backends.cpu.get_cpu_capability()}, {os.cpu_count()} cores"
    threads = f"{torch.get_num_threads()} threads"
    return " | ".join([question, sha256, compute.title, processor, threads, *of_backend])
