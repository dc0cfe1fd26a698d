"""Where the four phases lie along the x axis of a plot."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from MTINetLib.study.phase import PHASES


@dataclass(frozen=True)
class TimeAxis:
    """Seconds where all four times are known and rise, else the numbers 1 to 4.

    Args:
        title: of the axis.
        in_seconds: whether ``values`` are times.
        values: position of each phase, in the order of PHASES.
    """

    title: str
    in_seconds: bool
    values: tuple[float, float, float, float]

    @classmethod
    def of(cls, times: tuple[float | None, ...]) -> TimeAxis:
        known = [time for time in times if time is not None]
        if len(known) == len(PHASES) and all(later > sooner for sooner, later in pairwise(known)):
            return cls("Time (s)", True, (known[0], known[1], known[2], known[3]))
        return cls("Phase (times unknown)", False, (1.0, 2.0, 3.0, 4.0))
