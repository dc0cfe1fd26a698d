from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from MTINetLib.network.attention import TransformerBlock, sinusoids


def reference(block: TransformerBlock, norm_first: bool) -> nn.TransformerEncoderLayer:
    layer = nn.TransformerEncoderLayer(16, 4, 32, 0.0, batch_first=True, norm_first=norm_first)
    state = {
        "self_attn.in_proj_weight": block.query_key_value.weight,
        "self_attn.in_proj_bias": block.query_key_value.bias,
        "self_attn.out_proj.weight": block.project.weight,
        "self_attn.out_proj.bias": block.project.bias,
        "linear1.weight": block.expand.weight,
        "linear1.bias": block.expand.bias,
        "linear2.weight": block.contract.weight,
        "linear2.bias": block.contract.bias,
        "norm1.weight": block.norm_attention.weight,
        "norm1.bias": block.norm_attention.bias,
        "norm2.weight": block.norm_perceptron.weight,
        "norm2.bias": block.norm_perceptron.bias,
    }
    layer.load_state_dict(state)
    return layer


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_block_is_the_transformer_layer_of_vaswani(norm: str) -> None:
    block = TransformerBlock(16, 4, 32, 0.0, norm)
    tokens = torch.randn(2, 10, 16)
    expected = reference(block, norm == "pre").train()(tokens)
    torch.testing.assert_close(block(tokens), expected, atol=1e-5, rtol=1e-5)


def test_a_block_alone_knows_no_order() -> None:
    block = TransformerBlock(16, 4, 32, 0.0, "pre").eval()
    tokens = torch.randn(1, 6, 16)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(block(tokens[:, order]), block(tokens)[:, order], atol=1e-5, rtol=1e-5)


def test_positions_are_vaswanis_sines_and_cosines() -> None:
    table = sinusoids(50, 8)
    for place, column in ((0, 0), (7, 4), (49, 5), (12, 7)):
        angle = place / 10000 ** ((column // 2 * 2) / 8)
        expected = math.sin(angle) if column % 2 == 0 else math.cos(angle)
        assert table[place, column].item() == pytest.approx(expected, abs=1e-4)
