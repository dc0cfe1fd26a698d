"""A series of volumes over time, of which no more than one is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.index_times import Times
from MTINetLib.study.grid import Grid
from MTINetLib.study.source_image import SourceImage

#: A time point's voxels, any real type, [K, J, I]; NaN where there is no image. None: they cannot be used.
Array = npt.NDArray[Any]
#: Fewer volumes have no curve.
FEWEST_POINTS = 2


@dataclass(frozen=True)
class SeriesPoint:
    """One volume of a series before its voxels are read.

    Args:
        time_s: seconds after the first time point; None where nothing tells.
        problem: a sentence if the voxels cannot be used.
    """

    name: str
    grid: Grid
    time_s: float | None = None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class TimeSeries:
    """Volumes in the order of time; grids may differ.

    Args:
        read: gives the voxels of one time point after the other; may raise InputError on the way.
        time_source: what the times were taken from, for people; empty where they are unknown.
        flags: doubts, see curves/README.md.
        images: of the first time point, where it is stored as DICOM.
        left_out: volumes of the source that are no part of the series, with the reason, for people.
    """

    points: tuple[SeriesPoint, ...]
    read: Callable[[], Iterator[Array | None]] = field(repr=False)
    time_source: str = ""
    flags: tuple[str, ...] = ()
    images: tuple[SourceImage, ...] = field(default=(), repr=False)
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.points) < FEWEST_POINTS:
            raise InputError(
                f"A curve needs two time points or more, and there is {len(self.points)}: give a dynamic "
                "series, a file of several volumes, or several files."
            )
        known = [time for time in self.times_s if time is not None]
        if not np.isfinite(known).all() or any(later <= sooner for sooner, later in pairwise(known)):
            whose = self.time_source or "the series"
            raise InputError(f"The times of {whose} do not rise: give the volumes in the order of time.")

    @staticmethod
    def of_arrays(arrays: Sequence[Array], grid: Grid, times_s: Sequence[float | None]) -> TimeSeries:
        """A series that is in memory already; the arrays are [K, J, I] on ``grid``."""
        points = tuple(
            SeriesPoint(f"time point {number}", grid, time) for number, time in enumerate(times_s, start=1)
        )
        return TimeSeries(points, lambda: iter(arrays), "given" if None not in times_s else "")

    @property
    def times_s(self) -> Times:
        return tuple(point.time_s for point in self.points)

    def at(self, times_s: Sequence[float], source: str) -> TimeSeries:
        """The same volumes at times that the user gives.

        Raises:
            InputError: they are as many as the volumes and rise, or one sentence says so.
        """
        if len(times_s) != len(self.points):
            raise InputError(
                f"{source} gives {len(times_s)} times for {len(self.points)} time points: give one for each."
            )
        points = tuple(
            replace(point, time_s=float(time)) for point, time in zip(self.points, times_s, strict=True)
        )
        return replace(
            self, points=points, time_source=source,
            flags=tuple(flag for flag in self.flags if not flag.startswith("times_")),
        )  # fmt: skip
