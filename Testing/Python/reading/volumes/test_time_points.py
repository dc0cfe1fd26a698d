"""The volumes of one file come one at a time, the same as when the file is read whole."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
from support import dynamic_series as made
from support.made_analysis import made_grid

from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.read import volumes_of_file
from MTINetLib.reading.volumes.time_points import time_points_of_file
from MTINetLib.reading.volumes.write import write_volume

ARRAYS = made.volumes()


def read_all(path: Path) -> list[Any]:
    return [array.copy() for array in time_points_of_file(path).read()]


@pytest.mark.parametrize("name", ["d.nii", "d.nii.gz"])
def test_a_nifti_file_of_several_volumes_gives_them_in_their_order(tmp_path: Path, name: str) -> None:
    path = made.write_nifti(tmp_path / name, ARRAYS)
    found = time_points_of_file(path)
    assert found.grid.matches(made.GRID)
    np.testing.assert_array_equal(list(found.read()), ARRAYS)
    assert found.times_s == (None,) * len(ARRAYS), "NIfTI's fourth pixdim is no clock"


@pytest.mark.parametrize("axis", [0, 3])
@pytest.mark.parametrize("encoding", ["raw", "gzip"])
def test_a_sequence_of_slicer_gives_its_volumes_and_times(tmp_path: Path, axis: int, encoding: str) -> None:
    path = made.write_sequence(tmp_path / "d.seq.nrrd", ARRAYS, axis=axis, encoding=encoding)
    found = time_points_of_file(path)
    assert found.grid.matches(made.GRID)
    np.testing.assert_array_equal(list(found.read()), ARRAYS)
    assert found.times_s == made.TIMES_S
    whole = [volume.array for volume in volumes_of_file(path, "d")]
    np.testing.assert_array_equal(whole, ARRAYS)


def test_a_block_boundary_within_an_interleaved_file_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("MTINetLib.reading.volumes.nrrd_time_points._TURNED_BYTES", 1000)
    path = made.write_sequence(tmp_path / "d.seq.nrrd", ARRAYS)
    np.testing.assert_array_equal(read_all(path), ARRAYS)


@pytest.mark.parametrize(
    ("unit", "values", "times"),
    [
        ("ms", [0.0, 4000.0, 9500.0, 13000.0, 30000.0, 62000.0, 75000.0, 140000.0], made.TIMES_S),
        ("", list(range(8)), (None,) * 8),
        ("frame", list(range(8)), (None,) * 8),
        ("s", [0.0, 5.0, 4.0, 13.0, 30.0, 62.0, 75.0, 140.0], (None,) * 8),
    ],
)
def test_the_index_of_a_sequence_is_a_time_only_with_a_unit_of_time(
    tmp_path: Path, unit: str, values: list[float], times: tuple[float | None, ...]
) -> None:
    path = made.write_sequence(tmp_path / "d.seq.nrrd", ARRAYS, unit=unit, values=values)
    assert time_points_of_file(path).times_s == times


def test_trigger_times_of_slicers_dicom_import_are_read(tmp_path: Path) -> None:
    labels = ",".join(f"{1000 * time:g}" for time in made.TIMES_S)
    fields = (
        "MultiVolume.FrameIdentifyingDICOMTagName:=TriggerTime",
        "MultiVolume.FrameIdentifyingDICOMTagUnits:=ms",
        f"MultiVolume.FrameLabels:={labels}",
    )
    path = made.write_sequence(tmp_path / "d.seq.nrrd", ARRAYS, unit="", values=list(range(8)), fields=fields)
    assert time_points_of_file(path).times_s == made.TIMES_S


@pytest.mark.parametrize("compressed", [False, True])
def test_a_4d_metaimage_gives_its_volumes(tmp_path: Path, compressed: bool) -> None:
    image = SimpleITK.JoinSeries([SimpleITK.GetImageFromArray(array) for array in ARRAYS])
    path = tmp_path / "d.mha"
    SimpleITK.WriteImage(image, str(path), useCompression=compressed)
    np.testing.assert_array_equal(read_all(path), ARRAYS)


def test_one_volume_is_a_series_of_one(tmp_path: Path) -> None:
    write_volume(tmp_path / "one.nii.gz", ARRAYS[0], made.GRID)
    np.testing.assert_array_equal(read_all(tmp_path / "one.nii.gz"), ARRAYS[:1])


@pytest.mark.parametrize("name", ["d.nii", "d.nii.gz", "raw0.seq.nrrd", "gzip3.seq.nrrd"])
def test_a_file_that_is_cut_off_ends_in_a_sentence_that_names_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.startswith("d."):
        made.write_nifti(path, ARRAYS)
    else:
        made.write_sequence(path, ARRAYS, axis=int(name[-10]), encoding=name[:-10])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])
    with pytest.raises(InputError, match=rf"{path.name} cannot be read; it is (cut off|damaged)"):
        read_all(path)


def test_infinite_values_are_refused_and_nan_stays(tmp_path: Path) -> None:
    arrays = [array.astype(np.float32) for array in ARRAYS]
    arrays[1][2, 3, 4] = np.nan
    path = made.write_nifti(tmp_path / "d.nii", arrays)
    assert np.isnan(read_all(path)[1][2, 3, 4])
    arrays[2][2, 3, 4] = np.inf
    with pytest.raises(InputError, match="infinite values"):
        read_all(made.write_nifti(path, arrays))


@pytest.mark.parametrize("kind", ["nii", "raw0", "raw3", "gzip0", "gzip3"])
def test_reading_holds_no_more_than_two_volumes(tmp_path: Path, kind: str) -> None:
    grid = made_grid((24, 128, 128))
    arrays = [np.full(grid.shape, number, dtype=np.int16) for number in range(20)]
    if kind == "nii":
        path = made.write_nifti(tmp_path / "d.nii", arrays, grid)
    else:
        path = made.write_sequence(
            tmp_path / "d.seq.nrrd", arrays, grid=grid, axis=int(kind[-1]), encoding=kind[:-1],
            values=list(range(20)),
        )  # fmt: skip
    one = arrays[0].size * 4
    tracemalloc.start()
    try:
        seen = list(map(np.max, time_points_of_file(path).read()))  # no name holds a volume
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == [float(number) for number in range(20)]
    assert peak < 2 * one


def test_more_time_points_than_a_study_has_phases_are_read_and_no_study(tmp_path: Path) -> None:
    grid = made_grid((2, 4, 5))
    arrays = [np.full(grid.shape, number, dtype=np.int16) for number in range(300)]
    path = made.write_nifti(tmp_path / "d.nii", arrays, grid)
    assert len(read_all(path)) == 300
    with pytest.raises(InputError, match="300 volumes, more than any study of the liver's phases"):
        volumes_of_file(path, "d")
