"""What an error of torch says about a device: that it has no room, or that it cannot be used at all."""

from __future__ import annotations

from enum import Enum

import torch


class DeviceProblem(Enum):
    """Smaller batches help against the first, another device only against the second."""

    NO_ROOM = "has no room left"
    UNUSABLE = "cannot be used"


#: Words of CUDA, cuBLAS, cuDNN, HIP, MPS and the CPU's allocator, in small letters. cuBLAS and cuDNN
#: cannot be set up on a full GPU: they then fail by these names and not by "out of memory".
_NO_ROOM = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "cudaerrormemoryallocation",
    "hiperroroutofmemory",
    "cublas_status_alloc_failed",
    "cublas_status_not_initialized",
    "cusolver_status_alloc_failed",
    "cufft_alloc_failed",
    "cudnn_status_alloc_failed",
    "cudnn_status_not_initialized",
    "cudnn_status_internal_error_device_allocation_failed",
    "cudnn_status_internal_error_host_allocation_failed",
    "unable to find an engine to execute this computation",
)
_UNUSABLE = (
    "cuda error",
    "hip error",
    "cuda-capable device(s) is/are busy or unavailable",
    "no cuda-capable device",
    "no kernel image",
    "nvidia driver",
    "cuda driver",
    "cuda initialization",
    "cuda unknown error",
    "unexpected error from cuda",
    "invalid device ordinal",
    "not compiled with cuda",
    "cudnn_status",
    "cudnn error",
    "cublas_status",
    "cufft",
    "cusolver_status",
    "mps backend",
)


def device_problem(error: BaseException) -> DeviceProblem | None:
    """What an error means for the device it came from; None for one that has to do with something else."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return DeviceProblem.NO_ROOM
    # Torch without CUDA asserts that it has it.
    if not isinstance(error, (RuntimeError, AssertionError)):
        return None
    text = str(error).lower()
    if any(words in text for words in _NO_ROOM):
        return DeviceProblem.NO_ROOM
    # Of torch 2.8 and later: an error that the accelerator itself reported.
    of_accelerator = isinstance(error, getattr(torch, "AcceleratorError", ()))
    if of_accelerator or any(words in text for words in _UNUSABLE):
        return DeviceProblem.UNUSABLE
    return None


def one_line(error: BaseException, most: int = 160) -> str:
    """The first sentence of what torch says; hints for debugging follow it."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:most].rstrip(" .:;")


def touch(device: torch.device) -> None:
    """Make a GPU's context: only then does torch find out whether it can be used.

    Raises:
        RuntimeError: it cannot.
    """
    if device.type == "cuda":
        torch.zeros(1, device=device)
        torch.cuda.synchronize(device)
