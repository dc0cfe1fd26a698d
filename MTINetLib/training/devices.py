"""Which device a run trains on: looked at before anything is prepared, not in the midst of it."""

from __future__ import annotations

import logging

import torch

from MTINetLib.errors import DeviceUnusable
from MTINetLib.models.device_errors import device_problem, one_line, touch

_LOG = logging.getLogger(__name__)


def usable_accelerator(accelerator: str) -> str:
    """The accelerator for Lightning: ``cpu`` for ``auto`` where the GPU cannot be used, which is said.

    Raises:
        DeviceUnusable: a GPU was asked for by name and cannot be used.
    """
    if accelerator not in ("auto", "gpu", "cuda") or not torch.cuda.is_available():
        return accelerator
    try:
        touch(torch.device("cuda"))
    except (RuntimeError, AssertionError, MemoryError) as error:
        problem = device_problem(error)
        if problem is None:
            raise
        why = f"The GPU {problem.value} ({one_line(error)})"
        if accelerator != "auto":
            raise DeviceUnusable(f"{why}; close the programs that use it, or train on the CPU.") from error
        _LOG.warning("%s: the run trains on the CPU, which takes much longer.", why)
        return "cpu"
    return accelerator
