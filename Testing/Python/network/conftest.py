"""A network small enough for property tests: 64-pixel slices, so tokens of 4 x 4."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from MTINetLib.network.settings import NetworkSettings, mtinet

SMALL = {
    "image_size": 64,
    "widths": (4, 6, 8, 8),
    "decoder_widths": (8, 8, 6, 4),
    "ffn_width": 32,
    "tdd_width": 16,
    "context_blocks": 1,
}


@pytest.fixture(autouse=True)
def one_seed() -> None:
    torch.manual_seed(7)


@pytest.fixture
def settings() -> NetworkSettings:
    return mtinet(**SMALL)


@pytest.fixture
def phases() -> Tensor:
    """Three slices with structure: a bright disc on a gradient, growing brighter over the phases."""
    rows = torch.linspace(0, 1, 64)
    ground = rows[:, None] + rows[None, :]
    disc = (((rows[:, None] - 0.4) ** 2 + (rows[None, :] - 0.6) ** 2) < 0.02).float()
    gains = torch.tensor([0.2, 1.0, 0.7, 0.5])
    slices = [ground * (1 + 0.3 * k) + (k + 1) * disc for k in range(3)]
    clean = torch.stack(slices)[:, None] * gains[None, :, None, None]
    return clean + 0.05 * torch.randn(3, 4, 64, 64)


@pytest.fixture
def focus() -> Tensor:
    """A disc of radius 9 pixels in each of three slices."""
    rows = torch.arange(64.0)
    disc = ((rows[:, None] - 26) ** 2 + (rows[None, :] - 38) ** 2) < 81
    return disc.float().expand(3, 1, 64, 64).clone()
