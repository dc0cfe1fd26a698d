"""For the tests of the session: an empty scene, one worker for a file, a small model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.slicer_scene import empty_scene


@pytest.fixture(scope="module")
def worker() -> Iterator[Any]:
    """The client of a real worker process."""
    from MTINetLib.worker.client import WorkerClient

    client = WorkerClient()
    yield client
    client.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small network with random weights."""
    from support.small_models import random_model

    folder = tmp_path_factory.mktemp("model")
    random_model(folder)
    return folder


@pytest.fixture
def slicer() -> Any:
    """Slicer over an empty scene."""
    return empty_scene()
