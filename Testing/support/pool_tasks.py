"""What processes of a pool are asked to do in tests."""

from __future__ import annotations

import os
import signal
import time
from typing import Any


def threads(_: object) -> dict[str, Any]:
    """How many threads the libraries of this process would use, and how many it has."""
    import numpy as np
    import psutil
    import SimpleITK

    matrix = np.ones((600, 600), np.float32)
    _ = matrix @ matrix
    SimpleITK.Median(SimpleITK.GetImageFromArray(np.ones((32, 64, 64), np.float32)), (2, 2, 2))
    from MTINetLib.process_pool import threads_here

    return {
        "sitk": SimpleITK.ProcessObject.GetGlobalDefaultNumberOfThreads(),
        "alignment": threads_here(3),
        "alive": psutil.Process().num_threads(),
        "variable": os.environ["OMP_NUM_THREADS"],
        "pid": os.getpid(),
    }


def fate(what: str) -> str:
    """Ends as it is told."""
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "crashed":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "exited":
        os._exit(7)
    if what == "refused":
        raise ValueError("told by a test")
    if what == "slow":
        time.sleep(60)
    return what
