"""One training step."""

from __future__ import annotations

import pytest
import torch

from MTINetLib.training.budget import Budget
from MTINetLib.training.dataset import BatchMaker, SliceDataset, TrainingBatch
from MTINetLib.training.lightning_module import MTINetTraining, _as_predicted
from MTINetLib.training.sampling import validation_draws
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import SliceStore


@pytest.fixture
def batch(store: SliceStore) -> TrainingBatch:
    dataset = SliceDataset(store, "mask")
    return BatchMaker(None)([dataset[draw] for draw in validation_draws(store, 6, 0)])


def module(settings: TrainingSettings, *changes: str) -> MTINetTraining:
    torch.manual_seed(0)
    settings = change_settings(settings, changes)
    return MTINetTraining(settings, Budget(settings, 10)).train()


def test_the_adversarial_term_moves_the_heads_and_not_the_discriminator(
    tiny: TrainingSettings, batch: TrainingBatch
) -> None:
    training = module(tiny)
    terms = training._generator_terms(batch, training._answer(training.network, batch))
    terms["adversarial"].backward()
    assert training.network.reader is not None
    moved = [p.grad for p in training.network.reader.parameters() if p.grad is not None]
    assert any(grad.abs().max() > 0 for grad in moved)
    assert training.discriminator is not None
    assert all(p.grad is None for p in training.discriminator.parameters())
    assert all(p.requires_grad for p in training.discriminator.parameters())


def test_healthy_slices_train_the_segmentation_only(tiny: TrainingSettings, batch: TrainingBatch) -> None:
    healthy = TrainingBatch(*(part[~batch.bears_tumour] for part in batch))
    assert len(healthy.phases) == 3
    training = module(tiny)
    terms = training._generator_terms(healthy, training._answer(training.network, healthy))
    for name in ("regression", "classification", "tim", "adversarial"):
        assert terms[name].item() == 0, name
    assert terms["segmentation"].item() > 0


def test_tim_is_compared_with_all_tumour_of_the_slice(tiny: TrainingSettings, batch: TrainingBatch) -> None:
    training = module(tiny)
    answer = training._answer(training.network, batch)
    perfect = answer._replace(tim_curve=batch.tumour_curve)
    assert training._generator_terms(batch, perfect)["tim"].item() == pytest.approx(0)
    other = batch._replace(tumour_curve=batch.tumour_curve + 0.5)
    assert training._generator_terms(other, perfect)["tim"].item() == pytest.approx(0.5)


def test_validation_reads_the_lesion_under_the_predicted_mask() -> None:
    lesion = torch.zeros(2, 1, 32, 32)
    lesion[:, :, 8:16, 8:16] = 1
    probability = torch.zeros(2, 1, 32, 32)
    probability[0, :, 10:18, 10:18] = 0.9  # found, two pixels off
    probability[0, :, 26:, 26:] = 0.9  # something else far away
    focus = _as_predicted(probability, lesion)
    assert focus[0, 0, 10:18, 10:18].min() == 1
    assert focus[0].sum() == 64
    assert torch.equal(focus[1], lesion[1])  # missed: the truth


def test_biases_and_norms_are_not_decayed(tiny: TrainingSettings) -> None:
    training = module(tiny, "weight_decay=0.1")
    groups = training.configure_optimizers()[0].param_groups
    decays = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    assert decays.keys() == {id(p) for p in training.network.parameters()}
    for parameter in training.network.parameters():
        assert decays[id(parameter)] == (0.1 if parameter.ndim > 1 else 0.0)
    assert type(module(tiny, "weight_decay=0").configure_optimizers()[0]) is torch.optim.Adam
