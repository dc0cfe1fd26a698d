"""A dataset of six made-up patients with bright balls, as slices and as files, small enough for one core."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from support.small_dataset import SHORT, tiny_network, write_small_dataset
from support.small_store import small_store

from MTINetLib.dataset.folder import CASES_FILE, dataset_phases
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.training import run_phases
from MTINetLib.training.settings import TrainingSettings, training_preset
from MTINetLib.training.slice_store import SliceStore


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="module")
def _phases_without_a_table() -> Iterator[None]:
    """Runs whose slices are given read no dataset: they have the four phases of those slices."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            run_phases,
            "dataset_phases",
            lambda folder: dataset_phases(folder) if (folder / CASES_FILE).is_file() else FOUR_PHASES,
        )
        yield


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> SliceStore:
    """Six cases of six patients, one slice store."""
    return small_store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same six cases as a dataset folder of small NIfTI files."""
    return write_small_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(scope="session")
def tiny() -> TrainingSettings:
    """The quick preset with a network of a few thousand weights on 64-pixel slices."""
    return training_preset("quick", [*SHORT, *tiny_network()])
