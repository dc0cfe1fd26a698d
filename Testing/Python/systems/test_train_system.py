"""Systems trained and asked, from the common settings to answers about slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.systems import unet
from MTINetLib.systems.known import all_systems, system_of
from MTINetLib.systems.slice_answers import answer_slices
from MTINetLib.systems.system import check_packages
from MTINetLib.systems.train_system import settings_of
from MTINetLib.training.settings import TrainingSettings, settings_from_dict
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.training.train import TrainingResult


def test_a_wrong_name_is_told_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match=r"no system 'u-net'; choose among unet, .*mtinet"):
        system_of("u-net")


def test_a_missing_package_is_named_with_what_brings_it() -> None:
    lacking = replace(unet.UNET, packages=("surely_not_there",))
    with pytest.raises(MissingResourceError, match=r"UNet needs the package surely_not_there.*\[compare\]"):
        check_packages(lacking)


def test_names_are_given_once() -> None:
    names = [system.name for system in all_systems()]
    assert len(set(names)) == len(names)


def test_common_settings_stay_but_for_what_is_the_systems_own(common: TrainingSettings) -> None:
    own = settings_of(system_of("unet"), common)
    assert settings_from_dict(own.to_dict()) == own
    assert (own.optimiser, own.momentum, own.loss.dice) == ("sgd", 0.99, 0)
    shared = settings_of(system_of("unet"), common, own_recipe=False)
    assert (shared.optimiser, shared.learning_rate) == ("adam", common.learning_rate)
    assert shared.loss == own.loss
    kept = ("seed", "max_steps", "batch_size", "augmentation", "sampling")
    assert all(getattr(own, name) == getattr(common, name) for name in kept)
    assert own.network.image_size == common.network.image_size


def test_a_published_rate_follows_the_batch(common: TrainingSettings) -> None:
    system = replace(system_of("unet"), recipe=("learning_rate=0.1",), published_batch=256)
    assert settings_of(system, replace(common, batch_size=8)).learning_rate == pytest.approx(0.1 / 32)


def test_unet_is_trained_and_asked(train_small: Callable[..., TrainingResult], store: SliceStore) -> None:
    small = replace(unet.UNET, changes=(*unet.UNET.changes, "network.widths=2,3,4,5,6"))
    result = train_small(small)
    tested = store.of_patients({"patient_4", "patient_5"})
    answers = answer_slices(result.model, tested, tested.entries, device="cpu")
    assert answers.mask is not None
    assert answers.mask.shape == (12, 64, 64)
    assert answers.curve is None
    assert answers.class_probability is None
    assert ((answers.mask > 0) & (answers.mask < 1)).all()
    # Each slice by itself, in whatever order it is asked about.
    again = answer_slices(result.model, tested, tested.entries[::-1], device="cpu")
    np.testing.assert_allclose(again.mask[::-1], answers.mask, atol=1e-3)


def test_mti_net_reads_a_slice_under_its_own_mask(
    train_small: Callable[..., TrainingResult], store: SliceStore
) -> None:
    result = train_small(system_of("mtinet"))
    answers = answer_slices(result.model, store, store.entries[:3], device="cpu")
    assert answers.mask is not None
    assert answers.curve is not None
    assert answers.curve.shape == (3, 4)
    assert answers.class_probability is not None
    assert answers.classes == ("hcc", "hemangioma")
    np.testing.assert_allclose(answers.class_probability.sum(1), 1, atol=1e-5)
