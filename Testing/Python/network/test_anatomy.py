"""Organs beside lesions, and the neighbouring slices of a slice."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor

from MTINetLib.errors import InputError
from MTINetLib.network.fold import prepare_for_inference
from MTINetLib.network.layers import phases_to_batch
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.segmentation_graph import mtinet_graph
from MTINetLib.network.settings import NetworkSettings, mtinet
from MTINetLib.network.slice_settings import input_channels, offsets
from MTINetLib.network.weight_bytes import weight_bytes

from .conftest import SMALL

ORGANS = 9


def made(**changes: Any) -> MTINet:
    torch.manual_seed(3)
    network = MTINet(mtinet(**{**SMALL, **changes}))
    network.train()
    with torch.no_grad():
        network(torch.rand(4, input_channels(network.settings), 64, 64))
    return network.eval()


def test_organs_are_answered_at_half_size_and_reach_the_lesions(phases: Tensor) -> None:
    network = made(anatomy_classes=ORGANS)
    with torch.inference_mode():
        features = network.encode(phases)
        before = network.segment(features, phases)
        assert before.anatomy_logits is not None
        assert before.anatomy_logits.shape == (3, ORGANS, 32, 32)
        network.decoder.anatomy.logits.bias[1] += 5.0
        after = network.segment(features, phases)
    assert not torch.allclose(before.mask_logits, after.mask_logits)


def test_without_organs_none_are_answered_and_nothing_is_added(phases: Tensor) -> None:
    network = made()
    assert network(phases).anatomy_logits is None
    assert not [name for name in network.state_dict() if "anatomy" in name]


def test_organs_and_neighbours_stay_the_same_when_folded_and_exported() -> None:
    network = made(anatomy_classes=ORGANS, neighbours=1)
    stack = torch.rand(2, 12, 64, 64)
    ready = prepare_for_inference(network)
    graph = mtinet_graph(ready)
    with torch.inference_mode():
        whole = network(stack)
        folded = ready.segment(ready.encode(stack), stack)
        exported = graph.module(*graph.inputs(stack))
    for answers in (folded, exported):
        torch.testing.assert_close(answers[0], whole.mask_logits, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(answers[1], whole.anatomy_logits, rtol=1e-3, atol=1e-4)


def test_neighbours_are_seen_by_the_spatial_encoder_alone(phases: Tensor) -> None:
    network = made(neighbours=1)
    stack = torch.cat([phases, phases.roll(1, 0), phases.roll(-1, 0)], dim=1)
    changed = torch.cat([phases, torch.rand(3, 8, 64, 64)], dim=1)
    with torch.inference_mode():
        assert not torch.allclose(network(stack).mask_logits, network(changed).mask_logits)
        network.spatial.blocks[0].conv.weight[:, 1:] = 0.0
        torch.testing.assert_close(network(stack).mask_logits, network(changed).mask_logits)
        torch.testing.assert_close(network(stack).tim_curve, network(changed).tim_curve)


def test_a_network_that_ignores_its_neighbours_is_the_one_without(phases: Tensor) -> None:
    plain, wide = made(), made(neighbours=1)
    state = copy.deepcopy(plain.state_dict())
    first = "spatial.blocks.0.conv.weight"
    state[first] = torch.cat([state[first], torch.zeros_like(state[first]).repeat(1, 2, 1, 1)], dim=1)
    wide.load_state_dict(state)
    stack = torch.cat([phases, torch.rand(3, 8, 64, 64)], dim=1)
    with torch.inference_mode():
        torch.testing.assert_close(wide(stack).mask_logits, plain(phases).mask_logits)
        torch.testing.assert_close(wide(stack).curve, plain(phases).curve)


def test_the_nearest_neighbours_come_first() -> None:
    assert offsets(0) == (0,)
    assert offsets(2) == (0, -1, 1, -2, 2)


def test_weights_are_counted_rather_too_high() -> None:
    settings = NetworkSettings(anatomy_classes=ORGANS, neighbours=1)
    held = 4 * sum(p.numel() for p in MTINet(settings).parameters())
    assert held <= weight_bytes(settings) < 10 * held
    assert held < 40_000_000, "the model file is to stay below 40 MB"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"neighbours": -1}, "neighbours"),
        ({"neighbours": 9}, "neighbours"),
        ({"anatomy_classes": 1}, "anatomy_classes"),
        ({"neighbours": 1, "mdief": "spectral_only"}, "spatial"),
    ],
)
def test_settings_that_make_no_network_are_named(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        mtinet(**changes)


def test_images_enter_the_encoder_channels_last_with_and_without_neighbours(phases: Tensor) -> None:
    for images, count in ((phases, 1), (torch.cat([phases] * 3, dim=1), 3)):
        folded = phases_to_batch(images, 4)
        assert folded.shape == (12, count, 64, 64)
        # One channel passes for both layouts unless its stride says which one is meant.
        assert folded.stride() == (64 * 64 * count, 1, 64 * count, count)
        torch.testing.assert_close(folded[:, 0], phases.flatten(0, 1))
