"""Each row of the ablations changes what the network computes or learns, and is no other row."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from torch import Tensor

from MTINetLib.systems.mti_net import MODULE_ROWS, MTI_NET, TASK_ROWS
from MTINetLib.systems.system import System, Task
from MTINetLib.systems.train_system import settings_of
from MTINetLib.training.budget import Budget
from MTINetLib.training.dataset import TrainingBatch
from MTINetLib.training.lightning_module import MTINetTraining, SliceAnswer
from MTINetLib.training.settings import TrainingSettings

ROWS = (MTI_NET, *MODULE_ROWS, *TASK_ROWS)


def begun(row: System, common: TrainingSettings) -> MTINetTraining:
    """The row's network, with the whole network's first weights wherever both have the same."""
    torch.manual_seed(0)
    whole = MTINetTraining(common, Budget(common, 10))
    settings = settings_of(row, common)
    training = MTINetTraining(settings, Budget(settings, 10))
    for part in ("network", "discriminator"):
        theirs, ours = getattr(whole, part), getattr(training, part)
        if ours is not None:
            shape = {name: value.shape for name, value in ours.state_dict().items()}
            kept = {n: v for n, v in theirs.state_dict().items() if shape.get(n) == v.shape}
            ours.load_state_dict(kept, strict=False)
    return training.eval()


def learnt(row: System, common: TrainingSettings, batch: TrainingBatch) -> tuple[SliceAnswer, Tensor]:
    """What the row answers, and the gradient that its loss leaves at the decoder and the heads."""
    training = begun(row, common)
    answer = training._answer(training.network, batch)
    training._weighted(training._generator_terms(batch, answer)).backward()
    parameters = dict(training.network.named_parameters())
    names = [name for name in parameters if name.startswith(("decoder.", "reader."))]
    gradients = [parameters[name].grad for name in sorted(names)]
    return answer, torch.cat([grad.flatten() for grad in gradients if grad is not None])


def test_every_row_of_the_ablations_learns_something_else(
    common: TrainingSettings, batch: TrainingBatch
) -> None:
    gradients = {row.name: learnt(row, common, batch)[1] for row in ROWS}
    for one, two in combinations(gradients, 2):
        left, right = gradients[one], gradients[two]
        assert left.shape != right.shape or not torch.allclose(left, right, rtol=1e-3, atol=1e-7), (one, two)


@pytest.mark.parametrize("row", MODULE_ROWS[:3], ids=lambda row: row.name)
def test_without_a_domain_the_same_weights_see_another_mask(
    row: System, common: TrainingSettings, batch: TrainingBatch
) -> None:
    whole, _ = learnt(MTI_NET, common, batch)
    without, _ = learnt(row, common, batch)
    assert whole.mask_logits is not None
    assert without.mask_logits is not None
    assert not torch.allclose(whole.mask_logits, without.mask_logits, atol=1e-3)


def test_interaction_and_discriminator_act_in_training_alone(
    common: TrainingSettings, batch: TrainingBatch
) -> None:
    whole, _ = learnt(MTI_NET, common, batch)
    for row in MODULE_ROWS[3:]:
        without, _ = learnt(row, common, batch)
        assert whole.mask_logits is not None
        assert without.mask_logits is not None
        torch.testing.assert_close(whole.mask_logits, without.mask_logits)
    no_tim, no_tdd = (begun(row, common) for row in MODULE_ROWS[3:])
    terms = no_tim._generator_terms(batch, no_tim._answer(no_tim.network, batch))
    assert "tim" not in terms
    assert "adversarial" in terms
    terms = no_tdd._generator_terms(batch, no_tdd._answer(no_tdd.network, batch))
    assert "tim" in terms
    assert "adversarial" not in terms


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_answers_its_tasks(row: System, common: TrainingSettings, batch: TrainingBatch) -> None:
    training = begun(row, common)
    with torch.inference_mode():
        answer = training._answer(training.network, batch)
    assert (answer.curve is not None) == (Task.REGRESSION in row.tasks)
    assert (answer.class_logits is not None) == (Task.CLASSIFICATION in row.tasks)
    assert answer.mask_logits is not None
