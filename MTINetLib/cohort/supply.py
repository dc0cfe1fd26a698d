"""Studies on their way to the workers: those whose files are there already."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from MTINetLib.cohort.cohort_study import CohortStudy


@dataclass(frozen=True)
class Ready:
    """A study that can be worked on, or why it cannot.

    Args:
        study: as it was found.
        sent: the same with the files that the worker opens.
        problem: a sentence; empty where there is none.
    """

    study: CohortStudy
    sent: CohortStudy
    problem: str = ""


class Supply:
    """Hands out studies one by one; a context manager."""

    def __init__(self, studies: Sequence[CohortStudy]) -> None:
        self._waiting = deque(studies)

    @property
    def left(self) -> bool:
        """Whether more will come."""
        return bool(self._waiting)

    def next(self, slots: int) -> Ready | None:
        """The next one, None where none is ready now.

        Args:
            slots: how many studies are worked on at a time.

        Raises:
            MTINetError: what every further study would meet.
        """
        if not self._waiting:
            return None
        study = self._waiting.popleft()
        return Ready(study, study)

    def done(self, study: CohortStudy) -> None:
        """The worker has finished with it."""

    def close(self) -> None:
        """No more are wanted."""

    def __enter__(self) -> Supply:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
