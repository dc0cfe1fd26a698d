"""A program with all its processes: their memory and seconds, halted, resumed, or one of them killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True)
class Memory:
    """MB (1e6 bytes) that are resident, at one moment.

    Args:
        workers: of each worker, the largest first.
        together: of all processes; pages that they share count for each.
    """

    workers: tuple[float, ...]
    together: float


class WatchedProgram:
    """Python with arguments; what it says goes to a file.

    Args:
        environment: of the process; None for this one's.
    """

    def __init__(
        self, arguments: Sequence[str], said: Path, environment: dict[str, str] | None = None
    ) -> None:
        self._said = said
        with said.open("wb") as words:
            self._process = psutil.Popen(
                [sys.executable, *arguments], stdout=words, stderr=subprocess.STDOUT, env=environment
            )

    @property
    def ended(self) -> int | None:
        """Its exit code, once it has ended."""
        code: int | None = self._process.poll()
        return code

    def last_words(self) -> str:
        lines = self._said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def wait(self, seconds: float) -> int:
        """Until it ends.

        Raises:
            TimeoutExpired: of psutil.
        """
        return int(self._process.wait(seconds))

    def kill(self) -> None:
        """End it (signal 9), and wait until the system has taken it and its children away."""
        family = self._family()
        self._process.kill()
        self._process.wait()
        psutil.wait_procs(family, timeout=60)

    def kill_a_worker(self) -> int:
        """The one that has worked most; its number."""
        worker = max(self._workers(), key=lambda one: sum(one.cpu_times()[:2]))
        worker.kill()
        return int(worker.pid)

    def halt(self) -> None:
        for one in self._family():
            one.suspend()

    def resume(self) -> None:
        for one in reversed(self._family()):
            one.resume()

    def seconds(self) -> float:
        """Of processors, of all processes that live."""
        together = 0.0
        for one in self._family():
            try:
                together += sum(one.cpu_times()[:2])
            except psutil.Error:
                continue
        return together

    def memory(self) -> Memory:
        workers = {one.pid for one in self._workers()}
        sizes: dict[int, float] = {}
        for one in self._family():
            try:
                sizes[one.pid] = one.memory_info().rss / 1e6
            except psutil.Error:
                continue
        of_workers = sorted((size for pid, size in sizes.items() if pid in workers), reverse=True)
        return Memory(tuple(of_workers), sum(sizes.values()))

    def _family(self) -> list[Any]:
        try:
            return [self._process, *self._process.children(recursive=True)]
        except psutil.Error:
            return []

    def _workers(self) -> list[Any]:
        """Processes of Dask's nannies."""
        found = []
        for one in self._family()[1:]:
            try:
                if "spawn_main" in " ".join(one.cmdline()):
                    found.append(one)
            except psutil.Error:
                continue
        return found


def run_to_end(arguments: Sequence[str], environment: dict[str, str]) -> tuple[int, float, float, str]:
    """Exit code, seconds on the wall and of processors, and the last line that it said on stderr."""
    import resource

    def used() -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return ended.ru_utime + ended.ru_stime

    before, start = used(), time.perf_counter()
    ended = subprocess.run(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    wall = time.perf_counter() - start
    lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    return ended.returncode, wall, used() - before, lines[-1] if lines else ""
