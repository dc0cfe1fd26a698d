from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings
from MTINetLib.network.tdd import TaskDrivenDiscriminator
from MTINetLib.training.losses import adversarial_loss


def test_the_order_of_the_phases_and_the_class_matter(settings: NetworkSettings) -> None:
    discriminator = TaskDrivenDiscriminator(settings).eval()
    curve = torch.tensor([[0.5, 2.0, 1.5, 1.0]])
    hcc, hemangioma = torch.tensor([[0.95, 0.05]]), torch.tensor([[0.05, 0.95]])
    asked = discriminator(curve, hcc)
    assert asked.shape == (1,)
    assert not torch.allclose(asked, discriminator(curve[:, [0, 2, 1, 3]], hcc), atol=1e-4)
    assert not torch.allclose(asked, discriminator(curve, hemangioma), atol=1e-4)


def test_curve_statistics_make_it_blind_to_units(settings: NetworkSettings) -> None:
    discriminator = TaskDrivenDiscriminator(settings).eval()
    curve, classes = torch.rand(3, 4), torch.rand(3, 2)
    plain = discriminator(curve, classes)
    discriminator.set_curve_statistics(torch.full((4,), 100.0), torch.full((4,), 50.0))
    torch.testing.assert_close(discriminator(curve * 50 + 100, classes), plain, atol=1e-4, rtol=1e-4)
    assert "curve_mean" in discriminator.state_dict()


def test_it_learns_to_tell_matching_from_swapped_classes(settings: NetworkSettings) -> None:
    # Right and wrong pairs differ in no single entry, only in how curve and class go together.
    discriminator = TaskDrivenDiscriminator(replace(settings, tdd_width=64))
    discriminator.set_curve_statistics(torch.tensor([0.5, 1.6, 1.4, 1.4]), torch.full((4,), 0.4))
    optimizer = torch.optim.Adam(discriminator.parameters(), 3e-3)
    hcc, hemangioma = torch.tensor([0.5, 2.0, 1.2, 0.9]), torch.tensor([0.5, 1.2, 1.6, 1.9])
    for _ in range(120):
        kind = torch.randint(0, 2, (32,))
        curves = torch.where(kind[:, None] == 0, hcc, hemangioma) + 0.1 * torch.randn(32, 4)
        true = torch.nn.functional.one_hot(kind, 2).float()
        logits = torch.cat([discriminator(curves, true), discriminator(curves, 1 - true)])
        target = torch.cat([torch.ones(32), torch.zeros(32)])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert ((logits > 0) == (target > 0)).float().mean() > 0.95


def test_the_generators_adversarial_term_moves_both_heads(
    settings: NetworkSettings, phases: Tensor, focus: Tensor
) -> None:
    network, discriminator = MTINet(settings), TaskDrivenDiscriminator(settings)
    output = network(phases, focus)
    fake = discriminator(output.curve, output.class_logits.softmax(1))
    adversarial_loss(fake, torch.tensor([True, True, True])).backward()
    for head in (network.reader.curve, network.reader.lesion_class):
        assert head.linear.weight.grad.abs().max() > 0
    before = network(phases, focus)
    with torch.no_grad():
        for head in (network.reader.curve, network.reader.lesion_class):
            head.linear.weight -= 0.1 * head.linear.weight.grad
    after = network(phases, focus)
    assert not torch.equal(before.curve, after.curve)
    assert not torch.equal(before.class_logits, after.class_logits)
