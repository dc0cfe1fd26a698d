from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings, mtinet, paper
from MTINetLib.network.tdd import TaskDrivenDiscriminator
from MTINetLib.network.tim import task_interaction_curve

from .conftest import SMALL

ROWS = {
    "full": {},
    "no MdIEF": {"mdief": "none"},
    "no spectral": {"mdief": "spatial_only"},
    "no spatial": {"mdief": "spectral_only"},
    "no TIM": {"tim": False},
    "no TDD": {"tdd": False},
    "seg": {"tasks": "seg"},
    "seg+reg": {"tasks": "seg+reg"},
    "seg+cls": {"tasks": "seg+cls"},
    "whole-slice tokens": {"lesion_focus": "slice"},
    "no evidence": {"focus_evidence": False},
    "own encoders": {"shared_encoder": False},
    "plain decoder": {"refine_decoder": False, "image_skip": False, "context_blocks": 0},
}


def answers(output: tuple[Tensor | None, ...]) -> list[Tensor]:
    return [tensor for tensor in output if tensor is not None]


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("preset", [mtinet, paper])
def test_gradients_reach_every_parameter_under_each_switch(
    preset: type, row: str, phases: Tensor, focus: Tensor
) -> None:
    settings = preset(**{**SMALL, "context_blocks": 1 if preset is mtinet else 0, **ROWS[row]})
    network = MTINet(settings).train()
    loss = sum(((tensor.float() - 0.3) ** 2).mean() for tensor in answers(network(phases, focus)))
    loss.backward()
    untouched = [n for n, p in network.named_parameters() if p.grad is None or p.grad.abs().max() == 0]
    assert untouched == []
    assert all(p.grad.isfinite().all() for p in network.parameters())


def test_gradients_reach_every_parameter_of_the_discriminator(settings: NetworkSettings) -> None:
    discriminator = TaskDrivenDiscriminator(settings)
    discriminator(torch.rand(3, 4), torch.rand(3, 2)).pow(2).sum().backward()
    assert all(p.grad.abs().max() > 0 for p in discriminator.parameters())


def test_answers_have_the_promised_shapes_and_kinds(
    settings: NetworkSettings, phases: Tensor, focus: Tensor
) -> None:
    output = MTINet(settings).eval()(phases, focus)
    assert output.mask_logits.shape == (3, 1, 64, 64)
    assert (output.curve.shape, output.curve.dtype) == ((3, 4), torch.float32)
    assert (output.class_logits.shape, output.class_logits.dtype) == ((3, 2), torch.float32)
    assert output.tim_curve.shape == (3, 4)


@pytest.mark.parametrize(
    ("row", "silent"),
    [
        ("seg", {"curve", "class_logits"}),
        ("seg+reg", {"class_logits"}),
        ("seg+cls", {"curve"}),
        ("no TIM", {"tim_curve"}),
        ("full", set()),
    ],
)
def test_a_task_switched_off_answers_nothing(row: str, silent: set[str], phases: Tensor) -> None:
    output = MTINet(mtinet(**{**SMALL, **ROWS[row]})).eval()(phases)
    assert {name for name, value in output._asdict().items() if value is None} == silent | {"anatomy_logits"}


@pytest.mark.parametrize("preset", [mtinet, paper])
def test_the_order_of_the_phases_changes_every_answer(preset: type, phases: Tensor, focus: Tensor) -> None:
    network = MTINet(preset(**{**SMALL, "dropout": 0.0})).eval()
    with torch.inference_mode():
        plain, swapped = network(phases, focus), network(phases[:, [0, 3, 2, 1]], focus)
    for a, b in zip(answers(plain), answers(swapped), strict=True):
        assert (a - b).abs().max() > 1e-3


@pytest.mark.parametrize("shared", [True, False])
def test_a_slice_gets_the_same_answer_in_any_batch(shared: bool, phases: Tensor, focus: Tensor) -> None:
    network = MTINet(mtinet(**{**SMALL, "shared_encoder": shared})).eval()
    with torch.inference_mode():
        together, alone = network(phases, focus), network(phases[1:2], focus[1:2])
    for a, b in zip(answers(together), answers(alone), strict=True):
        torch.testing.assert_close(a[1:2], b, atol=1e-4, rtol=1e-4)


def two_lesions() -> tuple[Tensor, Tensor, Tensor]:
    phases = torch.full((1, 4, 64, 64), 0.5) + 0.02 * torch.randn(1, 4, 64, 64)
    first, second = torch.zeros(1, 1, 64, 64), torch.zeros(1, 1, 64, 64)
    first[:, :, 10:20, 10:20] = 1
    second[:, :, 40:50, 40:50] = 1
    gains = torch.tensor([0.1, 1.0, 0.5, 0.2]).view(1, 4, 1, 1)
    return phases + first * gains + second * gains.flip(1), first, second


@pytest.mark.parametrize("evidence", [True, False])
def test_two_lesions_of_one_slice_get_an_answer_each(evidence: bool) -> None:
    phases, first, second = two_lesions()
    network = MTINet(mtinet(**{**SMALL, "focus_evidence": evidence})).eval()
    with torch.inference_mode():
        features = network.encode(phases)
        a = network.read(features, phases, first)
        b = network.read(features, phases, second)
    for one, other in zip(answers(a), answers(b), strict=True):
        assert (one - other).abs().max() > 1e-3


def test_what_lies_far_from_the_focus_hardly_changes_the_reading() -> None:
    phases, first, second = two_lesions()
    network = MTINet(mtinet(**SMALL)).eval()
    changed = phases + second
    with torch.inference_mode():
        before = network.read(network.encode(phases), phases, first)[0]
        after = network.read(network.encode(changed), changed, first)[0]
        moved = phases + first
        inside = network.read(network.encode(moved), moved, first)[0]
    assert (after - before).abs().max() < 0.2 * (inside - before).abs().max()


def test_the_papers_tokens_do_not_look_at_the_focus(phases: Tensor, focus: Tensor) -> None:
    network = MTINet(paper(**{**SMALL, "context_blocks": 0})).eval()
    with torch.inference_mode():
        with_focus, without = network(phases, focus), network(phases)
    assert torch.equal(with_focus.curve, without.curve)


def test_without_a_focus_the_networks_own_mask_is_taken_and_left_alone(
    settings: NetworkSettings, phases: Tensor
) -> None:
    network = MTINet(settings).eval()
    output = network(phases)
    own = network.read(network.encode(phases), phases, torch.sigmoid(output.mask_logits))[0]
    torch.testing.assert_close(output.curve, own)
    (output.curve.sum() + output.class_logits.sum()).backward()
    assert all(p.grad is None or p.grad.abs().max() == 0 for p in network.decoder.parameters())


def test_tims_curve_is_that_of_the_predicted_mask(settings: NetworkSettings, phases: Tensor) -> None:
    output = MTINet(settings).eval()(phases)
    expected = task_interaction_curve(torch.sigmoid(output.mask_logits), phases)
    torch.testing.assert_close(output.tim_curve, expected)


@pytest.mark.parametrize("empty", [0.0, 1e-12])
def test_an_empty_focus_gives_a_finite_answer(
    settings: NetworkSettings, phases: Tensor, empty: float
) -> None:
    output = MTINet(settings).eval()(phases, torch.full((3, 1, 64, 64), empty))
    assert all(tensor.isfinite().all() for tensor in answers(output))


def test_the_three_steps_are_the_whole(settings: NetworkSettings, phases: Tensor, focus: Tensor) -> None:
    network = MTINet(settings).eval()
    with torch.inference_mode():
        whole = network(phases, focus)
        features = network.encode(phases, network.highpass(phases))
        torch.testing.assert_close(network.segment(features, phases).mask_logits, whole.mask_logits)
        curve, class_logits = network.read(features, phases, focus)
    torch.testing.assert_close(curve, whole.curve)
    torch.testing.assert_close(class_logits, whole.class_logits)


def test_an_untrained_network_says_background(settings: NetworkSettings, phases: Tensor) -> None:
    probability = torch.sigmoid(MTINet(settings).eval()(phases).mask_logits)
    assert 0.25 * settings.foreground_prior < probability.mean() < 4 * settings.foreground_prior


def test_weights_come_back_from_safetensors(
    settings: NetworkSettings, phases: Tensor, tmp_path: Path
) -> None:
    network = MTINet(settings).eval()
    save_file(network.state_dict(), tmp_path / "model.safetensors")
    again = MTINet(NetworkSettings.from_dict(settings.to_dict())).eval()
    again.load_state_dict(load_file(tmp_path / "model.safetensors"))
    with torch.inference_mode():
        assert all(torch.equal(a, b) for a, b in zip(network(phases)[:4], again(phases)[:4], strict=True))


@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (1, 4, 32, 64), (4, 64, 64), (1, 4, 64, 64, 1)])
def test_images_of_another_shape_are_refused_with_both_shapes(
    settings: NetworkSettings, shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"phases have shape .*wants \[B, 4, 64, 64\]"):
        MTINet(settings)(torch.rand(shape))


def test_a_focus_of_another_shape_is_refused(settings: NetworkSettings, phases: Tensor) -> None:
    with pytest.raises(ValueError, match="focus have shape"):
        MTINet(settings)(phases, torch.rand(3, 64, 64))


def test_bfloat16_autocast_stays_near_float32(
    settings: NetworkSettings, phases: Tensor, focus: Tensor
) -> None:
    network = MTINet(settings).eval()
    with torch.inference_mode():
        exact = network(phases, focus)
        with torch.autocast("cpu", torch.bfloat16):
            rough = network(phases, focus)
    for a, b in zip(answers(exact), answers(rough), strict=True):
        assert (a - b.float()).abs().max() < 0.03 * (1 + a.abs().max())


@pytest.mark.parametrize("preset", [mtinet, paper])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_network_of_other_phases_takes_as_many_images_and_answers_as_many_intensities(
    preset: type, count: int, focus: Tensor
) -> None:
    settings = preset(**{**SMALL, "phase_count": count})
    network, side = MTINet(settings).eval(), settings.image_size
    phases = torch.rand(len(focus), count, side, side)
    output = network(phases, focus)
    assert settings.token_count == count * settings.widths[3]
    assert output.mask_logits.shape == (len(focus), 1, side, side)
    assert output.curve.shape == output.tim_curve.shape == (len(focus), count)
    real = TaskDrivenDiscriminator(settings)(output.curve, output.class_logits.softmax(1))
    assert real.shape == (len(focus),)
    with pytest.raises(ValueError, match="phases have shape"):
        network(torch.rand(len(focus), count + 1, side, side))
