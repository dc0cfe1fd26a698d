"""Where the phases lie along the x axis of a plot."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class TimeAxis:
    """Seconds where all times are known and rise, else the numbers of the phases from 1.

    Args:
        title: of the axis.
        in_seconds: whether ``values`` are times.
        values: position of each phase, in the order of the times.
    """

    title: str
    in_seconds: bool
    values: tuple[float, ...]

    @classmethod
    def of(cls, times: tuple[float | None, ...], numbered: str = "Phase (times unknown)") -> TimeAxis:
        """
        Args:
            numbered: the title where times are not known.
        """
        known = [time for time in times if time is not None]
        if len(known) == len(times) and all(later > sooner for sooner, later in pairwise(known)):
            return cls("Time (s)", True, tuple(known))
        numbers = tuple(float(number) for number in range(1, len(times) + 1))
        return cls(numbered, False, numbers)
