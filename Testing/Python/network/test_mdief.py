from __future__ import annotations

import torch
from torch import Tensor

from MTINetLib.network.layers import phases_to_batch
from MTINetLib.network.mdief import GatedFusion, fuse, gates
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings


def features(count: int = 5) -> tuple[Tensor, Tensor]:
    scale = torch.rand(count, 6, 1, 1) * 3
    return torch.rand(count, 6, 8, 8) * scale, torch.rand(count, 6, 8, 8)


def test_gates_are_the_softmax_of_equation_1() -> None:
    spatial, spectral = features()
    p_spa, p_spe = spatial.mean((2, 3)), spectral.mean((2, 3))
    expected = p_spa.exp() / (p_spa.exp() + p_spe.exp())
    torch.testing.assert_close(gates(spatial, spectral)[0], expected)


def test_gates_sum_to_one_and_lie_between() -> None:
    gamma_spa, gamma_spe = gates(*features())
    torch.testing.assert_close(gamma_spa + gamma_spe, torch.ones_like(gamma_spa))
    assert 0 < gamma_spa.min() < gamma_spa.max() < 1


def test_gates_survive_values_whose_exponential_overflows() -> None:
    gamma_spa, gamma_spe = gates(torch.full((1, 2, 4, 4), 900.0), torch.full((1, 2, 4, 4), 1.0))
    assert torch.equal(gamma_spa, torch.ones(1, 2))
    assert torch.equal(gamma_spe, torch.zeros(1, 2))


def test_fusion_is_the_weighted_sum_of_the_paper() -> None:
    spatial, spectral = features()
    gamma_spa, gamma_spe = gates(spatial, spectral)
    expected = spatial * (1 + gamma_spa)[:, :, None, None] + spectral * (1 + gamma_spe)[:, :, None, None]
    torch.testing.assert_close(fuse(spatial, spectral, gamma_spa, gamma_spe), expected)
    torch.testing.assert_close(GatedFusion()(spatial, spectral), expected)


def test_fusion_does_not_depend_on_the_memory_format() -> None:
    spatial, spectral = features()
    last = torch.channels_last
    fused = GatedFusion()(spatial.contiguous(memory_format=last), spectral.contiguous(memory_format=last))
    torch.testing.assert_close(fused, GatedFusion()(spatial, spectral))


def test_in_the_network_both_gates_vary_with_the_input_at_every_scale(
    settings: NetworkSettings, phases: Tensor
) -> None:
    # A linear high-pass has a mean of zero: its gate would say nothing. The spectral features must not.
    network = MTINet(settings).eval()
    with torch.inference_mode():
        spatial = network.spatial(phases_to_batch(phases))
        spectral = network.spectral(phases_to_batch(network.highpass(phases)))
    for a, b in zip(spatial, spectral, strict=True):
        assert b.mean((2, 3)).std(0).max() > 1e-3
        for gamma in gates(a, b):
            assert gamma.std(0).max() > 1e-3, "the gate is the same for every image"
            assert gamma.std(1).max() > 1e-3, "the gate is the same for every channel"
