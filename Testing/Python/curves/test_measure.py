"""Curves along a series against what it was made of, and what is said where there is no image."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import ndimage
from support import dynamic_series as made
from support.made_analysis import made_grid

from MTINetLib.curves.measure import CurveRequest, measure_curves
from MTINetLib.curves.regions import BoxRegion, PointRegion, Region, SegmentRegion
from MTINetLib.curves.series import SeriesPoint, TimeSeries
from MTINetLib.errors import Cancelled, InputError
from MTINetLib.phantom.case import PhantomSettings, make_case
from MTINetLib.progress import Silent
from MTINetLib.study.grid import Grid
from MTINetLib.study.lesion_class import HCC

ARRAYS = made.volumes()
STILL = CurveRequest(watch_motion=False)


def series(arrays: list[Any] | None = None, grid: Grid = made.GRID) -> TimeSeries:
    return TimeSeries.of_arrays(ARRAYS if arrays is None else arrays, grid, made.TIMES_S)


def regions(grid: Grid = made.GRID) -> list[Region]:
    return [
        SegmentRegion.of(name, made.labels(grid) == value, grid)
        for value, name in ((1, "lesion"), (2, "organ"))
    ]


def test_the_statistics_are_those_of_the_voxels() -> None:
    lesion, organ = measure_curves(series(), regions(), STILL).regions
    np.testing.assert_allclose(lesion.mean, made.LESION)
    np.testing.assert_allclose(organ.mean, made.ORGAN)
    inside = made.labels() == 1
    for one, array in zip(lesion.statistics, ARRAYS, strict=True):
        assert one is not None
        values = array[inside].astype(float)
        assert one.sd == pytest.approx(values.std())
        assert one.median == np.median(values)
        assert one.percentiles == tuple(np.percentile(values, [25, 75]))
        assert (one.voxels, one.covered) == (inside.sum(), 1.0)


def test_percentiles_are_numpys_for_values_of_any_kind() -> None:
    rng = np.random.default_rng(2)
    arrays = [rng.normal(100, 20, made.GRID.shape).astype(np.float32) for _ in made.TIMES_S]
    asked = (0.0, 2.5, 33.3, 90.0, 100.0)
    found = measure_curves(series(arrays), regions(), CurveRequest(percentiles=asked)).regions[1]
    for one, array in zip(found.statistics, arrays, strict=True):
        assert one is not None
        values = array[made.labels() == 2].astype(np.float64)
        np.testing.assert_allclose(one.percentiles, np.percentile(values, asked), rtol=1e-6)
        assert one.mean == pytest.approx(values.mean(), rel=1e-9)


def test_difference_relative_change_and_contrast_to_a_reference() -> None:
    request = CurveRequest(baseline=(1, 2), reference="organ", watch_motion=False)
    lesion, organ = measure_curves(series(), regions(), request).regions
    mean, base = np.array(made.LESION), 100.0
    np.testing.assert_allclose(lesion.difference, mean - base)
    np.testing.assert_allclose(lesion.relative, mean / base - 1)
    np.testing.assert_allclose(lesion.contrast, mean / np.array(made.ORGAN) - 1)
    assert organ.contrast == (), "it is the reference itself"
    assert lesion.figures.peak_point == 4
    assert lesion.figures.time_to_peak_s == 13.0 - 4.0


def test_a_box_and_a_point_are_measured_beside_segments() -> None:
    place = made.GRID.to_lps((4.0, 10.0, 8.0))
    point = PointRegion("voxel", tuple(place))  # type: ignore[arg-type]
    box = BoxRegion("box", tuple(place), (4.0, 4.0, 6.0), made.GRID.direction_matrix)  # type: ignore[arg-type]
    voxel, around = measure_curves(series(), [point, box], STILL).regions
    assert voxel.mean == tuple(float(array[4, 10, 8]) for array in ARRAYS)
    assert voxel.kind == "point"
    assert around.statistics[0] is not None
    assert around.statistics[0].voxels == 1


def test_a_time_point_without_an_image_of_a_region_has_no_value_and_says_so() -> None:
    arrays = [array.astype(np.float32) for array in ARRAYS]
    arrays[2][made.labels() == 1] = np.nan
    arrays[5][:5] = 0.0
    found = measure_curves(series(arrays), regions(), STILL)
    lesion, organ = found.regions
    assert [number for number, value in enumerate(lesion.mean, start=1) if value is None] == [3, 6]
    assert lesion.flags == ("points_not_measured:2:8",)
    assert lesion.figures.peak_point == 4
    assert organ.mean[5] is None, "only a quarter of it is left"


def test_a_region_seen_in_part_is_measured_there_and_says_so() -> None:
    arrays = [array.astype(np.float32) for array in ARRAYS]
    arrays[1][:3] = np.nan
    organ = measure_curves(series(arrays), regions(), STILL).regions[1]
    known = organ.statistics[1]
    assert known is not None
    assert known.covered == 0.75
    assert known.mean == made.ORGAN[1], "no NaN and no zero is mixed in"
    assert organ.flags == ("points_in_part:1:8",)


def test_a_segment_that_was_outlined_beyond_the_images_is_measured_in_part() -> None:
    region = SegmentRegion.of("lesion", made.labels() == 1, made.GRID, outside=0.3)
    found = measure_curves(series(), [region], STILL).regions[0]
    assert found.flags == ("points_in_part:8:8",)
    mostly = SegmentRegion.of("lesion", made.labels() == 1, made.GRID, outside=0.6)
    assert measure_curves(series(), [mostly], STILL).regions[0].flags == ("points_not_measured:8:8",)


def test_in_memory_data_is_left_as_it_is() -> None:
    arrays = [array.astype(np.float32) for array in ARRAYS]
    arrays[2][1, 2, 3] = np.nan
    before = [array.copy() for array in arrays]
    measure_curves(series(arrays), regions())
    for one, other in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_volumes_on_other_grids_are_measured_on_their_own_voxels() -> None:
    shifted = Grid(
        made.GRID.shape, made.GRID.spacing, tuple(made.GRID.to_lps((0, 1, 2))), made.GRID.direction
    )  # type: ignore[arg-type]
    points = (SeriesPoint("one", made.GRID, 0.0), SeriesPoint("other", shifted, 10.0))
    other = np.roll(ARRAYS[3], (-1, -2), (1, 2))
    whole = TimeSeries(points, lambda: iter([ARRAYS[0], other]), "given")
    lesion = measure_curves(whole, regions(), STILL).regions[0]
    assert lesion.mean == (made.LESION[0], made.LESION[3])


def test_a_volume_that_cannot_be_used_is_no_value_and_keeps_its_sentence() -> None:
    whole = series()
    points = (*whole.points[:-1], replace(whole.points[-1], problem="The series has 3 of 8 slices."))
    found = measure_curves(
        replace(whole, points=points, read=lambda: iter([*ARRAYS[:-1], None])), regions(), STILL
    )
    assert found.regions[0].mean[-1] is None
    assert found.points[-1].problem == "The series has 3 of 8 slices."
    assert found.flags == ("points_unusable:1:8",)


def test_a_zero_baseline_is_said() -> None:
    arrays = [ARRAYS[0] * 0 + np.where(np.arange(32) == 0, 1, 0).astype(np.int16), *ARRAYS[1:]]
    lesion = measure_curves(series(arrays), [PointRegion("p", tuple(made.GRID.to_lps((4, 10, 8))))], STILL)  # type: ignore[arg-type]
    arrays[0][:, :, -1] = arrays[0][:, -1] = arrays[0][-1] = 1
    lesion = measure_curves(series(arrays), regions(), STILL).regions[0]
    assert lesion.flags == ("no_baseline",)
    assert set(lesion.relative) == {None}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (CurveRequest(baseline=(0,)), "baseline must lie within the time points 1 to 8"),
        (CurveRequest(baseline=(9,)), "baseline must lie within the time points 1 to 8"),
        (CurveRequest(baseline=()), "baseline must lie within"),
        (CurveRequest(baseline=tuple(range(1, 9))), "All time points belong to the baseline"),
        (
            CurveRequest(reference="liver"),
            r"reference 'liver' is none of what is measured \('lesion', 'organ'\)",
        ),
        (CurveRequest(percentiles=(101.0,)), "between 0 and 100"),
    ],
)
def test_requests_that_cannot_be_met_end_in_one_sentence(request_: CurveRequest, said: str) -> None:
    with pytest.raises(InputError, match=said):
        measure_curves(series(), regions(), request_)


def test_regions_of_one_name_and_none_at_all_are_refused() -> None:
    with pytest.raises(InputError, match="Two regions are called 'lesion'"):
        measure_curves(series(), regions()[:1] * 2, STILL)
    with pytest.raises(InputError, match="nothing to measure"):
        measure_curves(series(), [], STILL)


def test_times_that_do_not_rise_and_a_single_volume_are_refused() -> None:
    with pytest.raises(InputError, match="do not rise"):
        TimeSeries.of_arrays(ARRAYS[:3], made.GRID, (0.0, 5.0, 5.0))
    with pytest.raises(InputError, match="two time points or more"):
        TimeSeries.of_arrays(ARRAYS[:1], made.GRID, (0.0,))
    with pytest.raises(InputError, match="3 times for 8 time points"):
        series().at((0.0, 1.0, 2.0), "--times")
    assert series().at([2.0 * n for n in range(8)], "--times").times_s[-1] == 14.0


def test_cancelling_ends_at_the_next_time_point() -> None:
    class Impatient(Silent):
        def update(self, done: int) -> None:
            if done == 3:
                raise Cancelled("Cancelled.")

    read = []

    def arrays() -> Iterator[Any]:
        for number, array in enumerate(ARRAYS):
            read.append(number)
            yield array

    with pytest.raises(Cancelled):
        measure_curves(replace(series(), read=arrays), regions(), STILL, Impatient())
    assert read == [0, 1, 2]


def test_no_more_than_two_volumes_are_held_beside_the_data() -> None:
    grid = made_grid((24, 96, 96))
    rng = np.random.default_rng(1)
    arrays = [rng.uniform(1, 9, grid.shape).astype(np.float32) for _ in made.TIMES_S]
    whole = TimeSeries.of_arrays(arrays, grid, made.TIMES_S)
    mask = np.zeros(grid.shape, dtype=bool)
    mask[3:20, 10:80, 10:80] = True
    box = BoxRegion("box", tuple(grid.to_lps((12, 48, 48))), (90.0, 90.0, 90.0), grid.direction_matrix)  # type: ignore[arg-type]
    measured = [SegmentRegion.of("organ", mask, grid), box]
    measure_curves(whole, measured)  # what is imported and planned once is not counted
    tracemalloc.start()
    try:
        measure_curves(whole, measured)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * arrays[0].nbytes


def _textured(grid: Grid) -> Any:
    noise = np.random.default_rng(4).normal(size=grid.shape)
    smooth = ndimage.gaussian_filter(noise, 1.5)
    _, j, i = np.meshgrid(*[np.linspace(-1, 1, size) for size in grid.shape], indexing="ij")
    return np.where(j**2 + i**2 < 0.8, 300 + 2000 * smooth, 3.0).astype(np.float32)


def test_a_time_point_that_lies_elsewhere_is_found_and_the_others_are_not() -> None:
    grid = Grid((20, 64, 64), (3.0, 3.0, 4.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    still = _textured(grid)
    arrays = [still * gain for gain in (1.0, 1.1, 1.3, 1.2, 1.1, 1.1, 1.0, 1.0)]
    arrays[5] = np.roll(arrays[5], 3, axis=1)
    mask = np.zeros(grid.shape, dtype=bool)
    mask[8:12, 26:38, 26:38] = True
    found = measure_curves(
        TimeSeries.of_arrays(arrays, grid, made.TIMES_S), [SegmentRegion.of("lesion", mask, grid)]
    )
    shifts = [point.shift_mm for point in found.points]
    assert shifts[5] == pytest.approx(9.0, abs=1.0)
    assert max(shift for number, shift in enumerate(shifts) if number != 5 and shift is not None) < 1.0
    assert found.flags == ("points_moved:1:8:9_mm",)
    assert found.points[0].agreement == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_contrast_alone_is_no_motion(seed: int) -> None:
    settings = PhantomSettings(
        slices=(24, 24), matrix=(192, 192), breathing=False, mistimed_share=0.0, fault_share=0.0,
        lesion_plan=((HCC, 30.0),),
    )  # fmt: skip
    case = make_case(seed, 0, settings)
    study = case.study
    whole = TimeSeries.of_arrays(list(study.volumes), study.grid, study.times_s)
    for name, mask in (("lesion", case.labels > 0), ("liver", case.liver)):
        found = measure_curves(whole, [SegmentRegion.of(name, np.asarray(mask), study.grid)])
        assert not any(flag.startswith("points_moved") for flag in found.flags), found.points
