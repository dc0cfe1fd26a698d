from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from MTINetLib.network.tim import task_interaction_curve


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.01, 1.0))
def test_for_a_hard_mask_the_curve_is_the_masked_mean(seed: int, share: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    phases = torch.rand(2, 4, 16, 16, generator=generator) * 5 - 1
    mask = (torch.rand(2, 1, 16, 16, generator=generator) < share).float()
    mask[:, :, 3, 5] = 1
    curve = task_interaction_curve(mask, phases)
    for b in range(2):
        for p in range(4):
            expected = phases[b, p][mask[b, 0] > 0].mean()
            torch.testing.assert_close(curve[b, p], expected, atol=1e-5, rtol=1e-5)


def test_one_pixel_is_a_mask() -> None:
    phases = torch.rand(1, 4, 8, 8)
    mask = torch.zeros(1, 1, 8, 8)
    mask[0, 0, 2, 6] = 1
    torch.testing.assert_close(task_interaction_curve(mask, phases)[0], phases[0, :, 2, 6])


def test_a_soft_mask_weights_its_pixels() -> None:
    phases = torch.tensor([[1.0, 3.0]]).expand(1, 4, 1, 2)
    mask = torch.tensor([[[[1.0, 0.5]]]])
    torch.testing.assert_close(task_interaction_curve(mask, phases), torch.full((1, 4), 2.5 / 1.5))


def test_an_empty_mask_gives_zero_and_bounded_gradients() -> None:
    logits = torch.full((1, 1, 8, 8), -40.0, requires_grad=True)
    curve = task_interaction_curve(torch.sigmoid(logits), torch.rand(1, 4, 8, 8))
    curve.sum().backward()
    assert curve.abs().max() < 1e-6
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1


def test_the_gradient_pulls_towards_pixels_like_the_label(phases: Tensor) -> None:
    logits = torch.zeros(1, 1, 64, 64, requires_grad=True)
    task_interaction_curve(torch.sigmoid(logits), phases[:1])[0, 1].backward()
    assert logits.grad is not None
    bright = phases[:1, 1:2] > phases[0, 1].mean()
    assert (logits.grad[bright] > 0).all()
    assert (logits.grad[~bright] <= 0).all()


def test_it_stays_in_float32_under_autocast(phases: Tensor) -> None:
    mask = (torch.rand(3, 1, 64, 64) > 0.5).float()
    with torch.autocast("cpu", torch.bfloat16):
        inside = task_interaction_curve(mask, phases)
    torch.testing.assert_close(inside, task_interaction_curve(mask, phases), atol=0, rtol=0)


def test_a_mask_may_come_without_its_channel(phases: Tensor) -> None:
    mask = torch.rand(3, 1, 64, 64)
    with_channel = task_interaction_curve(mask, phases)
    assert torch.equal(task_interaction_curve(mask[:, 0], phases), with_channel)
