"""Slices of six made-up patients, and settings of a run of seconds on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.small_dataset import SHORT, tiny_network
from support.small_store import small_store

from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.systems.system import System
from MTINetLib.systems.train_system import train_system
from MTINetLib.training import run_phases, train
from MTINetLib.training.dataset import BatchMaker, SliceDataset, TrainingBatch
from MTINetLib.training.folds import Split
from MTINetLib.training.sampling import validation_draws
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings, training_preset
from MTINetLib.training.slice_store import SliceStore
from MTINetLib.training.train import TrainingResult

#: Nobody is in both; patient_4 and patient_5 are left to be tested.
SPLIT = Split(("patient_0", "patient_1"), ("patient_2", "patient_3"))


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> SliceStore:
    return small_store(tmp_path_factory.mktemp("store"))


@pytest.fixture
def common() -> TrainingSettings:
    """The settings that all systems of a comparison share."""
    return training_preset("quick", [*SHORT, *tiny_network(), "network.lesion_focus=slice", "max_steps=2"])


@pytest.fixture
def batch(store: SliceStore) -> TrainingBatch:
    """Three slices with a tumour and three without."""
    dataset = SliceDataset(store, "slice")
    return BatchMaker(None)([dataset[draw] for draw in validation_draws(store, 6, 0)])


@pytest.fixture
def train_small(
    store: SliceStore, common: TrainingSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., TrainingResult]:
    """Trains a system on the slices; preparing has its own tests."""
    monkeypatch.setattr(train, "prepare_dataset", lambda *_, **__: store)
    monkeypatch.setattr(run_phases, "dataset_phases", lambda _: FOUR_PHASES)

    def run(system: System, *changes: str) -> TrainingResult:
        settings = change_settings(common, changes)
        return train_system(system, tmp_path, tmp_path / system.name, settings, SPLIT)

    return run
