"""Measures regions at every time point of a series, of which one volume at a time is held."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from MTINetLib.curves.figures import baseline_of, contrasts, curve_figures, differences, relative_changes
from MTINetLib.curves.motion import MotionWatch
from MTINetLib.curves.regions import Flat, Region, Voxels
from MTINetLib.curves.results import CurvePoint, Curves, RegionCurve, Statistics, Values
from MTINetLib.curves.series import Array, SeriesPoint, TimeSeries
from MTINetLib.errors import InputError
from MTINetLib.inference.covered import LEAST_COVERED
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.source_volume import image_box
from MTINetLib.registration.align import SMALLEST_MOTION_MM
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Mask

TIMES_UNKNOWN, POINTS_MOVED, POINTS_UNUSABLE = "times_unknown", "points_moved", "points_unusable"
NOT_MEASURED, IN_PART, NO_BASELINE = "points_not_measured", "points_in_part", "no_baseline"
NO_CONTRAST = "no_reference_signal"
_WHOLLY = 0.9995
_PART = 1 << 14


@dataclass(frozen=True)
class CurveRequest:
    """What is wanted of a series.

    Args:
        baseline: numbers of the time points before contrast, from 1.
        reference: name of the region that the others are compared with.
        percentiles: 0 to 100, besides the median.
        watch_motion: compare the surroundings of the regions between time points.
    """

    baseline: tuple[int, ...] = (1,)
    reference: str | None = None
    percentiles: tuple[float, ...] = (25.0, 75.0)
    watch_motion: bool = True


def measure_curves(
    series: TimeSeries,
    regions: Sequence[Region],
    request: CurveRequest | None = None,
    progress: Progress | None = None,
) -> Curves:
    """The curve of every region over all time points, with its figures.

    A time point that shows less than LEAST_COVERED of a region has no value of it; of what it shows less than
    all of, the values are of that part, and a flag says so.

    Raises:
        InputError: there is no region, two have one name, the request names a time point or a region that is
            not there, or the series cannot be read.
    """
    watcher = progress or Silent()
    watcher.start(Stage.MEASURING_CURVES, len(series.points))
    steps = measuring_steps(series, regions, request)
    while True:
        try:
            watcher.update(next(steps))
        except StopIteration as end:
            watcher.finish()
            curves: Curves = end.value
            return curves


def measuring_steps(
    series: TimeSeries, regions: Sequence[Region], request: CurveRequest | None = None
) -> Generator[int, None, Curves]:
    """The same in steps: the number of each time point that was measured, and the curves as its value."""
    wanted = request or CurveRequest()
    _check(series, regions, wanted)
    places: dict[Grid, tuple[Voxels, ...]] = {}
    found: list[tuple[Statistics | None, ...]] = []
    points: list[CurvePoint] = []
    motion = MotionWatch()
    volumes = series.read()
    for number, point in enumerate(series.points, start=1):
        array = next(volumes)
        if array is None:
            found.append((None,) * len(regions))
            points.append(_point(number, point))
        else:
            voxels = _on_grid(places, regions, point.grid)
            found.append(_statistics(array, voxels, wanted.percentiles))
            boxes = [one.box for one in voxels if one.box is not None]
            moved = motion.look(array, point.grid, boxes) if wanted.watch_motion else (None, None)
            points.append(_point(number, point, *moved))
        array = None  # before the next one is read
        yield number
    return _curves(series, regions, wanted, points, list(zip(*found, strict=True)))


def _check(series: TimeSeries, regions: Sequence[Region], wanted: CurveRequest) -> None:
    count, names = len(series.points), [region.name for region in regions]
    if not regions:
        raise InputError("There is nothing to measure: name segments, a box or a point.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"Two regions are called '{twice[0]}': give each a name of its own.")
    if not wanted.baseline or not all(1 <= number <= count for number in wanted.baseline):
        raise InputError(f"The baseline must lie within the time points 1 to {count}.")
    if len(set(wanted.baseline)) == count:
        raise InputError("All time points belong to the baseline: leave one out to compare with it.")
    if wanted.reference is not None and wanted.reference not in names:
        listed = ", ".join(f"'{name}'" for name in names)
        raise InputError(f"The reference '{wanted.reference}' is none of what is measured ({listed}).")
    if not all(0 <= percentile <= 100 for percentile in wanted.percentiles):
        raise InputError("Percentiles lie between 0 and 100.")


def _point(
    number: int, point: SeriesPoint, shift_mm: float | None = None, agreement: float | None = None
) -> CurvePoint:
    return CurvePoint(number, point.name, point.time_s, shift_mm, agreement, point.problem)


def _on_grid(
    places: dict[Grid, tuple[Voxels, ...]], regions: Sequence[Region], grid: Grid
) -> tuple[Voxels, ...]:
    """Found once for each grid; grids of one series often differ by rounding only."""
    known = next((there for other, there in places.items() if other.matches(grid)), None)
    if known is None:
        known = tuple(region.on(grid) for region in regions)
    return places.setdefault(grid, known)


def _statistics(
    array: Array, voxels: Sequence[Voxels], percentiles: Sequence[float]
) -> tuple[Statistics | None, ...]:
    flat = np.ascontiguousarray(array).reshape(-1)
    image = image_box(array)
    found = []
    for one in voxels:
        values = _taken(flat, one.flat)
        shown = np.isfinite(values)
        if one.box is not None and not _within(one.box, image):
            kji = np.unravel_index(one.flat, array.shape)
            for index, part in zip(kji, image, strict=True):
                shown &= (index >= part.start) & (index < part.stop)
        found.append(_of_values(values, shown, one.share, percentiles))
    return tuple(found)


def _taken(flat: Array, places: Flat) -> Array:
    """Part by part: numpy makes places of its own type of those that it is given."""
    values = np.empty(places.size, dtype=flat.dtype)
    for start in range(0, places.size, _PART):
        values[start : start + _PART] = flat[places[start : start + _PART]]
    return values


def _within(box: tuple[slice, ...], other: tuple[slice, ...]) -> bool:
    return all(
        part.start >= wide.start and part.stop <= wide.stop for part, wide in zip(box, other, strict=True)
    )


def _of_values(
    values: Array,
    shown: Mask,
    share: float,
    percentiles: Sequence[float],
) -> Statistics | None:
    if not values.size:
        return None
    count = int(np.count_nonzero(shown))
    covered = share * count / shown.size
    if covered < LEAST_COVERED or not count:
        return None
    known = values if count == shown.size else values[shown]
    mean, sd = _mean_and_sd(known)
    middle, *others = _percentiles(known, [50.0, *percentiles])
    return Statistics(
        mean=mean,
        sd=sd,
        median=middle,
        percentiles=tuple(others),
        voxels=int(known.size),
        covered=covered,
    )


def _mean_and_sd(values: Array) -> tuple[float, float]:
    """In double precision, part by part: a copy of all values would be twice a volume."""
    mean = float(values.mean(dtype=np.float64))
    parts = np.array_split(values, -(-values.size // _PART))
    squares = sum(float(np.square(part - mean, dtype=np.float64).sum()) for part in parts)
    return mean, float(np.sqrt(squares / values.size))


def _percentiles(values: Array, percentiles: Sequence[float]) -> list[float]:
    """Linear between neighbours, as numpy's, without a copy of the values, which are put in another order."""
    places = [percentile / 100 * (values.size - 1) for percentile in percentiles]
    wanted = sorted({int(edge) for place in places for edge in (np.floor(place), np.ceil(place))})
    values.partition(wanted)
    found = []
    for place in places:
        low, high = float(values[int(np.floor(place))]), float(values[int(np.ceil(place))])
        found.append(low + (high - low) * (place - np.floor(place)))
    return found


def _curves(
    series: TimeSeries,
    regions: Sequence[Region],
    wanted: CurveRequest,
    points: Sequence[CurvePoint],
    found: Sequence[tuple[Statistics | None, ...]],
) -> Curves:
    reference: Values | None = None
    for region, own in zip(regions, found, strict=True):
        if region.name == wanted.reference:
            reference = tuple(None if one is None else one.mean for one in own)
    return Curves(
        points=tuple(points),
        regions=tuple(
            _region_curve(region, own, series, wanted, reference)
            for region, own in zip(regions, found, strict=True)
        ),
        baseline=tuple(sorted(set(wanted.baseline))),
        reference=wanted.reference,
        percentiles=wanted.percentiles,
        time_source=series.time_source,
        flags=_series_flags(series, points),
        left_out=series.left_out,
    )


def _region_curve(
    region: Region,
    statistics: tuple[Statistics | None, ...],
    series: TimeSeries,
    wanted: CurveRequest,
    reference: Values | None,
) -> RegionCurve:
    mean: Values = tuple(None if one is None else one.mean for one in statistics)
    base = baseline_of(mean, wanted.baseline)
    relative = relative_changes(mean, base)
    compared = reference is not None and region.name != wanted.reference
    contrast = contrasts(mean, reference) if compared and reference is not None else ()
    missing, partly = mean.count(None), sum(one is not None and one.covered < _WHOLLY for one in statistics)
    flags = []
    if missing:
        flags.append(f"{NOT_MEASURED}:{missing}:{len(mean)}")
    if partly:
        flags.append(f"{IN_PART}:{partly}:{len(mean)}")
    if missing < len(mean) and all(value is None for value in relative):
        flags.append(NO_BASELINE)
    if contrast and missing < len(mean) and all(value is None for value in contrast):
        flags.append(NO_CONTRAST)
    return RegionCurve(
        name=region.name,
        kind=region.kind,
        statistics=statistics,
        difference=differences(mean, base),
        relative=relative,
        contrast=contrast,
        figures=curve_figures(mean, series.times_s, wanted.baseline),
        flags=tuple(flags),
    )


def _series_flags(series: TimeSeries, points: Sequence[CurvePoint]) -> tuple[str, ...]:
    flags = list(series.flags)
    if None in series.times_s:
        flags.append(TIMES_UNKNOWN)
    unusable = sum(bool(point.problem) for point in points)
    if unusable:
        flags.append(f"{POINTS_UNUSABLE}:{unusable}:{len(points)}")
    shifts = [point.shift_mm for point in points if point.shift_mm is not None]
    moved = [shift for shift in shifts if shift >= SMALLEST_MOTION_MM]
    if moved:
        flags.append(f"{POINTS_MOVED}:{len(moved)}:{len(points)}:{max(moved):.0f}_mm")
    return tuple(dict.fromkeys(flags))
