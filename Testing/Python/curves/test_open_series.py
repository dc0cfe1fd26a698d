"""What a user names becomes one series in the order of time, or one sentence says why not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from support import dicom_layouts as layouts
from support import dynamic_series as made

from MTINetLib.curves.measure import CurveRequest, measure_curves
from MTINetLib.curves.open_series import open_series
from MTINetLib.curves.regions import PointRegion
from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.write import write_volume

ARRAYS = made.volumes()
#: Twelve irregular time points, some within a second of each other.
TWELVE_S = (0.0, 0.8, 1.6, 2.9, 10.0, 12.5, 15.0, 17.5, 30.0, 60.0, 61.0, 200.0)


def twelve() -> layouts.Truth:
    four = layouts.make_truth()
    rng = np.random.default_rng(9)
    volumes = np.stack([four.volumes[n % 4] + rng.integers(0, 90, four.grid.shape) for n in range(12)])
    return layouts.Truth(volumes.astype(np.float32), four.grid, TWELVE_S)


def read(path: Path, **how: Any) -> tuple[Any, list[Any]]:
    with open_series([path], **how) as series:
        return series, [array.copy() for array in series.read()]


@pytest.mark.parametrize("layout", ["a", "c", "d", "e", "g"])
def test_a_dynamic_series_of_every_layout_comes_in_order_with_its_times(tmp_path: Path, layout: str) -> None:
    truth = twelve()
    series, arrays = read(layouts.write_shuffled(tmp_path / "s", layouts.LAYOUTS[layout](truth)))
    np.testing.assert_allclose(series.times_s, TWELVE_S, atol=1e-3)
    np.testing.assert_array_equal(arrays, truth.volumes)
    assert series.points[0].grid.matches(truth.grid)
    assert series.time_source in ("trigger time", "acquisition time", "temporal offset")


def test_four_series_are_four_time_points(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    series, arrays = read(layouts.write_shuffled(tmp_path / "s", layouts.series_per_phase(truth)))
    assert series.times_s == layouts.TIMES_S
    np.testing.assert_array_equal(arrays, truth.volumes)


def test_a_series_without_any_clock_keeps_its_order_and_has_no_times(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = layouts.ge_without_identifier(truth)
    for image in images:
        for keyword in ("ContentTime", "SeriesTime"):
            if keyword in image:
                del image[keyword]
    series, arrays = read(layouts.write_shuffled(tmp_path / "s", images))
    assert series.times_s == (None,) * 4
    assert series.time_source == ""
    np.testing.assert_array_equal(arrays, truth.volumes)


def as_series(images: list[Dataset], number: int, description: str) -> list[Dataset]:
    for count, image in enumerate(images):
        image.SeriesNumber, image.SeriesDescription = number, description
        image.SeriesInstanceUID = f"1.2.826.77.{number}"
        image.SOPInstanceUID = f"1.2.826.77.{number}.{count + 1}"
    return images


def before_contrast(truth: layouts.Truth, flip_angle: float) -> list[Dataset]:
    """One volume of the same grid, taken 60 s before the dynamic series."""
    images = layouts.siemens_single_series(truth)[: truth.grid.shape[0]]
    for image in images:
        image.AcquisitionTime = image.SeriesTime = layouts.clock(-60.0)
        image.FlipAngle = flip_angle
    return as_series(images, 2, "LAVA before")


@pytest.mark.parametrize("flip_angle", [12.0, 5.0])
def test_a_volume_before_contrast_belongs_to_the_series_only_if_taken_in_the_same_way(
    tmp_path: Path, flip_angle: float
) -> None:
    truth = twelve()
    dynamic = as_series(layouts.siemens_single_series(truth), 5, "t1_vibe_dyn")
    for image in dynamic:
        image.FlipAngle = 12.0
    images = [*dynamic, *before_contrast(truth, flip_angle)]
    for image in images:
        image.RepetitionTime, image.EchoTime = 4.0, 1.8
    series, arrays = read(layouts.write_shuffled(tmp_path / "s", images))
    if flip_angle == 12.0:
        assert series.times_s[:2] == (0.0, 60.0)
        np.testing.assert_array_equal(arrays[0], truth.volumes[0])
        assert (len(arrays), series.left_out) == (13, ())
    else:
        assert len(arrays) == 12
        assert series.left_out == ("LAVA before: another grid or sequence",)


def test_of_two_dynamic_series_one_has_to_be_named(tmp_path: Path) -> None:
    one = as_series(layouts.ge_with_identifier(twelve()), 5, "dyn early")
    other = as_series(layouts.ge_with_identifier(twelve()), 8, "dyn late")
    folder = layouts.write_shuffled(tmp_path / "s", [*one, *other])
    with pytest.raises(
        InputError, match=r"2 dynamic series \('dyn early' \(number 5\), 'dyn late'.*--series"
    ):
        read(folder)
    for word in ("8", "late", "1.2.826.77.8"):
        series, _ = read(folder, only=word)
        assert {point.name.split(" (")[0] for point in series.points} == {"dyn late"}
    with pytest.raises(InputError, match="no series '9'; there are 'dyn early'"):
        read(folder, only="9")


def test_a_time_point_with_missing_slices_is_no_value_and_the_others_are(tmp_path: Path) -> None:
    truth = twelve()
    images = layouts.ge_with_identifier(truth)
    del images[5 * 8 + 3]
    with open_series([layouts.write_shuffled(tmp_path / "s", images)]) as series:
        place = tuple(truth.grid.to_lps((4, 12, 16)))
        found = measure_curves(series, [PointRegion("p", place)], CurveRequest(watch_motion=False))  # type: ignore[arg-type]
    mean = found.regions[0].mean
    assert [number for number, value in enumerate(mean) if value is None] == [5]
    assert mean[6] == truth.volumes[6, 4, 12, 16]
    assert "has 7 of 8 slices" in found.points[5].problem
    assert found.flags[-1] == "points_unusable:1:12"


def test_an_archive_is_read_until_the_block_ends(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    layouts.write_shuffled(tmp_path / "s", layouts.philips_classic(truth))
    shutil.make_archive(str(tmp_path / "study"), "zip", tmp_path / "s")
    _, arrays = read(tmp_path / "study.zip")
    np.testing.assert_array_equal(arrays, truth.volumes)


def test_files_are_time_points_in_the_order_in_which_they_are_named(tmp_path: Path) -> None:
    names = ["t10.nii.gz", "t9.nrrd", "t8.mha"]
    for name, array in zip(names, ARRAYS, strict=False):
        write_volume(tmp_path / name, array, made.GRID)
    made.write_nifti(tmp_path / "more.nii", ARRAYS[3:5])
    with open_series([tmp_path / name for name in (*names, "more.nii")]) as series:
        np.testing.assert_array_equal(list(series.read()), ARRAYS[:5])
    assert [point.name for point in series.points] == [*names, "more.nii #1", "more.nii #2"]
    assert series.times_s == (None,) * 5


def test_what_is_no_series_ends_in_one_sentence(tmp_path: Path) -> None:
    write_volume(tmp_path / "files" / "a.nii.gz", ARRAYS[0], made.GRID)
    write_volume(tmp_path / "files" / "b.nii.gz", ARRAYS[1], made.GRID)
    layouts.write_shuffled(tmp_path / "dicom", layouts.series_per_phase(layouts.make_truth())[:8])
    for sources, said in (
        ([], "Name a dynamic series"),
        ([tmp_path / "none"], "There is no file or folder"),
        ([tmp_path / "files"], "holds 2 volume files and nothing tells their order"),
        ([tmp_path / "files" / "a.nii.gz"], "needs two time points or more, and there is 1"),
        ([tmp_path / "files" / "a.nii.gz", tmp_path / "dicom"], "not both"),
        ([tmp_path / "dicom"], "needs two time points or more"),
    ):
        with pytest.raises(InputError, match=said), open_series(sources):
            pass
