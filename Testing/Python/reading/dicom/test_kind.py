"""The SOP class decides what is an image of the study; the rest is set aside, counted and no damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    ColorSoftcopyPresentationStateStorage,
    ComprehensiveSRStorage,
    EncapsulatedPDFStorage,
    EnhancedMRColorImageStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    MRSpectroscopyStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    RawDataStorage,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)
from support import dicom_layouts as layouts
from typer.testing import CliRunner

from MTINetLib.cli import app
from MTINetLib.errors import InputError
from MTINetLib.pipeline.open import open_study
from MTINetLib.reading.dicom.read import open_dicom_folder

TRUTH = layouts.make_truth(layouts.oblique_grid((8, 48, 48)))
WITH_PIXELS = (
    SecondaryCaptureImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    EnhancedMRColorImageStorage,
    SegmentationStorage,
)
WITHOUT = (
    EncapsulatedPDFStorage,
    ComprehensiveSRStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    ColorSoftcopyPresentationStateStorage,
    RawDataStorage,
    MRSpectroscopyStorage,
    RTStructureSetStorage,
)


def _study(folder: Path) -> Path:
    return layouts.write_shuffled(folder, layouts.series_per_phase(TRUTH))


def _object(sop_class: str, *, geometry: bool = False) -> Dataset:
    """Of modality MR, in the study, as programs write them that know no better."""
    data = layouts.slice_of(TRUTH, 1, 3, "other object", 1)
    data.SOPClassUID = sop_class
    if sop_class in WITHOUT:
        for keyword in ("Rows", "Columns", "PixelData", "BitsAllocated"):
            delattr(data, keyword)
    if not geometry:
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
            delattr(data, keyword)
    return data


@pytest.mark.parametrize("geometry", [False, True])
@pytest.mark.parametrize("sop_class", [*WITH_PIXELS, *WITHOUT], ids=lambda uid: uid.name)
def test_other_objects_of_modality_mr_are_set_aside(tmp_path: Path, sop_class: str, geometry: bool) -> None:
    _study(tmp_path)
    layouts.save(_object(sop_class, geometry=geometry), tmp_path / "other.dcm")
    found = open_dicom_folder(tmp_path)
    assert found.problems == ()
    assert found.set_aside == {sop_class.name.removesuffix(" Storage"): 1}  # type: ignore[attr-defined]
    assert (found.skipped, len(found.volumes)) == (1, 4)
    for t, volume in enumerate(found.volumes):
        np.testing.assert_array_equal(volume.array, TRUTH.volumes[t])


@pytest.mark.parametrize(("samples", "photometric"), [(3, "RGB"), (3, "YBR_FULL"), (1, "PALETTE COLOR")])
def test_colour_images_are_set_aside(tmp_path: Path, samples: int, photometric: str) -> None:
    _study(tmp_path)
    image = layouts.slice_of(TRUTH, 1, 3, "map", 1)
    image.SamplesPerPixel, image.PhotometricInterpretation = samples, photometric
    image.PixelData = image.PixelData * samples
    layouts.save(image, tmp_path / "map.dcm")
    found = open_dicom_folder(tmp_path)
    assert (found.problems, found.set_aside) == ((), {"colour images": 1})


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2", ""])
def test_grey_images_are_images(tmp_path: Path, photometric: str) -> None:
    for number, image in enumerate(layouts.series_per_phase(TRUTH)[:8]):
        image.PhotometricInterpretation = photometric
        layouts.save(image, tmp_path / f"{number}.dcm")
    np.testing.assert_array_equal(open_dicom_folder(tmp_path).volumes[0].array, TRUTH.volumes[0])


def test_the_meta_information_tells_the_kind_where_the_header_does_not(tmp_path: Path) -> None:
    _study(tmp_path)
    layouts.save(_object(SecondaryCaptureImageStorage), tmp_path / "shot.dcm")
    data = dcmread(tmp_path / "shot.dcm")
    del data.SOPClassUID
    data.save_as(tmp_path / "shot.dcm")
    found = open_dicom_folder(tmp_path)
    assert (found.problems, found.set_aside) == ((), {"Secondary Capture Image": 1})


def test_a_study_with_a_screenshot_has_no_flag_of_damage(tmp_path: Path) -> None:
    _study(tmp_path)
    for number in range(3):
        shot = _object(SecondaryCaptureImageStorage)
        shot.SOPInstanceUID = f"1.2.3.{number}"
        layouts.save(shot, tmp_path / f"shot{number}.dcm")
    assert "unreadable_files" not in open_study(tmp_path, alignment="off").flags
    printed = " ".join(CliRunner().invoke(app, ["inspect", str(tmp_path)]).output.split())
    assert "Files that hold no MR images: 3 (3 Secondary Capture Image)." in printed


def test_a_folder_of_screenshots_is_called_so(tmp_path: Path) -> None:
    layouts.save(_object(SecondaryCaptureImageStorage), tmp_path / "shot.dcm")
    with pytest.raises(InputError, match=r"no MR images \(only Secondary Capture Image\)"):
        open_dicom_folder(tmp_path)
