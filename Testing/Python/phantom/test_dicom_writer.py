"""Written phantom studies are DICOM as a scanner would write it, and the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from MTINetLib.errors import InputError
from MTINetLib.phantom.dicom_writer import DicomStyle, write_study_as_dicom
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study

GRID = Grid((3, 6, 5), (1.25, 1.5, 4.0), (-10.0, 5.5, 7.25), (0.8, 0.0, 0.6, 0.0, 1.0, 0.0, -0.6, 0.0, 0.8))


def _study(scale: float = 1000.0, times: tuple[float | None, ...] = (-20.0, 30.0, 70.0, 180.0)) -> Study:
    values = np.random.default_rng(1).random((4, *GRID.shape)).astype(np.float32) * scale
    values[0, 0, 0, 0] = scale
    return Study(
        values,
        GRID,
        Phase.PORTAL_VENOUS,
        times,
        tuple(PhaseSource("made") for _ in FOUR_PHASES),
        phases=FOUR_PHASES,
    )  # type: ignore[arg-type]


def _first(folder: Path) -> pydicom.Dataset:
    return pydicom.dcmread(sorted(folder.iterdir())[0])


def test_each_phase_is_a_series_of_one_study(tmp_path: Path) -> None:
    folders = write_study_as_dicom(tmp_path, _study(), patient_id="P1", study_seed=5)
    images = [pydicom.dcmread(path) for phase in FOUR_PHASES for path in sorted(folders[phase].iterdir())]
    assert len(images) == 12
    assert len({image.StudyInstanceUID for image in images}) == 1
    assert len({image.SeriesInstanceUID for image in images}) == 4
    assert len({image.SOPInstanceUID for image in images}) == 12
    assert len({image.FrameOfReferenceUID for image in images}) == 1


def test_the_same_seed_writes_the_same_bytes_and_another_seed_other_uids(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_study_as_dicom(tmp_path / name, _study(), patient_id="P1", study_seed=seed)
    names = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.dcm")]
    assert names
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)
    one, other = _first(tmp_path / "a" / "002_pre"), _first(tmp_path / "c" / "002_pre")
    assert one.StudyInstanceUID != other.StudyInstanceUID
    assert one.SOPInstanceUID != other.SOPInstanceUID


def test_every_voxel_lies_where_the_grid_says(tmp_path: Path) -> None:
    folders = write_study_as_dicom(tmp_path, _study(), patient_id="P1", study_seed=5)
    for k, path in enumerate(sorted(folders[Phase.DELAYED].iterdir())):
        image = pydicom.dcmread(path)
        row, column = np.array(image.ImageOrientationPatient[:3]), np.array(image.ImageOrientationPatient[3:])
        # PS3.3 C.7.6.2.1.1: column index along the first triple, row index along the second.
        place = np.array(image.ImagePositionPatient) + 4 * image.PixelSpacing[1] * row
        place += 2 * image.PixelSpacing[0] * column
        np.testing.assert_allclose(place, GRID.to_lps((k, 2, 4)), atol=1e-9)


def test_times_and_contrast_are_those_of_the_study(tmp_path: Path) -> None:
    folders = write_study_as_dicom(tmp_path, _study(), patient_id="P1", study_seed=5)
    pre, arterial = _first(folders[Phase.PRE]), _first(folders[Phase.ARTERIAL])
    assert "ContrastBolusAgent" not in pre
    assert arterial.ContrastBolusAgent
    assert (pre.AcquisitionTime, arterial.AcquisitionTime) == ("101940.000000", "102030.000000")
    assert arterial.ContrastBolusStartTime == "102000.000000"


def test_unknown_times_write_no_times(tmp_path: Path) -> None:
    folders = write_study_as_dicom(
        tmp_path, _study(times=(None, None, None, None)), patient_id="P1", study_seed=5
    )
    image = _first(folders[Phase.ARTERIAL])
    assert "AcquisitionTime" not in image
    assert "ContrastBolusStartTime" not in image


@pytest.mark.parametrize("scale", [3.0, 1000.0, 90000.0])
def test_values_survive_within_a_thousandth_of_the_largest(tmp_path: Path, scale: float) -> None:
    study = _study(scale)
    folders = write_study_as_dicom(tmp_path, study, patient_id="P1", study_seed=5)
    image = _first(folders[Phase.PRE])
    values = image.pixel_array * float(image.get("RescaleSlope", 1)) + float(image.get("RescaleIntercept", 0))
    np.testing.assert_allclose(values, study.volumes[0, 0], atol=scale * 1e-3)


def test_negative_values_are_written_signed(tmp_path: Path) -> None:
    study = _study()
    study.volumes[1, 0, 0, 0] = -40
    image = _first(write_study_as_dicom(tmp_path, study, patient_id="P1", study_seed=5)[Phase.ARTERIAL])
    assert image.pixel_array[0, 0] == -40


def test_attributes_can_be_left_out_and_set(tmp_path: Path) -> None:
    style = DicomStyle(omit=frozenset({"SeriesDescription"}), values={"Manufacturer": "other"})
    folders = write_study_as_dicom(tmp_path, _study(), patient_id="P1", study_seed=5, style=style)
    image = _first(folders[Phase.PRE])
    assert "SeriesDescription" not in image
    assert image.Manufacturer == "other"


def test_what_is_synthetic_says_so(tmp_path: Path) -> None:
    image = _first(write_study_as_dicom(tmp_path, _study(), patient_id="P1", study_seed=5)[Phase.PRE])
    assert (image.PatientName, image.ImageComments, image.Manufacturer) == (
        "PHANTOM^LIVER",
        "synthetic",
        "MTINet phantom",
    )


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    study = _study()
    study.volumes[0, 0, 0, 0] = np.nan
    with pytest.raises(InputError, match="not finite"):
        write_study_as_dicom(tmp_path, study, patient_id="P1", study_seed=5)
