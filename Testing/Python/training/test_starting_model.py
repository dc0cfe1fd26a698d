"""A run that starts from a model: its weights, its network, its phases and its classes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save as save_tensors

from MTINetLib.errors import InputError, ModelError
from MTINetLib.models.files import write_model_files
from MTINetLib.models.folder import read_model_folder
from MTINetLib.training import train as module
from MTINetLib.training.settings import TrainingSettings, settings_from_dict
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.training.starting_model import read_starting_model
from MTINetLib.training.train import train


@pytest.fixture(autouse=True, scope="module")
def _prepared(store: SliceStore) -> Iterator[None]:
    """Preparing has its own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "prepare_dataset", lambda *_, **__: store)
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny: TrainingSettings) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    return train(folder, folder / "first", tiny).model


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(trained, tmp_path / "model"))


def still(settings: TrainingSettings) -> TrainingSettings:
    """A recipe that changes no weight, so that what a run began with can be read off its end."""
    return replace(settings, learning_rate=0.0, discriminator_learning_rate=0.0, weight_decay=0.0)


def test_a_run_begins_with_the_weights_of_the_model(
    tmp_path: Path, tiny: TrainingSettings, model: Path
) -> None:
    second = train(tmp_path, tmp_path / "second", still(tiny), start_from=model)
    began, _ = read_model_folder(model)
    ended, info = read_model_folder(second.model)
    trained = [name for name, value in began.items() if "running" not in name and value.is_floating_point()]
    assert trained
    assert all(torch.allclose(began[name], ended[name], atol=1e-6) for name in trained)
    assert info.more["training"]["started_from"] == read_model_folder(model)[1].sha256


def test_without_a_model_the_same_recipe_begins_elsewhere(
    tmp_path: Path, tiny: TrainingSettings, model: Path
) -> None:
    other = train(tmp_path, tmp_path / "other", replace(still(tiny), seed=tiny.seed + 1))
    began, ended = read_model_folder(model)[0], read_model_folder(other.model)[0]
    assert any(
        not torch.allclose(began[name], ended[name], atol=1e-3)
        for name, value in began.items()
        if value.is_floating_point()
    )


def test_network_phases_and_classes_are_those_of_the_model(tiny: TrainingSettings, model: Path) -> None:
    starting = read_starting_model(model)
    settings = starting.settings_of(TrainingSettings(max_steps=5, learning_rate=1e-5))
    assert settings.network == starting.network
    assert settings.classes == starting.info.classes
    assert settings.phases == tuple(phase.value for phase in starting.info.phases)
    assert settings.learning_rate == 1e-5


def test_other_phases_than_those_of_the_model_are_refused(tiny: TrainingSettings, model: Path) -> None:
    starting = read_starting_model(model)
    with pytest.raises(InputError, match="knows the phases pre, arterial, portal_venous, delayed"):
        starting.settings_of(replace(tiny, phases=("arterial", "delayed")))
    with pytest.raises(InputError, match="knows the classes"):
        starting.settings_of(replace(tiny, classes=("cyst", "hcc")))


def test_a_resumed_run_needs_the_model_no_more(tmp_path: Path, tiny: TrainingSettings, model: Path) -> None:
    run = tmp_path / "second"
    train(tmp_path, run, replace(tiny, max_steps=4), start_from=model)
    kept = settings_from_dict(json.loads((run / "config.json").read_text()))
    result = train(tmp_path, run, replace(kept, max_steps=8), resume=True)
    assert result.steps == 8


def test_a_run_without_a_checkpoint_asks_for_its_model_again(
    tmp_path: Path, tiny: TrainingSettings, model: Path
) -> None:
    begun = read_starting_model(model).settings_of(tiny)
    with pytest.raises(InputError, match="name the model that it starts from"):
        train(tmp_path, tmp_path / "second", begun)


def test_weights_that_do_not_fit_their_network_are_refused(tmp_path: Path, model: Path) -> None:
    weights, _ = read_model_folder(model)
    config = json.loads((model / "config.json").read_text())
    del weights[next(name for name in weights if name.endswith("weight"))]
    write_model_files(tmp_path / "cut", save_tensors(weights), config)
    with pytest.raises(InputError, match="not those of its network"):
        read_starting_model(tmp_path / "cut")


def test_a_damaged_model_is_refused(model: Path) -> None:
    (model / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError):
        read_starting_model(model)
