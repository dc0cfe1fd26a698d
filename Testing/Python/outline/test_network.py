"""The network that takes prompts: its shapes, and what the published weights make of simple pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.outline_network import SMALL, random_prompted_network, real_user_folder
from torch import Tensor

from MTINetLib.outline.network import PromptedNetwork, PromptedSettings
from MTINetLib.outline.prompts import Prompt
from MTINetLib.outline.tiny_vit import ConvNorm
from MTINetLib.outline.weights import read_outline_network, ready


def test_the_features_have_a_quarter_of_the_side_and_the_logits_all_of_it() -> None:
    network = random_prompted_network()
    features = network.encode(torch.rand(32, 32))
    assert features.shape == (1, SMALL.encoder.out, 8, 8)
    logits = network.decode(features, Prompt((3.0, 4.0, 20.0, 25.0)))
    assert logits.shape == (32, 32)


def test_folding_the_batch_norms_changes_no_answer() -> None:
    network = random_prompted_network()
    for module in network.modules():
        if isinstance(module, ConvNorm):
            torch.nn.init.uniform_(module.bn.running_var, 0.5, 2.0)
            torch.nn.init.normal_(module.bn.running_mean)
            torch.nn.init.normal_(module.bn.weight)
    image, prompt = torch.rand(32, 32), Prompt((3.0, 4.0, 20.0, 25.0))
    before = network.decode(network.encode(image), prompt)
    folded = ready(network)
    assert torch.allclose(folded.decode(folded.encode(image), prompt), before, atol=1e-4)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())


def test_every_mark_of_a_prompt_is_heard() -> None:
    network = random_prompted_network()
    features = network.encode(torch.rand(32, 32))
    box = (3.0, 4.0, 20.0, 25.0)
    prompts = [
        Prompt(box),
        Prompt((3.0, 4.0, 21.0, 25.0)),
        Prompt(box, inside=((9.0, 8.0),)),
        Prompt(box, outside=((9.0, 8.0),)),
        Prompt(box, before=torch.ones(32, 32)),
    ]
    answers = [network.decode(features, prompt) for prompt in prompts]
    for number, one in enumerate(answers):
        assert all(not torch.equal(one, other) for other in answers[number + 1 :])


def test_attention_in_windows_knows_no_pixels_of_other_windows() -> None:
    """The block attends in windows of four; its local convolution reaches one pixel further."""
    block = random_prompted_network().image_encoder.layers[1].blocks[0]
    picture = torch.rand(1, 8, 8, 8)
    other = picture.clone()
    other[..., 6, 6] += 1.0
    changed = (block(picture) - block(other)).abs().amax(dim=(0, 1)) > 1e-7
    assert changed[4:, 4:].sum() > 9
    assert not changed[:3, :].any()
    assert not changed[:, :3].any()


def disc(side: int, centre: tuple[float, float], radius: float) -> Tensor:
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return ((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2).float()


@pytest.fixture(scope="module")
def real() -> PromptedNetwork:
    return read_outline_network(real_user_folder() / "Outline")


def dice(one: Tensor, other: Tensor) -> float:
    return float(2 * (one * other).sum() / (one.sum() + other.sum()))


@pytest.mark.parametrize(("inner", "outer"), [(0.8, 0.4), (0.2, 0.5)])
def test_the_published_weights_outline_a_disc_in_its_box(
    real: PromptedNetwork, inner: float, outer: float
) -> None:
    assert real.settings == PromptedSettings()
    rng = np.random.default_rng(3)
    truth = disc(128, (60.0, 70.0), 17.0)
    noise = torch.from_numpy(rng.normal(0.0, 0.03, (128, 128)).astype(np.float32))
    image = (outer + (inner - outer) * truth + noise).clamp(0.0, 1.0)
    logits = real.decode(real.encode(image), Prompt((53.0, 43.0, 87.0, 77.0)))
    assert dice((logits > 0).float(), truth) > 0.9


def test_the_published_weights_outline_the_one_of_two_discs_that_is_boxed(real: PromptedNetwork) -> None:
    left, right = disc(128, (64.0, 35.0), 15.0), disc(128, (64.0, 90.0), 15.0)
    features = real.encode(0.3 + 0.4 * (left + right))
    for truth, box in ((left, (20.0, 49.0, 50.0, 79.0)), (right, (75.0, 49.0, 105.0, 79.0))):
        assert dice((real.decode(features, Prompt(box)) > 0).float(), truth) > 0.9


def test_a_click_outside_takes_one_of_two_discs_out_of_the_box_of_both(real: PromptedNetwork) -> None:
    left, right = disc(128, (64.0, 45.0), 12.0), disc(128, (64.0, 80.0), 12.0)
    noise = torch.from_numpy(np.random.default_rng(4).normal(0.0, 0.03, (128, 128)).astype(np.float32))
    features = real.encode((0.35 + 0.35 * (left + right) + noise).clamp(0.0, 1.0))
    box = (32.0, 51.0, 93.0, 77.0)
    both = (real.decode(features, Prompt(box)) > 0).float()
    assert dice(both, left + right) > 0.9
    clicked = Prompt(box, inside=((45.0, 64.0),), outside=((80.0, 64.0),))
    one = (real.decode(features, clicked) > 0).float()
    assert dice(one, left) > 0.8
    assert float((one * right).sum()) < 0.2 * float(right.sum())
