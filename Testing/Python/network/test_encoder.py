from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from MTINetLib.network.encoder import Encoder, PerPhaseEncoder
from MTINetLib.network.layers import ConvNormReluPool, halve_by_maximum, phases_to_batch, phases_to_channels


def test_four_blocks_halve_the_image_four_times() -> None:
    encoder = Encoder((2, 3, 4, 5)).eval()
    with torch.inference_mode():
        maps = encoder(torch.rand(1, 1, 256, 256))
    assert [tuple(m.shape[1:]) for m in maps] == [(2, 128, 128), (3, 64, 64), (4, 32, 32), (5, 16, 16)]


def test_a_block_is_conv_norm_relu_pool_in_the_papers_order() -> None:
    block = ConvNormReluPool(2, 3)
    nn.init.normal_(block.norm.weight)
    for mode in (True, False):
        block.train(mode)
        x = torch.randn(4, 2, 16, 16)
        expected = functional.max_pool2d(functional.relu(block.norm(block.conv(x))), 2)
        torch.testing.assert_close(block(x), expected)


def test_pairwise_maxima_are_max_pooling() -> None:
    for x in (
        torch.randn(3, 5, 8, 12),
        torch.randn(3, 5, 8, 12).contiguous(memory_format=torch.channels_last),
    ):
        assert torch.equal(halve_by_maximum(x), functional.max_pool2d(x, 2))


def test_phases_fold_into_the_batch_and_out_to_channels_in_order(phases: Tensor) -> None:
    folded = phases_to_batch(phases)
    assert torch.equal(folded[4 + 2, 0], phases[1, 2])
    maps = torch.randn(8, 3, 4, 4)
    joined = phases_to_channels(maps, 4)
    assert torch.equal(joined[1], torch.cat([maps[4], maps[5], maps[6], maps[7]]))


def test_maps_are_channels_last_from_the_first_layer_on(phases: Tensor) -> None:
    encoder = Encoder((4, 4, 4, 4)).eval()
    with torch.inference_mode():
        for maps in encoder(phases_to_batch(phases)):
            assert maps.is_contiguous(memory_format=torch.channels_last)


def test_encoders_per_phase_have_weights_of_their_own(phases: Tensor) -> None:
    encoder = PerPhaseEncoder((4, 4, 4, 4), 4).eval()
    same = phases[:, :1].expand(-1, 4, -1, -1)
    with torch.inference_mode():
        last = encoder(phases_to_batch(same))[-1].view(3, 4, 4, 4, 4)
    assert not torch.allclose(last[:, 0], last[:, 1])


def test_encoders_per_phase_answer_in_the_order_of_the_batch(phases: Tensor) -> None:
    encoder = PerPhaseEncoder((4, 4, 4, 4), 4).eval()
    with torch.inference_mode():
        together = encoder(phases_to_batch(phases))[2]
        alone = encoder.encoders[3](phases[1:2, 3:4])[2]
    torch.testing.assert_close(together[4 + 3], alone[0])
