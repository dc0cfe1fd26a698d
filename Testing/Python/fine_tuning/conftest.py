"""Seven made-up patients, a tiny model that learnt from them, and a recipe of a few steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from support.small_dataset import SHORT, write_small_dataset
from support.small_models import random_model

from MTINetLib.fine_tuning.fine_tune import Order
from MTINetLib.training.settings import TrainingSettings, training_preset

CLASSES = ("hcc", "hemangioma", "hcc", "hemangioma", "hcc", "hemangioma", "none")
#: Changes of the recipe that make a run of seconds.
QUICK = (
    *(change for change in SHORT if not change.startswith("validation_share")),
    "max_steps=4",
    "batch_size=2",
    "precision=fp32",
    "workers=0",
    "preparation_processes=1",
    "validation_slices=16",
    "folds=3",
    "accelerator=cpu",
)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _small_studies_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What mean and networks are compared on, in place of phantom studies that take seconds each."""
    folder = write_small_dataset(tmp_path_factory.mktemp("apart"), ("hcc", "hemangioma"), first=80)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("MTINetLib.fine_tuning.fine_tune.studies_apart", lambda *_: folder)
        yield


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_dataset(tmp_path_factory.mktemp("own"), CLASSES)


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Studies to mix in: of the same names, but other patients."""
    return write_small_dataset(
        tmp_path_factory.mktemp("other"), ("hcc", "hemangioma"), dim_spots=True, first=50
    )


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    thresholds = {"mask": 0.55, "peak": 0.6}
    folder = tmp_path_factory.mktemp("model") / "old"
    return random_model(
        folder, thresholds=thresholds, calibration={"temperature": 1.7}, name="old"
    ).info.folder


@pytest.fixture(scope="session")
def recipe() -> TrainingSettings:
    return training_preset("finetune", QUICK)


@pytest.fixture
def order(dataset: Path, other: Path, model: Path, recipe: TrainingSettings, tmp_path: Path) -> Order:
    return Order(dataset, tmp_path / "run", recipe, model, mix=other)
