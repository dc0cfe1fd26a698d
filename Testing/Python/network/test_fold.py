from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from MTINetLib.network.fold import fold_batch_norm, prepare_for_inference
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings, mtinet, paper

from .conftest import SMALL


def seasoned(settings: NetworkSettings, phases: Tensor) -> MTINet:
    """A network whose batch norms have seen images and are not near the identity."""
    network = MTINet(settings).train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
    for _ in range(10):
        network(phases)
    return network


@pytest.mark.parametrize("preset", [mtinet, paper])
@pytest.mark.parametrize("mdief", ["full", "none"])
def test_a_folded_network_is_the_same_function(
    preset: type, mdief: str, phases: Tensor, focus: Tensor
) -> None:
    network = seasoned(preset(**{**SMALL, "mdief": mdief}), phases)
    folded = fold_batch_norm(network)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    with torch.inference_mode():
        for a, b in zip(network.eval()(phases, focus), folded(phases, focus), strict=True):
            torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


def test_folding_leaves_the_network_itself_alone(settings: NetworkSettings) -> None:
    network = MTINet(settings).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    fold_batch_norm(network)
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_bfloat16_weights_stay_near_float32(settings: NetworkSettings, phases: Tensor, focus: Tensor) -> None:
    network = seasoned(settings, phases)
    with torch.inference_mode():
        exact = prepare_for_inference(network)(phases, focus)
        rough = prepare_for_inference(network, torch.bfloat16)(phases, focus)
    probability = torch.sigmoid(exact.mask_logits) - torch.sigmoid(rough.mask_logits.float())
    assert probability.abs().max() < 0.05
    assert (exact.curve - rough.curve).abs().max() < 0.02
    assert (exact.class_logits - rough.class_logits).abs().max() < 0.05


def test_the_heads_keep_float32_weights(settings: NetworkSettings) -> None:
    network = MTINet(settings)
    ready = prepare_for_inference(network, torch.bfloat16)
    assert torch.equal(ready.reader.curve.linear.weight, network.reader.curve.linear.weight)
    assert ready.decoder.logit.weight.dtype == torch.bfloat16
    assert not any(p.requires_grad for p in ready.parameters())
