"""Systems trained and asked, from the common settings to answers about slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from MTINetLib.errors import InputError, MissingResourceError, ModelError
from MTINetLib.models import architectures
from MTINetLib.models.architectures import Architecture
from MTINetLib.models.store import load_model
from MTINetLib.systems import unet
from MTINetLib.systems.known import all_systems, system_of
from MTINetLib.systems.plain_reading import MODEL_FILE, PLAIN_READING, enhancement, fit, true_curves
from MTINetLib.systems.readers import ReaderSettings, reading_systems
from MTINetLib.systems.slice_answers import answer_slices
from MTINetLib.systems.system import System, check_packages
from MTINetLib.systems.train_system import settings_of
from MTINetLib.systems.whole_network import ReadingNetwork
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


def _tiny_reader(settings: ReaderSettings) -> ReadingNetwork:
    layers = (nn.Conv2d(settings.phase_count, 8, 5, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return ReadingNetwork(settings, nn.Sequential(*layers, nn.Linear(8, settings.answers)))


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> tuple[System, System]:
    """For regression and for classification, of a few weights."""
    monkeypatch.setattr(architectures, "_KNOWN", dict(architectures._KNOWN))
    architectures.register_architecture(Architecture("tiny", ReaderSettings.from_dict, _tiny_reader))
    return reading_systems("tiny", "Tiny", "here", "", "tiny", ("optimiser=nesterov",), 8, packages=())


def test_a_classifier_sees_the_whole_slice_and_says_only_a_class(
    readers: tuple[System, System], train_small: Callable[..., TrainingResult], store: SliceStore
) -> None:
    result = train_small(readers[1], "sampling=uniform", "steps_per_epoch=0", "max_steps=1")
    answers = answer_slices(result.model, store, store.entries[2:5], device="cpu")
    assert (answers.mask, answers.curve) == (None, None)
    assert answers.class_probability is not None
    np.testing.assert_allclose(answers.class_probability.sum(1), 1, atol=1e-5)
    with pytest.raises(InputError, match="tiny-cls reads whole slices and outlines no lesions"):
        load_model(result.model).on("cpu")


def test_a_network_of_curves_is_kept_where_its_error_was_least(
    readers: tuple[System, System], train_small: Callable[..., TrainingResult], store: SliceStore
) -> None:
    result = train_small(readers[0])
    assert result.scores["score"] == pytest.approx(1 / (1 + result.scores["mae"]))
    answers = answer_slices(result.model, store, store.entries[2:5], device="cpu")
    assert answers.curve is not None
    assert answers.curve.shape == (3, 4)
    assert (answers.mask, answers.class_probability) == (None, None)


def test_the_true_curve_is_read_without_a_network(
    train_small: Callable[..., TrainingResult], store: SliceStore
) -> None:
    result = train_small(PLAIN_READING)
    tested = store.of_patients({"patient_2", "patient_3", "patient_5"})  # HCC, hemangioma, no lesion
    answers = answer_slices(result.model, tested, tested.entries, device="cpu")
    assert answers.classes == ("hcc", "hemangioma")
    assert answers.class_probability is not None
    bearing = [bool(entry.lesions) for entry in tested.entries]
    assert np.isnan(answers.class_probability).any(1).tolist() == [not there for there in bearing]
    told = answers.class_probability[bearing].argmax(1)
    assert told.tolist() == [entry.lesions[0].class_index for entry in tested.entries if entry.lesions]
    (result.model / MODEL_FILE).write_text("{}")
    with pytest.raises(ModelError, match="cannot be read; train it again"):
        answer_slices(result.model, tested, tested.entries)


def test_two_classes_are_told_apart_as_scikit_learn_does(store: SliceStore) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    reading = fit(store)
    entries = [entry for entry in store.entries if entry.lesions]
    curves, index = true_curves(store, entries)
    features = (enhancement(curves) - reading.mean) / reading.deviation
    fitted = linear_model.LogisticRegression(class_weight="balanced", max_iter=1000).fit(features, index)
    np.testing.assert_allclose(reading.probabilities(curves), fitted.predict_proba(features), atol=1e-9)
