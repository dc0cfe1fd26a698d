"""For tests of the worker and of what stands on it: a study handed over, a listener that keeps all."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from MTINetLib.errors import MTINetError
from MTINetLib.progress import Stage
from MTINetLib.study.study import Study
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.requests import OpenedStudy, OpenStudy, PhaseFile

from .waiting import wait_until


@dataclass
class Heard:
    """A listener that keeps what it hears."""

    steps: list[tuple[str, int, int]] = field(default_factory=list)
    stories: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    result: dict[str, Any] | None = None
    error: MTINetError | None = None

    def progress(self, stage: Stage, done: int, total: int) -> None:
        self.steps.append((stage, done, total))

    def news(self, kind: str, data: Mapping[str, Any]) -> None:
        self.stories.append((kind, dict(data)))

    def done(self, result: dict[str, Any]) -> None:
        self.result = result

    def failed(self, error: MTINetError) -> None:
        self.error = error


def phase_files(folder: Path, study: Study) -> tuple[PhaseFile, ...]:
    """The phases of a study as files in a folder, as the scene hands them over."""
    files = []
    for phase in study.phases:
        path = folder / f"handed-{time.monotonic_ns()}-{phase.value}.npy"
        np.save(path, study.phase(phase))
        source = study.source(phase)
        files.append(
            PhaseFile(
                phase=phase,
                path=str(path),
                grid=study.grid,
                description=source.description,
                evidence=source.evidence,
                confidence=source.confidence,
                series_uid=source.series_uid,
                time_s=study.time_s(phase),
            )
        )
    return tuple(files)


def open_study(client: WorkerClient, study: Study, key: str = "study", alignment: str = "off") -> OpenedStudy:
    """The study opened in the worker."""
    files = phase_files(client.folder, study)
    request = OpenStudy(key, files, study.reference, alignment)  # type: ignore[arg-type]
    return OpenedStudy.from_dict(client.wait(client.submit("open_study", request.to_dict()), timeout_s=120))


def _wait_for_end(pid: int) -> None:
    """A busy system takes its time, and until then the process may still take a request."""
    wait_until(lambda: is_gone(pid))


if sys.platform == "win32":

    def is_gone(pid: int) -> bool:
        """Whether a process has ended."""
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x00100000, False, pid)  # SYNCHRONIZE
        if not handle:
            return True
        ended = kernel.WaitForSingleObject(handle, 0) == 0
        kernel.CloseHandle(handle)
        return ended

    def kill(pid: int) -> None:
        """End a process at once, as a task manager does."""
        os.kill(pid, signal.SIGTERM)
        _wait_for_end(pid)

else:

    def is_gone(pid: int) -> bool:
        """Whether a process has ended; one that only waits to be buried by its parent has."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        try:
            stat = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
            # Its parent cannot bury it before its last thread has ended.
            threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] == "Z" and threads <= 1

    def kill(pid: int) -> None:
        """End a process at once, as a system does that is out of memory."""
        os.kill(pid, signal.SIGKILL)
        _wait_for_end(pid)
