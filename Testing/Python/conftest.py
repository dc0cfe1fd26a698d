"""For all tests: one thread each, so that two of them side by side do not slow each other down."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

# Also for the processes that tests start; libraries read it when they are first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What the user of this machine keeps is neither seen nor touched.
os.environ["MTINET_USER_FOLDER"] = tempfile.mkdtemp(prefix="mtinet-tests-user-")

import pytest

atexit.register(shutil.rmtree, os.environ["MTINET_USER_FOLDER"], True)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
