"""A part of the benchmark: it has its time, and says what it left out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from benchmarks.process import CutShort

Result = TypeVar("Result")


class Part:
    """One part, from now on.

    Args:
        seconds: it may take; what is running then is ended.
    """

    def __init__(
        self, title: str, seconds: float = float("inf"), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.title, self.cuts = title, list[str]()
        self._clock, self._begun, self._seconds = clock, clock(), seconds

    @property
    def spent(self) -> float:
        return self._clock() - self._begun

    @property
    def left(self) -> float:
        """Seconds that are left, none at the least."""
        return max(0.0, self._seconds - self.spent)

    def cut(self, what: str) -> None:
        """Remember what was left out, and why."""
        self.cuts.append(f"{self.title}: {what}")

    def repeated(self, work: Callable[[], Result], times: int) -> list[Result]:
        """The results of up to ``times`` calls: none is begun when the time is over, but the first."""
        results: list[Result] = []
        while len(results) < times and (not results or self.left > 0):
            try:
                results.append(work())
            except CutShort as error:
                self.cut(f"{len(results)} of {times} runs, one was {error}")
                return results
        if len(results) < times:
            self.cut(f"{len(results)} of {times} runs, its time was over")
        return results
