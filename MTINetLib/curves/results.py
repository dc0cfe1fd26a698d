"""What was measured along a series. The types are the layout of curves.json as well."""

from __future__ import annotations

from dataclasses import dataclass

from MTINetLib.curves.regions import Kind
from MTINetLib.findings import CurveKind

Values = tuple["float | None", ...]


@dataclass(frozen=True)
class Statistics:
    """Of the signal of a region's voxels at one time point, in the scanner's own units.

    Args:
        sd: standard deviation of the voxels, dividing by their number.
        percentiles: those of :attr:`Curves.percentiles`, linear between values.
        voxels: how many have an image.
        covered: the share of the region that has one, 0 to 1.
    """

    mean: float
    sd: float
    median: float
    percentiles: tuple[float, ...]
    voxels: int
    covered: float


@dataclass(frozen=True)
class CurveFigures:
    """Figures of one curve, see curves/figures.py for their formulas; None says not defined."""

    baseline: float | None
    peak: float | None
    peak_point: int | None
    peak_relative: float | None
    time_to_peak_s: float | None
    wash_in_per_s: float | None
    steepest_rise_per_s: float | None
    wash_out_per_s: float | None
    area_s: float | None
    initial_area_s: float | None
    late_change: float | None
    curve_kind: CurveKind | None


@dataclass(frozen=True)
class RegionCurve:
    """The curve of one region; what stands once a time point is in their order, None where not measured.

    Args:
        difference: mean - baseline.
        relative: (mean - baseline) / baseline.
        contrast: (mean - mean of the reference) / mean of the reference; empty without a reference.
        flags: see curves/README.md.
    """

    name: str
    kind: Kind
    statistics: tuple[Statistics | None, ...]
    difference: Values
    relative: Values
    contrast: Values
    figures: CurveFigures
    flags: tuple[str, ...] = ()

    @property
    def mean(self) -> Values:
        return tuple(None if one is None else one.mean for one in self.statistics)


@dataclass(frozen=True)
class CurvePoint:
    """One time point.

    Args:
        number: from 1.
        time_s: seconds after the first, or as the user said; None where nothing tells.
        shift_mm: how far the surroundings of the regions lie from where they were at the first time point
            that was measured; None where that cannot be told.
        agreement: of the edges with that time point, -1 to 1.
        problem: a sentence if the voxels cannot be used.
    """

    number: int
    name: str
    time_s: float | None
    shift_mm: float | None = None
    agreement: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class Curves:
    """All curves along a series.

    Args:
        baseline: numbers of the time points before contrast, from 1.
        reference: name of the region that others are compared with.
        percentiles: which ones were computed.
        time_source: what the times were taken from; empty where they are unknown.
        flags: see curves/README.md.
        left_out: volumes of the source that are no part of the series, with the reason.
    """

    points: tuple[CurvePoint, ...]
    regions: tuple[RegionCurve, ...]
    baseline: tuple[int, ...]
    reference: str | None
    percentiles: tuple[float, ...]
    time_source: str
    flags: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def times_s(self) -> Values:
        return tuple(point.time_s for point in self.points)
