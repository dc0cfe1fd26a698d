"""Reads damaged files one by one: ``python -m benchmarks.fuzz_target FOLDER``.

In a process of its own, so that a crash is seen. For each request (a file ``go-N`` with the mutant's name)
it reads the folder ``study`` and writes one JSON line; it ends when asked for nothing.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from MTINetLib.errors import MTINetError
from MTINetLib.reading.dicom.read import open_dicom_folder
from MTINetLib.reading.volumes.read import read_volume

LOOK_S = 0.001
_IDLE_S = 120.0


def serve(folder: Path) -> None:
    """Answer requests in order until the file ``stop`` is there or nobody asks."""
    number = 0
    asked = time.monotonic()
    while not (folder / "stop").exists() and time.monotonic() - asked < _IDLE_S:
        request = folder / f"go-{number}"
        if not request.exists():
            time.sleep(LOOK_S)
            continue
        name = request.read_text(encoding="utf-8")
        start = time.perf_counter()
        answer = read_mutant(folder / "study", name)
        answer |= {"seconds": time.perf_counter() - start, "peak_mb": _peak_mb()}
        beside = folder / "answer.part"
        beside.write_text(json.dumps(answer), encoding="utf-8")
        request.unlink()
        beside.replace(folder / f"answer-{number}")
        number += 1
        asked = time.monotonic()


def read_mutant(study: Path, name: str) -> dict[str, Any]:
    """What became of the mutant: ``outcome`` is read, reason or refused, or untyped with the place.

    ``others`` tells whether the whole series beside it was read as it is.
    """
    try:
        if not name.endswith(".dcm"):
            read_volume(study / name).array.sum()
            return {"outcome": "read"}
        return _read_folder(study)
    except MTINetError as error:
        # A mutant may look like another patient's; for any other reason the series beside it has to be read.
        fair = not name.endswith(".dcm") or "one study of one patient" in str(error)
        return {"outcome": "refused", "text": str(error)[:300], "others": fair}
    # Exactly what this benchmark looks for.
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        return {"outcome": "untyped", "text": f"{type(error).__name__} at {place}: {error}"[:300]}


def _read_folder(study: Path) -> dict[str, Any]:
    found = open_dicom_folder(study)
    reasons = [problem.reason for problem in found.problems]
    expected = np.load(study.parent / "whole.npy")
    others = False
    for volume in found.volumes:
        try:
            others |= bool(np.array_equal(volume.array, expected))
        except MTINetError as error:
            reasons.append(str(error))
    return {"outcome": "reason" if reasons else "read", "text": "; ".join(reasons)[:300], "others": others}


def _peak_mb() -> float | None:
    """The largest memory of this process so far."""
    # Not by getrusage on Linux: that begins with the parent's.
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), None)
    if os.name == "nt":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)  # macOS counts bytes


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
