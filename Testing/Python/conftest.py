"""For all tests: one thread each, so that two of them side by side do not slow each other down."""

from __future__ import annotations

import os

# Also for the processes that tests start; libraries read it when they are first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
