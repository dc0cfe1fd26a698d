from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings
from MTINetLib.network.spectral import highpass


def wave(cycles: int, side: int = 64) -> Tensor:
    return torch.sin(2 * math.pi * cycles * torch.arange(side) / side).expand(side, side).clone()


def test_a_constant_image_leaves_nothing() -> None:
    assert highpass(torch.full((2, 4, 64, 64), 3.7), 0.1).abs().max() < 1e-5


def test_a_constant_offset_leaves_no_trace(phases: Tensor) -> None:
    torch.testing.assert_close(highpass(phases + 5.0, 0.1), highpass(phases, 0.1), atol=2e-5, rtol=0)


def test_the_spectral_branch_ignores_a_constant_offset(settings: NetworkSettings, phases: Tensor) -> None:
    network = MTINet(settings).eval()
    spectral_alone = MTINet(
        NetworkSettings.from_dict({**settings.to_dict(), "mdief": "spectral_only"})
    ).eval()
    with torch.inference_mode():
        before, after = spectral_alone.encode(phases), spectral_alone.encode(phases + 2.0)
        whole_before, whole_after = network.encode(phases), network.encode(phases + 2.0)
    for a, b in zip(before, after, strict=True):
        assert a.abs().max() > 0.01
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(whole_before[0], whole_after[0], atol=1e-2)


@pytest.mark.parametrize(("cycles", "kept"), [(1, 0.05), (2, 0.17), (20, 1.0)])
def test_slow_waves_go_and_fast_waves_stay(cycles: int, kept: float) -> None:
    # Nyquist is 32 cycles; the width is a tenth of it.
    expected = 1 - math.exp(-0.5 * (cycles / 3.2) ** 2)
    assert expected == pytest.approx(kept, abs=0.01)
    torch.testing.assert_close(highpass(wave(cycles), 0.1), expected * wave(cycles), atol=1e-5, rtol=0)


def test_the_two_axes_are_treated_alike(phases: Tensor) -> None:
    turned = highpass(phases.transpose(2, 3), 0.1).transpose(2, 3)
    torch.testing.assert_close(turned, highpass(phases, 0.1), atol=1e-5, rtol=0)


def test_it_computes_in_float32_whatever_comes_in(phases: Tensor) -> None:
    assert highpass(phases.bfloat16(), 0.1).dtype == torch.float32
