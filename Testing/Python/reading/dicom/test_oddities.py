"""Oddities of real archives, each written as it occurs, with a truth to compare with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet
from pydicom.sequence import Sequence
from support import dicom_layouts as layouts
from support.dicom_layouts import Truth

from MTINetLib.errors import InputError
from MTINetLib.reading.dicom.read import open_dicom_folder, read_dicom_folder
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.grid import Grid


def _assert_equal(volumes: list[SourceVolume], truth: Truth) -> None:
    assert len(volumes) == len(truth.volumes)
    for volume, expected in zip(volumes, truth.volumes, strict=True):
        assert volume.problem is None
        np.testing.assert_array_equal(volume.array, expected)
        assert volume.grid.matches(truth.grid, tolerance_mm=1e-4)


def test_time_points_that_only_trigger_times_tell_apart(tmp_path: Path) -> None:
    truth = layouts.make_truth()

    def change(data: Dataset, t: int, k: int) -> None:
        data.TriggerTime, data.AcquisitionTime = truth.times_s[t] * 1000, layouts.clock(0)
        data.InstanceNumber = 1
        data.SeriesDescription = "dyn"

    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, layouts.classic(truth, change)))
    _assert_equal(volumes, truth)
    assert [volume.headers["trigger_s"] for volume in volumes] == list(truth.times_s)
    assert {volume.headers["time_split_by"] for volume in volumes} == {"trigger_s"}


AGENT_PHASES = ("PRE_CONTRAST", "ARTERIAL", "PORTAL_VENOUS", "DELAYED")


def _enhanced_by_agent_phase(truth: Truth) -> Dataset:
    """Frames in no order, told apart by nothing but the phase of the contrast agent in each."""
    data = layouts.philips_enhanced(truth)[0]
    frames = list(data.PerFrameFunctionalGroupsSequence)
    for number, frame in enumerate(frames):
        frame.FrameContentSequence = Sequence([Dataset()])
        usage = Dataset()
        usage.ContrastBolusAgentPhase = AGENT_PHASES[number % 4]
        frame.ContrastBolusUsageSequence = Sequence([usage])
    order = np.random.default_rng(3).permutation(len(frames))
    pixels = np.frombuffer(data.PixelData, "<u2").reshape(len(frames), -1)
    data.PerFrameFunctionalGroupsSequence = Sequence([frames[n] for n in order])
    data.PixelData = pixels[order].tobytes()
    return data


def test_frames_that_only_the_agents_phase_tells_apart(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    layouts.save(_enhanced_by_agent_phase(truth), tmp_path / "IM")
    volumes = read_dicom_folder(tmp_path)
    _assert_equal(volumes, truth)
    assert [volume.headers["ContrastBolusAgentPhase"] for volume in volumes] == list(AGENT_PHASES)


def test_a_dicomdir_beside_the_images_changes_nothing(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    files = FileSet()
    for data in layouts.series_per_phase(truth):
        layouts.save(data, tmp_path / "one.dcm")
        data.StudyTime, data.StudyID, data.AccessionNumber = "100000", "1", ""
        layouts.save(data, tmp_path / "one.dcm")
        files.add(tmp_path / "one.dcm")
    files.write(tmp_path / "disc")
    assert (tmp_path / "disc" / "DICOMDIR").is_file()
    found = open_dicom_folder(tmp_path / "disc")
    _assert_equal(list(found.volumes), truth)
    assert (found.problems, found.skipped) == ((), 1)


def test_a_dixon_dynamic_in_one_series_becomes_one_volume_per_kind_and_time(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = []
    for kind, shift in (("W", 0), ("F", 1000), ("IP", 2000), ("OPP", 3000)):
        for image in layouts.ge_with_identifier(truth):
            image.ImageType = ["DERIVED", "PRIMARY", "DIXON", kind]
            image.SOPInstanceUID = f"{image.SOPInstanceUID[:50]}.{shift}"
            values = np.frombuffer(image.PixelData, "<u2") + np.uint16(shift)
            image.PixelData = values.tobytes()
            images.append(image)
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, images))
    assert len(volumes) == 16
    for kind, shift in (("W", 0), ("F", 1000), ("IP", 2000), ("OPP", 3000)):
        own = [volume for volume in volumes if volume.description.endswith(f"[{kind}]")]
        for volume, expected in zip(own, truth.volumes, strict=True):
            np.testing.assert_array_equal(volume.array, expected + shift)


def test_subtractions_in_the_series_itself_are_volumes_of_their_own(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = layouts.siemens_single_series(truth)
    for t in (1, 2, 3):
        for k in range(8):
            image = layouts.slice_of(truth, t, k, "dynamic", 100 + 8 * t + k)
            image.SOPInstanceUID = f"1.2.3.{t}.{k}"
            image.ImageType = ["DERIVED", "SECONDARY", "SUBTRACTION"]
            image.SeriesDescription = "t1_vibe_dyn"
            image.AcquisitionTime = layouts.clock(truth.times_s[t] + 0.05 * k)
            difference = np.maximum(truth.volumes[t, k] - truth.volumes[0, k], 0)
            image.PixelData = difference.astype("<u2").tobytes()
            images.append(image)
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, images))
    subtracted = [volume for volume in volumes if "SUBTRACTION" in volume.description]
    _assert_equal([volume for volume in volumes if volume not in subtracted], truth)
    assert len(subtracted) == 3
    np.testing.assert_array_equal(subtracted[0].array, np.maximum(truth.volumes[1] - truth.volumes[0], 0))


def test_two_orientations_in_one_series_become_two_volumes(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    coronal = Grid((6, 24, 32), (7.0, 8.0, 9.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 0, 1.0, 0, -1.0, 0))
    other = layouts.make_truth(coronal, seed=2)
    images = layouts.series_per_phase(truth)[:8]
    for image in layouts.series_per_phase(other)[:6]:
        image.SeriesInstanceUID = images[0].SeriesInstanceUID
        image.SOPInstanceUID = f"{image.SOPInstanceUID[:60]}.1"
        images.append(image)
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, images))
    by_slices = {volume.grid.shape[0]: volume for volume in volumes}
    assert sorted(by_slices) == [6, 8]
    np.testing.assert_array_equal(by_slices[8].array, truth.volumes[0])
    np.testing.assert_array_equal(by_slices[6].array[0], other.volumes[0][0])


# --- Values: what is compared between phases has to be linear in the signal and on one scale.


def _with_table(truth: Truth, outputs: Any) -> list[Dataset]:
    images = layouts.series_per_phase(truth)[:8]
    for image in images:
        table = Dataset()
        table.add_new("LUTDescriptor", "US", [len(outputs), 10, 16])
        table.add_new("LUTData", "US", [int(value) for value in outputs])
        table.ModalityLUTType = "US"
        image.ModalityLUTSequence = Sequence([table])
    return images


def test_a_straight_modality_table_is_applied(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = _with_table(truth, np.rint(2.5 * np.arange(2000) + 100))
    volume = read_dicom_folder(layouts.write_shuffled(tmp_path, images))[0]
    np.testing.assert_allclose(volume.array, 2.5 * (truth.volumes[0] - 10) + 100, atol=1.0)


def test_a_bent_modality_table_is_refused_by_name(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    bent = _with_table(truth, np.sqrt(np.arange(2000)) * 100)
    whole = layouts.series_per_phase(truth)[8:16]
    found = open_dicom_folder(layouts.write_shuffled(tmp_path, [*bent, *whole]))
    assert len(found.volumes) == 1
    np.testing.assert_array_equal(found.volumes[0].array, truth.volumes[1])
    assert {problem.reason for problem in found.problems} == {
        "has a modality look-up table that is not a straight line, so its values are not linear in the signal"
    }


RESCALES = (1.5, 0.7, 2.2, 1.1)
SCALES = (0.004, 0.002, 0.008, 0.003)


def _philips(truth: Truth, *, without: tuple[int, ...] = ()) -> list[Dataset]:
    """Series as Philips stores them: each with its own rescale slope, and the signal behind a private scale.

    The truth's numbers are the scanner's floating point values; stored = signal x scale slope.
    """
    images = layouts.series_per_phase(truth)
    for number, image in enumerate(images):
        t, k = divmod(number, 8)
        image.RescaleSlope, image.RescaleIntercept = RESCALES[t], 0
        stored = np.rint(truth.volumes[t, k] * 1000 * SCALES[t])
        image.PixelData = stored.astype("<u2").tobytes()
        if t not in without:
            block = image.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
            block.add_new(0x0D, "FL", 0.0)
            block.add_new(0x0E, "FL", SCALES[t])
    return images


def test_philips_phases_come_on_the_scanners_own_scale(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, _philips(truth)))
    for t, volume in enumerate(volumes):
        assert volume.flags == ()
        np.testing.assert_allclose(volume.array, truth.volumes[t] * 1000, atol=0.51 / SCALES[t], rtol=1e-5)
    # What a viewer shows would tell another story of the enhancement.
    aorta = np.unravel_index(np.argmax(truth.volumes[1]), truth.grid.shape)
    shown = [np.rint(truth.volumes[t][aorta] * 1000 * SCALES[t]) * RESCALES[t] for t in (0, 1)]
    true = [truth.volumes[t][aorta] for t in (0, 1)]
    assert volumes[1].array[aorta] / volumes[0].array[aorta] == pytest.approx(true[1] / true[0], rel=0.01)
    assert shown[1] / shown[0] < 0.5 * true[1] / true[0]


def test_a_private_scale_that_some_images_lack_is_not_used_and_said(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    volumes = read_dicom_folder(layouts.write_shuffled(tmp_path, _philips(truth, without=(2,))))
    for t, volume in enumerate(volumes):
        assert volume.flags == ("mixed_scale",)
        shown = np.rint(truth.volumes[t] * 1000 * SCALES[t]) * RESCALES[t]
        np.testing.assert_allclose(volume.array, shown, rtol=1e-5)


def test_another_makers_private_attribute_of_that_number_is_no_scale(tmp_path: Path) -> None:
    truth = layouts.make_truth()
    images = layouts.series_per_phase(truth)
    for image in images:
        block = image.private_block(0x2005, "SOMEBODY ELSE", create=True)
        block.add_new(0x0E, "FL", 0.004)
    _assert_equal(read_dicom_folder(layouts.write_shuffled(tmp_path, images)), truth)


def test_lossy_compression_is_said(tmp_path: Path) -> None:
    images = layouts.series_per_phase(layouts.make_truth())[:8]
    for image in images:
        image.LossyImageCompression = "01"
    volume = read_dicom_folder(layouts.write_shuffled(tmp_path, images))[0]
    assert volume.flags == ("lossy_compression",)


@pytest.mark.parametrize("told", [None, 0.0])
def test_a_single_slice_of_unknown_thickness_is_never_measured(tmp_path: Path, told: float | None) -> None:
    image = layouts.series_per_phase(layouts.make_truth())[3]
    del image.SliceThickness
    if told is not None:
        image.SliceThickness = told
    layouts.save(image, tmp_path / "IM1")
    (volume,) = read_dicom_folder(tmp_path)
    with pytest.raises(InputError, match="has a single slice that does not say how thick it is"):
        _ = volume.array
    image.SliceThickness = 6.5
    layouts.save(image, tmp_path / "IM1")
    (volume,) = read_dicom_folder(tmp_path)
    assert volume.grid.spacing[2] == 6.5
    assert volume.array.shape == (1, 24, 32)
