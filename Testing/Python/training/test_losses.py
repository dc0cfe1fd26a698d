from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from MTINetLib.errors import InputError
from MTINetLib.training.losses import (
    LossWeights,
    adversarial_loss,
    class_vector,
    classification_loss,
    dice_loss,
    discriminator_loss,
    mean_over_bearing,
    regression_loss,
    segmentation_loss,
)

BEARING = torch.tensor([True, False, True])
NONE = torch.tensor([False, False, False])


def test_segmentation_is_equation_2() -> None:
    logits, mask = torch.randn(2, 1, 4, 4), (torch.rand(2, 1, 4, 4) > 0.5).float()
    p = torch.sigmoid(logits)
    expected = -(mask * p.log() + (1 - mask) * (1 - p).log()).mean()
    torch.testing.assert_close(segmentation_loss(logits, mask), expected)


def test_segmentation_is_finite_for_a_sure_mistake() -> None:
    assert segmentation_loss(torch.full((1, 1, 2, 2), 500.0), torch.zeros(1, 1, 2, 2)) == 500


def test_dice_is_zero_for_the_truth_and_near_one_for_its_opposite() -> None:
    mask = torch.zeros(1, 1, 32, 32)
    mask[:, :, 8:20, 8:20] = 1
    sure = (mask - 0.5) * 100
    assert dice_loss(sure, mask) < 1e-4
    assert dice_loss(-sure, mask) > 0.99


def test_dice_of_nothing_predicted_where_nothing_is_is_perfect() -> None:
    assert dice_loss(torch.full((1, 1, 8, 8), -50.0), torch.zeros(1, 1, 8, 8)) < 1e-5


def test_dice_punishes_false_pixels_on_a_healthy_slice() -> None:
    mask = torch.zeros(2, 1, 32, 32)
    mask[0, :, 8:20, 8:20] = 1
    right = (mask - 0.5) * 100
    wrong = right.clone()
    wrong[1, :, 8:20, 8:20] = 50
    assert dice_loss(wrong, mask) > dice_loss(right, mask) + 0.2


def test_regression_is_the_mean_absolute_error_of_tumor_bearing_samples() -> None:
    curve, truth = torch.rand(3, 4), torch.rand(3, 4)
    expected = ((curve - truth)[[0, 2]]).abs().mean()
    torch.testing.assert_close(regression_loss(curve, truth, BEARING), expected)


def test_classification_is_equation_4_over_tumor_bearing_samples() -> None:
    logits, truth = torch.randn(3, 2), torch.tensor([1, -1, 0])
    p = logits.softmax(1)
    expected = -(p[0, 1].log() + p[2, 0].log()) / 2
    torch.testing.assert_close(classification_loss(logits, truth, BEARING), expected)


def test_a_lesion_of_unknown_class_does_not_count() -> None:
    logits = torch.randn(3, 2)
    known = classification_loss(logits, torch.tensor([1, 0, -1]), BEARING)
    torch.testing.assert_close(known, -logits[0].log_softmax(0)[1])


def test_healthy_samples_do_not_count_even_when_their_labels_are_nan() -> None:
    curve = torch.rand(3, 4, requires_grad=True)
    truth = torch.rand(3, 4)
    truth[1] = math.nan
    loss = regression_loss(curve, truth, BEARING)
    loss.backward()
    assert curve.grad is not None
    assert loss.isfinite()
    assert curve.grad.isfinite().all()
    assert curve.grad[1].abs().max() == 0


@pytest.mark.parametrize("kind", ["regression", "classification", "discriminator", "adversarial"])
def test_without_a_tumor_a_term_is_zero_with_gradients_of_zero(kind: str) -> None:
    x = torch.randn(3, 4, requires_grad=True)
    terms = {
        "regression": lambda: regression_loss(x, torch.full((3, 4), math.nan), NONE),
        "classification": lambda: classification_loss(x[:, :2], torch.tensor([-1, -1, -1]), NONE),
        "discriminator": lambda: discriminator_loss(x[:, 0], x[:, 1], NONE),
        "adversarial": lambda: adversarial_loss(x[:, 0], NONE),
    }
    loss: Tensor = terms[kind]()
    loss.backward()
    assert loss == 0
    assert x.grad is not None
    assert torch.equal(x.grad, torch.zeros(3, 4))


def test_the_mean_is_over_the_marked_samples_only() -> None:
    assert mean_over_bearing(torch.tensor([1.0, math.nan, 3.0]), BEARING) == 2


def test_the_discriminator_is_pulled_to_real_and_away_from_fake() -> None:
    real, fake = torch.randn(3), torch.randn(3)
    p_real, p_fake = torch.sigmoid(real), torch.sigmoid(fake)
    expected = -0.5 * (p_real.log() + (1 - p_fake).log())[[0, 2]].mean()
    torch.testing.assert_close(discriminator_loss(real, fake, BEARING), expected)


def test_the_generator_wants_to_be_taken_for_real() -> None:
    fake = torch.randn(3, requires_grad=True)
    loss = adversarial_loss(fake, BEARING)
    loss.backward()
    torch.testing.assert_close(loss, -torch.sigmoid(fake)[[0, 2]].log().mean())
    assert fake.grad is not None
    assert (fake.grad[[0, 2]] < 0).all()


def test_class_vectors_are_softened_and_unknown_is_even() -> None:
    expected = torch.tensor([[0.95, 0.05], [0.05, 0.95], [0.5, 0.5]])
    torch.testing.assert_close(class_vector(torch.tensor([0, 1, -1]), 2), expected)
    of_three = class_vector(torch.tensor([2, -1]), 3)
    torch.testing.assert_close(of_three, torch.tensor([[0.1 / 3, 0.1 / 3, 0.9 + 0.1 / 3], [1 / 3] * 3]))


@pytest.mark.parametrize("value", [-1.0, math.inf, math.nan])
def test_a_weight_that_makes_no_loss_is_refused_by_name(value: float) -> None:
    with pytest.raises(InputError, match="dice"):
        LossWeights(dice=value)


def test_the_papers_loss_has_no_dice() -> None:
    assert LossWeights.paper().dice == 0
    assert LossWeights.paper().adversarial == 1
