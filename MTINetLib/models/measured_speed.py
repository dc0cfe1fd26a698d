"""How fast a network runs in different ways on this machine: measured once, and remembered for the user."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from MTINetLib.models.backends.runner import SliceRunner
from MTINetLib.network.slice_settings import SliceSettings, offsets
from MTINetLib.user_folder import user_folder
from MTINetLib.write_whole import whole_file

logger = logging.getLogger(__name__)

_ROUNDS = 3
_SLICES = 4
_MOST_KEPT = 200


def speed_file() -> Path:
    """Where the measurements are kept."""
    return user_folder() / "measured-speed.json"


def remembered(key: str, measure: Callable[[], Mapping[str, float]]) -> dict[str, float]:
    """The figures under a key, measured now if they were not before.

    A file that cannot be read or written costs time, nothing else.
    """
    kept = _read()
    figures = kept.get(key)
    if figures is None:
        figures = kept[key] = dict(measure())
        _write(dict(list(kept.items())[-_MOST_KEPT:]))
    return figures


@torch.inference_mode()
def ms_per_slice(runners: Mapping[str, SliceRunner], device: torch.device) -> dict[str, float]:
    """Milliseconds of segmenting a slice of the network's own size, the best of a few rounds in turns."""
    settings = next(iter(runners.values())).settings
    slices = made_slices(settings, _SLICES).to(device)
    best = dict.fromkeys(runners, float("inf"))
    for number in range(_ROUNDS + 1):
        for name, runner in runners.items():
            start = time.perf_counter()
            runner.segment(runner.encode(slices), slices)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if number:  # the first run chooses kernels
                best[name] = min(best[name], (time.perf_counter() - start) * 1000 / _SLICES)
    return best


@torch.inference_mode()
def largest_difference(one: SliceRunner, other: SliceRunner) -> float:
    """The largest difference between two runners' tumour probabilities, on the CPU; NaN counts as 1."""
    slices = made_slices(one.settings, _SLICES)
    probabilities = [
        torch.sigmoid(runner.segment(runner.encode(slices), slices).mask_logits.float())
        for runner in (one, other)
    ]
    return float((probabilities[0] - probabilities[1]).abs().nan_to_num(nan=1.0).max())


def made_slices(settings: SliceSettings, count: int) -> Tensor:
    """Slices in network units that look like a body with bright and dark spots, [count, C, S, S]."""
    generator = torch.Generator().manual_seed(0)
    side = torch.linspace(-1, 1, settings.image_size)
    rows, columns = torch.meshgrid(side, side, indexing="ij")
    body = ((columns / 0.9) ** 2 + (rows / 0.7) ** 2 < 1).float()
    slices = torch.zeros(count, settings.phase_count, settings.image_size, settings.image_size)
    for phase in range(settings.phase_count):
        share = phase / max(1, settings.phase_count - 1)
        slices[:, phase] = body * (0.8 + 0.6 * share)
        for number in range(count):
            centre = torch.rand(2, generator=generator) - 0.5
            spot = ((columns - centre[0]) ** 2 + (rows - centre[1]) ** 2 < 0.01).float()
            slices[number, phase] += spot * (0.9 if number % 2 else -0.4) * (1 - share)
    noise = torch.randn(slices.shape, generator=generator) * 0.03
    slices += noise * body
    return slices.repeat(1, len(offsets(settings.neighbours)), 1, 1)


def _read() -> dict[str, dict[str, float]]:
    try:
        told = json.loads(speed_file().read_text("utf-8"))
        return {
            str(key): {str(name): float(value) for name, value in figures.items()}
            for key, figures in told.items()
        }
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _write(kept: Mapping[str, Mapping[str, float]]) -> None:
    path = speed_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as beside:
            beside.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        logger.debug("The measured speed could not be kept: %s", error)
