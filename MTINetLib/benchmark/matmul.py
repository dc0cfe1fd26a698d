"""The machine's own peak: the fastest square matrix product that torch reaches in a precision."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

SIDES = (2048, 3072, 4096)
_SECONDS_PER_SIDE = 2.0


def matmul_peak_gflops(
    dtype: torch.dtype, device: torch.device, sides: Sequence[int] = SIDES, seconds: float = _SECONDS_PER_SIDE
) -> float:
    """GFLOP/s of the best single product over all sides (n^3 multiply-adds count 2 n^3).

    Args:
        seconds: how long each side is tried, at least three products.
    """
    return max(_best(side, dtype, device, seconds) for side in sides)


@torch.inference_mode()
def _best(side: int, dtype: torch.dtype, device: torch.device, seconds: float) -> float:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(side, side, generator=generator).to(device, dtype) for _ in range(2))
    result = a @ b  # the first one chooses kernels and packs weights
    best, done, until = float("inf"), 0, time.perf_counter() + seconds
    while done < 3 or time.perf_counter() < until:
        synchronize(device)
        start = time.perf_counter()
        torch.mm(a, b, out=result)
        synchronize(device)
        best = min(best, time.perf_counter() - start)
        done += 1
    return 2.0 * side**3 / best / 1e9


def synchronize(device: torch.device) -> None:
    """Wait until a GPU has done what it was told; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
