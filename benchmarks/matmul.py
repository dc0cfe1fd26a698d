"""The machine's own peak: the fastest square matrix product that torch reaches in a precision."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

SIDES = (2048, 3072, 4096)
_SECONDS_PER_SIDE = 2.0


def matmul_peak_gflops(
    dtype: torch.dtype,
    device: torch.device,
    sides: Sequence[int] = SIDES,
    seconds: float = _SECONDS_PER_SIDE,
    over: Callable[[], bool] = lambda: False,
) -> float:
    """GFLOP/s of the best single product over all sides (n^3 multiply-adds count 2 n^3), in the mode of
    :func:`fp32_mode` where they are fp32.

    Args:
        seconds: how long each side is tried, at least three products.
        over: tells that the time for all of it is over: no more products than one, no more sides.
    """
    with products_as_convolutions(device):
        best = 0.0
        for side in sides:
            best = max(best, _best(side, dtype, device, seconds, over))
            if over():
                break
        return best


@torch.inference_mode()
def _best(
    side: int, dtype: torch.dtype, device: torch.device, seconds: float, over: Callable[[], bool]
) -> float:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(side, side, generator=generator).to(device, dtype) for _ in range(2))
    result = a @ b  # the first one chooses kernels and packs weights
    best, done, until = float("inf"), 0, time.perf_counter() + seconds
    while done == 0 or (not over() and (done < 3 or time.perf_counter() < until)):
        synchronize(device)
        start = time.perf_counter()
        torch.mm(a, b, out=result)
        synchronize(device)
        best = min(best, time.perf_counter() - start)
        done += 1
    return 2.0 * side**3 / best / 1e9


def fp32_mode(device: torch.device) -> str:
    """How fp32 is multiplied there: by convolutions, which are nearly all of a network's work."""
    if device.type == "cuda" and torch.backends.cudnn.allow_tf32:
        return "TF32"
    return "fp32"


@contextmanager
def products_as_convolutions(device: torch.device) -> Iterator[None]:
    """Inside, matrix products take TF32 exactly where convolutions do, so that a peak is that of the work."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = fp32_mode(device) == "TF32"
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


def synchronize(device: torch.device) -> None:
    """Wait until a GPU has done what it was told; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
