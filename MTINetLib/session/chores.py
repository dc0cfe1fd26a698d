"""Work of the main thread cut into short pieces, so that the user interface stays alive."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator
from typing import Any

#: Pieces are run until this much time is used; a piece itself should take well under 50 ms.
_SPENT_S = 0.015


class Chores:
    """Generators that are advanced a little with every :meth:`run`, first come first served."""

    def __init__(self) -> None:
        self._waiting: deque[Generator[Any, None, None]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, chore: Generator[Any, None, None]) -> None:
        self._waiting.append(chore)

    def run(self) -> None:
        """Do some; an exception of a chore ends that chore and goes to the caller."""
        end = time.perf_counter() + _SPENT_S
        while self._waiting:
            try:
                next(self._waiting[0])
            except StopIteration:
                self._waiting.popleft()
            except BaseException:
                self._waiting.popleft()
                raise
            if time.perf_counter() >= end:
                return

    def clear(self) -> None:
        """Drop all; generators get to clean up after themselves."""
        while self._waiting:
            self._waiting.popleft().close()
