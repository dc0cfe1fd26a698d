"""Series UIDs that do not stand for series: parts under several, several under one, and UIDs used twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from support import dicom_layouts as layouts

from MTINetLib.pipeline.inspect import inspect
from MTINetLib.pipeline.open import open_study
from MTINetLib.reading.dicom.read import open_dicom_folder, read_dicom_folder
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase

GRID = Grid((12, 40, 48), (6.0, 6.5, 5.0), (-120.0, -100.0, 30.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
NAMES = ("VIBE nativ", "VIBE arteriell", "VIBE portalvenös", "VIBE spät")

Part = Callable[[int], int]


def _images(truth: layouts.Truth, names: tuple[str, ...] = NAMES) -> list[list[Dataset]]:
    """The slices of each phase."""
    images = layouts.series_per_phase(truth, names)
    count = truth.grid.shape[0]
    for image in images:
        image.SpecificCharacterSet = "ISO_IR 192"
    return [images[t * count : (t + 1) * count] for t in range(4)]


def _in_parts(phase: list[Dataset], part: Part) -> None:
    for k, image in enumerate(phase):
        image.SeriesInstanceUID = generate_uid(entropy_srcs=[str(image.SeriesInstanceUID), str(part(k))])


def _flat(phases: list[list[Dataset]]) -> list[Dataset]:
    return [image for phase in phases for image in phase]


@pytest.mark.parametrize(
    "part",
    [lambda k: k // 5, lambda k: k // 4, lambda k: k % 2, lambda k: k % 3, lambda k: k],
    ids=["upper and lower", "three blocks", "odd and even", "every third", "each slice"],
)
@pytest.mark.parametrize("whole", ["times", "numbers only"])
def test_parts_of_a_phase_are_put_together_voxel_by_voxel(tmp_path: Path, part: Part, whole: str) -> None:
    truth = layouts.make_truth(GRID)
    phases = _images(truth)
    for phase in phases[1:3]:
        _in_parts(phase, part)
    if whole == "numbers only":
        for image in _flat(phases):
            del image.AcquisitionTime, image.SeriesTime
    study = open_study(layouts.write_shuffled(tmp_path, _flat(phases)), alignment="off")
    np.testing.assert_array_equal(study.volumes, truth.volumes)
    assert study.grid.matches(GRID)
    assert "joined_series" in study.flags
    said = study.source(Phase.PORTAL_VENOUS).evidence
    count = len({part(k) for k in range(12)})
    assert any(f"put together from {count} series" in sentence for sentence in said)
    assert not any(item.startswith("made:") for item in study.sources[0].evidence)


def test_parts_that_overlap_in_equal_slices_are_put_together(tmp_path: Path) -> None:
    truth = layouts.make_truth(GRID)
    phases = _images(truth)
    again = _images(truth)[2][4:8]
    _in_parts(phases[2], lambda k: k // 8)
    for image in again:
        image.SeriesInstanceUID = phases[2][8].SeriesInstanceUID
        image.SOPInstanceUID = generate_uid()
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, [*_flat(phases), *again]))
    assert len(volumes) == 4
    np.testing.assert_array_equal(volumes[2].array, truth.volumes[2])
    assert {"joined_series", "duplicate_slices"} <= set(volumes[2].flags)


def test_parts_whose_common_slices_differ_are_left_apart(tmp_path: Path) -> None:
    truth = layouts.make_truth(GRID)
    phases = _images(truth)
    again = _images(truth)[2][4:8]
    _in_parts(phases[2], lambda k: k // 8)
    for image in again:
        image.SeriesInstanceUID = phases[2][8].SeriesInstanceUID
        image.SOPInstanceUID = generate_uid()
        image.PixelData = bytes(len(image.PixelData))
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, [*_flat(phases), *again]))
    assert sorted(volume.grid.shape[0] for volume in volumes) == [8, 8, 12, 12, 12]
    assert not any("joined_series" in volume.flags for volume in volumes)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: setattr(image, "AcquisitionTime", layouts.clock(117.0)),
        lambda image: setattr(image, "SeriesDescription", "VIBE"),
        lambda image: setattr(image, "FrameOfReferenceUID", generate_uid()),
        lambda image: setattr(image, "FlipAngle", 30),
    ],
    ids=["time", "description", "frame of reference", "sequence"],
)
def test_parts_that_may_be_of_two_phases_are_left_apart(
    tmp_path: Path, change: Callable[[Dataset], None]
) -> None:
    truth = layouts.make_truth(GRID)
    phases = _images(truth)
    _in_parts(phases[3], lambda k: k // 7)
    for image in phases[3][7:]:
        change(image)
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, _flat(phases)))
    assert sorted(volume.grid.shape[0] for volume in volumes) == [5, 7, 12, 12, 12]


def test_upper_and_lower_stacks_without_times_and_of_other_numbers_are_left_apart(tmp_path: Path) -> None:
    truth = layouts.make_truth(GRID)
    phases = _images(truth, ("anon",) * 4)
    upper, lower = phases[1][6:], phases[2][:6]
    for image in (*upper, *lower):
        image.AcquisitionTime = image.SeriesTime = "000000"
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, [*upper, *lower]))
    assert [volume.grid.shape[0] for volume in volumes] == [6, 6]


def test_a_slice_missing_between_parts_is_named(tmp_path: Path) -> None:
    truth = layouts.make_truth(GRID)
    phases = _images(truth)
    _in_parts(phases[2], lambda k: k // 6)
    del phases[2][5]
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, _flat(phases)))
    assert volumes[2].problem is not None
    assert "misses 1 slice: there is a gap of 10.0 mm after slice 5" in volumes[2].problem


def test_the_same_identifiers_in_all_phases_lose_no_image(tmp_path: Path) -> None:
    truth = layouts.make_truth(GRID)
    phases = _images(truth)
    for phase in phases:
        for k, image in enumerate(phase):
            image.SOPInstanceUID = f"1.2.826.5.{k + 1}"
    folder = layouts.write_shuffled(tmp_path, _flat(phases))
    found = open_dicom_folder(folder)
    assert (found.copies, found.skipped, len(found.volumes)) == (0, 0, 4)
    for volume, wanted in zip(found.volumes, truth.volumes, strict=True):
        np.testing.assert_array_equal(volume.array, wanted)
        assert "ambiguous_uids" in volume.flags
    assert "the same SOP Instance UID (in 4 of the volumes)" in " ".join(inspect(folder, FOUR_PHASES).doubts)
    assert "ambiguous_uids" in open_study(folder, alignment="off").flags


def test_empty_slices_with_one_identifier_stay_in_their_phases(tmp_path: Path) -> None:
    truth = layouts.make_truth(GRID)
    truth.volumes[:, 0] = 0
    phases = _images(truth)
    for phase in phases:
        phase[0].SOPInstanceUID = "1.2.826.9"
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, _flat(phases)))
    assert [volume.grid.shape[0] for volume in volumes] == [12] * 4


def test_files_stored_twice_are_counted_once(tmp_path: Path) -> None:
    truth = layouts.make_truth(GRID)
    layouts.write_shuffled(tmp_path / "one", _flat(_images(truth)))
    layouts.write_shuffled(tmp_path / "copy of one", _flat(_images(truth))[5:20], seed=3)
    found = inspect(tmp_path, FOUR_PHASES)
    assert (found.copies, found.skipped, len(found.volumes)) == (15, 0, 4)
    assert not any("Identifier" in said or "UID" in said for said in found.doubts)


@pytest.mark.parametrize("part", [slice(None), slice(2, 9)], ids=["whole", "some of its images"])
@pytest.mark.parametrize("times", [True, False])
def test_a_series_stored_again_under_another_series_uid_is_a_copy(
    tmp_path: Path, part: slice, times: bool
) -> None:
    truth = layouts.make_truth(GRID)
    phases, again = _images(truth), _images(truth)[2][part]
    for image in again:
        image.SeriesInstanceUID = "1.2.826.11"
    for image, same in zip(phases[2][part], again, strict=True):
        same.SOPInstanceUID = image.SOPInstanceUID
    images = [*_flat(phases), *again]
    for image in images if not times else ():
        del image.AcquisitionTime, image.SeriesTime
    found = open_dicom_folder(layouts.write_shuffled(tmp_path, images))
    assert (found.copies, len(found.volumes)) == (len(again), 4)
    for volume, wanted in zip(found.volumes, truth.volumes, strict=True):
        np.testing.assert_array_equal(volume.array, wanted)
        assert not {"ambiguous_uids", "joined_series", "duplicate_slices"} & set(volume.flags)


def test_a_series_stored_again_with_another_pixel_is_no_copy(tmp_path: Path) -> None:
    truth = layouts.make_truth(GRID)
    phases, again = _images(truth), _images(truth)[1]
    for image, same in zip(phases[1], again, strict=True):
        same.SOPInstanceUID, same.SeriesInstanceUID = image.SOPInstanceUID, "1.2.826.11"
    changed = bytearray(again[4].PixelData)
    changed[200] ^= 1
    again[4].PixelData = bytes(changed)
    found = open_dicom_folder(layouts.write_shuffled(tmp_path, [*_flat(phases), *again]))
    assert (found.copies, len(found.volumes)) == (0, 5)


def test_equal_empty_slices_of_phases_without_names_and_times_stay(tmp_path: Path) -> None:
    truth = layouts.make_truth(GRID)
    truth.volumes[:, :2] = 0
    phases = _images(truth, ("anon",) * 4)
    for phase in phases:
        for k, image in enumerate(phase):
            image.SOPInstanceUID, image.SeriesNumber = f"1.2.826.12.{k + 1}", 7
            image.AcquisitionTime = image.SeriesTime = "000000"
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, _flat(phases)))
    assert [volume.grid.shape[0] for volume in volumes] == [12] * 4
    found = {volume.array.tobytes() for volume in volumes}
    assert found == {np.asarray(wanted, volumes[0].array.dtype).tobytes() for wanted in truth.volumes}


def test_of_two_copies_the_whole_one_is_used(tmp_path: Path) -> None:
    truth = layouts.make_truth(GRID)
    images = _flat(_images(truth))
    layouts.save(images[30], tmp_path / "a.dcm")
    whole = (tmp_path / "a.dcm").read_bytes()
    (tmp_path / "a.dcm").write_bytes(whole[:-1000])
    layouts.write_shuffled(tmp_path / "b", images)
    volumes = read_dicom_folder(tmp_path)
    np.testing.assert_array_equal(volumes[2].array, truth.volumes[2])


@pytest.mark.parametrize("lost", [(), ("AcquisitionTime",), ("AcquisitionTime", "SeriesTime")])
@pytest.mark.parametrize("uneven", [False, True])
def test_one_series_uid_for_all_phases_is_taken_apart_by_what_differs(
    tmp_path: Path, lost: tuple[str, ...], uneven: bool
) -> None:
    truth = layouts.make_truth(GRID)
    phases = _images(truth)
    if uneven:
        del phases[3][10:]
    for image in _flat(phases):
        image.SeriesInstanceUID = "1.2.826.7"
        for keyword in lost:
            delattr(image, keyword)
    folder = layouts.write_shuffled(tmp_path, _flat(phases))
    study = open_study(folder, alignment="off")
    for phase in FOUR_PHASES:
        slices = 10 if uneven and phase is Phase.DELAYED else 12
        np.testing.assert_array_equal(
            study.phase(phase)[:slices], truth.volumes[FOUR_PHASES.index(phase), :slices]
        )


def test_one_series_uid_and_one_description_are_taken_apart_by_the_series_time(tmp_path: Path) -> None:
    truth = layouts.make_truth(GRID)
    phases = _images(truth, ("LAVA",) * 4)
    for image in _flat(phases):
        image.SeriesInstanceUID, image.SeriesNumber = "1.2.826.7", "4"
        del image.AcquisitionTime
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, _flat(phases)))
    for volume, wanted in zip(volumes, truth.volumes, strict=True):
        np.testing.assert_array_equal(volume.array, wanted)


@pytest.mark.parametrize(
    ("short", "flag", "sentence"),
    [
        (
            Phase.PORTAL_VENOUS, "reference_short:arterial:25_mm:42_percent",
            "The portal venous phase lacks 25 mm (42 %) of the range of the arterial phase",
        ),
        (
            Phase.DELAYED, "uncovered:delayed:25_mm:42_percent",
            "The delayed phase lacks 25 mm (42 %) of the range of the portal venous phase",
        ),
    ],
)  # fmt: skip
def test_a_phase_of_a_part_of_the_range_is_told_in_millimetres(
    tmp_path: Path, short: Phase, flag: str, sentence: str
) -> None:
    truth = layouts.make_truth(GRID)
    phases = _images(truth)
    del phases[FOUR_PHASES.index(short)][7:]
    folder = layouts.write_shuffled(tmp_path, _flat(phases))
    assert any(said.startswith(sentence) for said in inspect(folder, FOUR_PHASES).doubts)
    assert flag in open_study(folder, alignment="off").flags
