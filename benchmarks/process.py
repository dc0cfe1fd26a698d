"""Run a program in a fresh process: wall time from its start, and its peak memory."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MTINetLib.errors import MTINetError
from MTINetLib.interpreter import environment
from MTINetLib.process_tree import descendants, detached, kill_with_descendants

_WATCH_S = 0.02


@dataclass(frozen=True)
class ProcessRun:
    """How one run of a program went.

    Args:
        seconds: wall time from before the process was made until it had ended.
        peak_rss_gb: largest resident memory (1e9 bytes) of the process and those that it started, each at
            its own peak; None where the system does not tell.
    """

    seconds: float
    peak_rss_gb: float | None


class CutShort(MTINetError):  # noqa: N818
    """A program was not done in its time and was ended."""


def run_process(
    arguments: Sequence[str], *, failed: str, seconds: float | None = None, wait_s: float = 5.0
) -> ProcessRun:
    """Run Python with arguments and wait.

    Args:
        failed: what to say when it ends with an error; its last words are added.
        seconds: it may take; then it is ended with all that it started. None lets it take for ever.
        wait_s: for its end after that; what still does not end is left to the system.

    Raises:
        CutShort: it was ended.
        MTINetError: it ended with an error.
    """
    start = time.perf_counter()
    with tempfile.TemporaryFile() as words:  # a pipe would be waited for as long as anyone holds it
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=words,
            env=environment(),
            **detached(),
        )
        try:
            with _PeakWatcher(process.pid) as watcher:
                process.wait(seconds)
            taken = time.perf_counter() - start
        except subprocess.TimeoutExpired:
            raise CutShort(f"not done after {seconds:.0f} s, ended") from None
        finally:
            kill_with_descendants(process, wait_s)
        if process.returncode != 0:
            words.seek(0)
            told = words.read().decode("utf-8", errors="replace").strip()
            last = told.splitlines()[-1:] or ["it said nothing"]
            raise MTINetError(f"{failed} (exit code {process.returncode}): {last[0]}")
    return ProcessRun(taken, watcher.peak_gb)


class _PeakWatcher:
    """Looks at a process tree every few milliseconds from a thread."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[int, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        try:
            self._psutil: Any = importlib.import_module("psutil")
        except ImportError:
            self._psutil = None

    def __enter__(self) -> _PeakWatcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def peak_gb(self) -> float | None:
        return sum(self._peaks.values()) / 1e9 if self._peaks else None

    def _watch(self) -> None:
        while not self._stop.is_set():
            for pid in self._family():
                size = _linux_peak(pid) if sys.platform.startswith("linux") else self._size(pid)
                if size is not None:
                    self._peaks[pid] = max(size, self._peaks.get(pid, 0))
            self._stop.wait(_WATCH_S)

    def _family(self) -> list[int]:
        return [self._pid, *(other.pid for other in descendants(self._pid))]

    def _size(self, pid: int) -> int | None:
        if self._psutil is None:
            return None
        try:
            memory = self._psutil.Process(pid).memory_info()
        except self._psutil.Error:
            return None
        return int(getattr(memory, "peak_wset", memory.rss))


def _linux_peak(pid: int) -> int | None:
    """The kernel's own high-water mark. Not getrusage: that of a child starts at its parent's size."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
