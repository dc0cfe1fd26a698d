"""Training settings: presets, changes as text, and the way through JSON."""

from __future__ import annotations

import json

import pytest

from MTINetLib.errors import InputError
from MTINetLib.training.settings import PRESETS, settings_from_dict, training_preset


def test_the_paper_preset_is_the_papers_configuration() -> None:
    paper = training_preset("paper")
    assert (paper.learning_rate, paper.batch_size, paper.epochs, paper.folds) == (1e-4, 1, 100, 5)
    assert paper.weight_decay == 0  # plain Adam
    assert paper.precision == "fp32"
    assert paper.loss.dice == 0
    assert paper.ema_decay == 0
    assert paper.augmentation.strength == 0
    assert paper.network.lesion_focus == "slice"


@pytest.mark.parametrize("name", PRESETS)
def test_settings_come_back_from_json_unchanged(name: str) -> None:
    settings = training_preset(name, ["network.widths=8,8,16,16", "loss.dice=0.25"])
    assert settings_from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_nested_settings_are_changed_by_dotted_names() -> None:
    settings = training_preset("demo", ["network.widths=4,8,8,16", "loss.dice=2", "augmentation.noise=0.1"])
    assert settings.network.widths == (4, 8, 8, 16)
    assert settings.loss.dice == 2.0
    assert settings.augmentation.noise == 0.1


def test_one_end_can_be_exchanged_for_another_in_any_order() -> None:
    settings = training_preset("demo", ["max_minutes=none", "max_steps=50"])
    assert settings.max_minutes is None
    assert settings.max_steps == 50


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("batch_size", "key=value"),
        ("batch_size=two", "whole number"),
        ("batch_size=0", "at least 1"),
        ("learning_rate=fast", "number"),
        ("channels_last=perhaps", "true or false"),
        ("precision=fp8", "fp32, bf16"),
        ("speed=1", "no setting 'speed'"),
        ("network.depth=1", "no setting 'network.depth'"),
        ("network=big", "group of settings"),
        ("batch_size.more=1", "no parts"),
        ("network.widths=1,2", "4 values"),
        ("network.mdief=half", "mdief"),
        ("loss.dice=-1", "dice"),
        ("max_steps=none", "needs an end"),
        ("validation_share=1", "validation_share"),
        ("ema_decay=1", "ema_decay"),
        ("folds=1", "folds"),
    ],
)
def test_a_change_that_does_not_fit_is_named(change: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        training_preset("demo", [change])


def test_an_unknown_preset_lists_those_that_are_known() -> None:
    with pytest.raises(InputError, match="demo, gpu, paper, quick"):
        training_preset("best")


def test_settings_of_another_version_are_refused() -> None:
    data = training_preset("quick").to_dict() | {"warp": 9}
    with pytest.raises(InputError, match="warp"):
        settings_from_dict(data)
