"""For all tests: one thread each, so that two side by side do not slow each other down; and what many use."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Also for the processes that tests start; libraries read it when they are first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What the user of this machine keeps is neither seen nor touched.
os.environ["MTINET_USER_FOLDER"] = tempfile.mkdtemp(prefix="mtinet-tests-user-")

import pytest
from support.slicer_scene import empty_scene

atexit.register(shutil.rmtree, os.environ["MTINET_USER_FOLDER"], True)


def pytest_configure(config: pytest.Config) -> None:
    """Files go to the processes in the order below, not those with the most tests first."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, so that no process still has one when the others have ended."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def worker() -> Iterator[Any]:
    """The client of a real worker; it starts no process before it is asked for something."""
    from MTINetLib.worker.client import WorkerClient

    client = WorkerClient()
    yield client
    client.close()


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small network with random weights."""
    from support.small_models import random_model

    folder = tmp_path_factory.mktemp("model")
    random_model(folder)
    return folder


@pytest.fixture(scope="module")
def study() -> Any:
    """A body, a liver and two round lesions."""
    from support.made_analysis import made_study

    return made_study()


@pytest.fixture(scope="module")
def analysis(study: Any) -> Any:
    """Its findings, made by hand."""
    from support.made_analysis import made_analysis

    return made_analysis(study)


@pytest.fixture
def scene() -> Any:
    """An empty scene; where a desktop is shown, its own takes this one's place."""
    return empty_scene()


@pytest.fixture
def slicer() -> Any:
    """The package with the MRML classes."""
    return pytest.importorskip("slicer")
