from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.waiting import LONGEST_WAIT_S

from MTINetLib.worker.client import WorkerClient

FAULTY = [sys.executable, str(Path(__file__).resolve().parents[2] / "support" / "faulty_worker.py")]


@pytest.fixture
def faulty() -> Iterator[WorkerClient]:
    """A client of a worker with faulty jobs besides its own."""
    client = WorkerClient(FAULTY)
    yield client
    client.close()


@pytest.fixture(scope="module")
def patient() -> Iterator[WorkerClient]:
    """One client for all tests of a module that lets every job end by itself, and never kills its worker."""
    client = WorkerClient(FAULTY, cancel_grace_s=LONGEST_WAIT_S)
    yield client
    client.close()


@pytest.fixture(scope="module")
def client(worker: WorkerClient) -> WorkerClient:
    """One client for all tests of a module, with the true worker."""
    return worker


@pytest.fixture(scope="module")
def faulty_shared() -> Iterator[WorkerClient]:
    """One client for all tests of a module, of a worker with faulty jobs besides its own."""
    client = WorkerClient(FAULTY)
    yield client
    client.close()
