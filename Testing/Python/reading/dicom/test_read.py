"""Folders of DICOM in every layout become the right volumes in the right place."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from support import dicom_layouts as layouts

from MTINetLib.errors import InputError
from MTINetLib.reading.dicom.read import open_dicom_folder, read_dicom_folder
from MTINetLib.study.grid import Grid


def _same_place(grid: Grid, truth: Grid) -> bool:
    return grid.matches(truth, tolerance_mm=1e-4) and np.allclose(grid.direction, truth.direction, atol=1e-6)


@pytest.mark.parametrize("name", sorted(layouts.LAYOUTS))
def test_every_layout_gives_four_volumes_with_exact_pixels_and_geometry(tmp_path: Path, name: str) -> None:
    truth = layouts.make_truth()
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, layouts.LAYOUTS[name](truth)))
    assert len(volumes) == 4
    for volume, expected in zip(volumes, truth.volumes, strict=True):
        assert volume.problem is None
        np.testing.assert_array_equal(volume.array, expected)
        assert _same_place(volume.grid, truth.grid)
        assert len(volume.instance_uids) == truth.grid.shape[0]


@pytest.mark.parametrize(
    "direction",
    [
        (1, 0, 0, 0, 0, 1, 0, -1, 0),  # coronal: i to the left, j to the feet
        (0, 0, -1, 1, 0, 0, 0, -1, 0),  # sagittal
        (-1, 0, 0, 0, -1, 0, 0, 0, 1),  # turned by half a circle
    ],
)
def test_other_orientations_keep_their_place(tmp_path: Path, direction: tuple[float, ...]) -> None:
    grid = Grid((5, 18, 20), (2.0, 3.0, 4.0), (10.0, -20.0, 30.0), tuple(map(float, direction)))  # type: ignore[arg-type]
    truth = layouts.make_truth(grid)
    volume = read_dicom_folder(layouts.write_shuffled(tmp_path, layouts.series_per_phase(truth)))[1]
    for k, j, i in [(0, 0, 0), (4, 17, 19), (2, 5, 11)]:
        there = np.rint(volume.grid.to_index(grid.to_lps((k, j, i)))).astype(int)
        assert volume.array[tuple(there)] == truth.volumes[1][k, j, i]


def test_a_reversed_stack_gives_the_same_volume(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    there, back = tmp_path / "there", tmp_path / "back"
    layouts.write_shuffled(there, layouts.series_per_phase(truth)[:8])
    reversed_numbers = layouts.series_per_phase(truth)[:8]
    for number, image in enumerate(reversed(reversed_numbers)):
        image.InstanceNumber = number + 1
    layouts.write_shuffled(back, reversed_numbers, seed=3)
    one, other = read_dicom_folder(there)[0], read_dicom_folder(back)[0]
    np.testing.assert_array_equal(one.array, other.array)
    assert one.grid == other.grid


def test_a_left_handed_stack_lies_in_the_same_place(tmp_path: Path) -> None:
    right = layouts.oblique_grid()
    matrix = right.direction_matrix
    matrix[:, 2] *= -1
    left = Grid(right.shape, right.spacing, right.origin, tuple(matrix.ravel()))
    truth = layouts.make_truth(left)
    volume = read_dicom_folder(layouts.write_shuffled(tmp_path, layouts.series_per_phase(truth)))[0]
    np.testing.assert_array_equal(volume.array, truth.volumes[0][::-1])
    np.testing.assert_allclose(volume.grid.to_lps((7, 0, 0)), left.to_lps((0, 0, 0)), atol=1e-6)


def test_rescaling_is_applied_per_image(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = layouts.series_per_phase(truth)[:8]
    for k, image in enumerate(images):
        image.RescaleSlope, image.RescaleIntercept = 0.5 + k, -3
    volume = read_dicom_folder(layouts.write_shuffled(tmp_path, images))[0]
    slopes = (0.5 + np.arange(8))[:, None, None]
    np.testing.assert_allclose(volume.array, truth.volumes[0] * slopes - 3, rtol=1e-6)


def test_times_that_wrap_at_midnight_stay_in_order(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = layouts.siemens_single_series(truth)
    for number, image in enumerate(images):
        t, k = divmod(number, 8)
        image.AcquisitionTime = layouts.clock(truth.times_s[t] + 0.05 * k, start_s=86400 - 70)
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, images))
    seconds = [volume.headers["acquisition_s"] for volume in volumes]
    np.testing.assert_allclose(np.diff(seconds), np.diff(truth.times_s), atol=1e-3)
    np.testing.assert_array_equal(volumes[3].array, truth.volumes[3])


def test_a_dixon_series_becomes_one_volume_per_kind(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = layouts.classic(truth, _as_dixon)
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, images))
    assert {volume.description for volume in volumes} == {
        f"LAVA Flex [{word}]" for word in ("WATER", "FAT", "IN_PHASE", "OUT_PHASE")
    }
    water = next(volume for volume in volumes if "WATER" in volume.description)
    np.testing.assert_array_equal(water.array, truth.volumes[0])


def _as_dixon(data: Dataset, t: int, k: int) -> None:
    data.SeriesDescription = "LAVA Flex"
    data.ImageType = ["DERIVED", "PRIMARY", "DIXON", ("WATER", "FAT", "IN_PHASE", "OUT_PHASE")[t]]


def test_a_missing_slice_is_named_when_the_volume_is_used(tmp_path: Path) -> None:
    images = layouts.series_per_phase(layouts.make_truth())[:8]
    del images[3]
    volume = read_dicom_folder(layouts.write_shuffled(tmp_path, images))[0]
    with pytest.raises(InputError, match="'LAVA PRE' misses 1 slice"):
        _ = volume.array


def test_unequal_slice_distances_are_named(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = layouts.series_per_phase(truth)[:8]
    images[4].ImagePositionPatient = [float(v) for v in truth.grid.to_lps((4.3, 0, 0))]
    volume = read_dicom_folder(layouts.write_shuffled(tmp_path, images))[0]
    assert volume.problem is not None
    assert "unequal slice distances" in volume.problem


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        (lambda k: (k, 0.9 * k, 0), "sheared stack: its slices lie along a line 38.7 degrees"),
        (lambda k: (k, 0, 4 if k == 5 else 0), "slices that are shifted against each other"),
    ],
)
def test_slices_that_are_not_above_each_other_are_named(tmp_path: Path, moved: Any, words: str) -> None:
    truth = layouts.make_truth()
    images = layouts.series_per_phase(truth)[:8]
    for k, image in enumerate(images):
        image.ImagePositionPatient = [float(v) for v in truth.grid.to_lps(moved(k))]
    volume = read_dicom_folder(layouts.write_shuffled(tmp_path, images))[0]
    assert volume.problem is not None
    assert words in volume.problem


def test_second_copies_of_files_change_nothing(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    layouts.write_shuffled(tmp_path / "one", layouts.philips_classic(truth))
    layouts.write_shuffled(tmp_path / "two", layouts.philips_classic(truth)[:9], seed=2)
    found = open_dicom_folder(tmp_path)
    assert found.copies == 9
    assert len(found.volumes) == 4
    np.testing.assert_array_equal(found.volumes[2].array, truth.volumes[2])


def test_slices_stored_twice_under_new_names_are_dropped_and_flagged(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = layouts.series_per_phase(truth)[:8]
    again = layouts.series_per_phase(truth)[2:4]
    for number, image in enumerate(again):
        image.SOPInstanceUID = f"1.2.3.{number}"
    volume = read_dicom_folder(layouts.write_shuffled(tmp_path, [*images, *again]))[0]
    np.testing.assert_array_equal(volume.array, truth.volumes[0])
    assert volume.flags == ("duplicate_slices",)


def test_different_images_at_one_position_without_a_reason_are_a_problem(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = layouts.series_per_phase(truth)[:8]
    other = layouts.slice_of(truth, 1, 3, "another", 4)
    other.SeriesInstanceUID = images[0].SeriesInstanceUID
    other.AcquisitionTime = images[0].AcquisitionTime
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, [*images, other]))
    assert len(volumes) == 1
    assert volumes[0].problem is not None
    assert "several images at one position" in volumes[0].problem


def test_a_localizer_in_three_planes_becomes_small_volumes_of_its_own(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = layouts.series_per_phase(truth)
    for number, axes in enumerate([(1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, -1), (0, 1, 0, 0, 0, -1)]):
        image = layouts.slice_of(truth, 0, number, "localizer", number)
        image.ImageOrientationPatient, image.SeriesDescription = list(axes), "loc"
        images.append(image)
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, images))
    assert sorted(volume.grid.shape[0] for volume in volumes) == [1, 1, 1, 8, 8, 8, 8]


def test_a_truncated_file_is_named_and_spoils_only_its_own_volume(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    layouts.write_shuffled(tmp_path, layouts.series_per_phase(truth)[:16])
    damaged = sorted(path for path in tmp_path.rglob("*") if path.is_file())[5]
    damaged.write_bytes(damaged.read_bytes()[:-300])
    whole, broken = sorted(read_dicom_folder(tmp_path), key=lambda volume: volume.problem is not None)
    assert whole.array.shape == truth.grid.shape
    with pytest.raises(InputError, match=f"{damaged.name} is truncated"):
        _ = broken.array


def test_a_damaged_header_is_listed_with_its_reason(tmp_path: Path) -> None:
    layouts.write_shuffled(tmp_path, layouts.series_per_phase(layouts.make_truth()))
    (tmp_path / "bad.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\x08\x00\x16\x00UI\xff\xff" + b"\x01" * 40)
    image = layouts.slice_of(layouts.make_truth(), 0, 0, "other", 1)
    del image.ImagePositionPatient
    layouts.save(image, tmp_path / "nowhere.dcm")
    found = open_dicom_folder(tmp_path)
    assert len(found.volumes) == 4
    assert {p.path.name: p.reason for p in found.problems}["nowhere.dcm"] == (
        "ImagePositionPatient is missing or incomplete"
    )


def test_absurd_sizes_are_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    image = layouts.slice_of(layouts.make_truth(), 0, 0, "huge", 1)
    image.Rows, image.Columns = 65535, 65535
    layouts.save(image, tmp_path / "huge.dcm")
    with pytest.raises(InputError, match=r"huge.dcm: says it has 65535 x 65535 pixels"):
        read_dicom_folder(tmp_path)


def test_other_files_are_skipped_and_counted(tmp_path: Path) -> None:
    layouts.write_shuffled(tmp_path, layouts.series_per_phase(layouts.make_truth()))
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "x" / "empty").write_bytes(b"")
    found = open_dicom_folder(tmp_path)
    assert (len(found.volumes), found.skipped, found.problems) == (4, 2, ())


def test_two_patients_are_never_mixed_and_not_named(tmp_path: Path) -> None:
    images = layouts.series_per_phase(layouts.make_truth())
    for image in images[16:]:
        image.PatientID, image.PatientName = "SECRET-2", "Secret^Name"
        image.StudyInstanceUID, image.StudyDate = "1.2.3", "20231224"
    with pytest.raises(InputError, match=r"2 studies of 2 patients.*20231224, 16 images") as caught:
        read_dicom_folder(layouts.write_shuffled(tmp_path, images))
    assert "SECRET" not in str(caught.value).upper()


def test_two_studies_of_one_patient_are_never_mixed(tmp_path: Path) -> None:
    images = layouts.series_per_phase(layouts.make_truth())
    for image in images[16:]:
        image.StudyInstanceUID = "1.2.3"
    with pytest.raises(InputError, match="2 studies"):
        read_dicom_folder(layouts.write_shuffled(tmp_path, images))


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is empty"):
        read_dicom_folder(tmp_path)


def test_a_folder_of_text_files_says_that_no_dicom_is_there(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("not an image " * 40)
    with pytest.raises(InputError, match="no DICOM images among the 3 files"):
        read_dicom_folder(tmp_path)


def test_a_folder_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file or folder"):
        read_dicom_folder(tmp_path / "nowhere")


def test_dicom_without_mr_images_says_what_it_is(tmp_path: Path) -> None:
    image = layouts.slice_of(layouts.make_truth(), 0, 0, "ct", 1)
    image.Modality = "CT"
    layouts.save(image, tmp_path / "ct.dcm")
    with pytest.raises(InputError, match=r"no MR images \(only CT\)"):
        read_dicom_folder(tmp_path)


def test_every_file_is_opened_once_to_be_sorted_and_once_for_its_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = Grid((9, 24, 32), (1.5, 1.5, 3.0), (-190.0, -190.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
    truth = layouts.Truth(np.full((4, *grid.shape), 7, dtype=np.float32), grid)
    layouts.write_shuffled(tmp_path, layouts.series_per_phase(truth))
    opened: Counter[str] = Counter()
    open_file = os.open

    def counted(path: Any, *rest: Any, **named: Any) -> int:
        opened[str(path)] += 1
        return open_file(path, *rest, **named)

    monkeypatch.setattr(os, "open", counted)
    volumes = read_dicom_folder(tmp_path)
    assert sum(float(volume.array[5, 5, 5]) for volume in volumes) == 28.0
    files = {str(path): 2 for path in tmp_path.rglob("*") if path.is_file()}
    assert {path: count for path, count in opened.items() if path in files} == files
