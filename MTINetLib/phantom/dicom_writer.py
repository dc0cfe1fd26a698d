"""Writes a study as classic DICOM MR images, one series a phase, as a scanner would.

DICOM PS3.3: MR Image IOD (A.4), Image Plane module (C.7.6.2), Contrast/Bolus module (C.7.6.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid
from pydicom.valuerep import format_number_as_ds

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study

GE_DESCRIPTIONS: Mapping[Phase, str] = {
    Phase.PRE: "Ax LAVA PRE",
    Phase.ARTERIAL: "Ax LAVA +C ART",
    Phase.PORTAL_VENOUS: "Ax LAVA +C PV",
    Phase.DELAYED: "Ax LAVA +C DELAY 3min",
}
SIEMENS_DESCRIPTIONS: Mapping[Phase, str] = {
    Phase.PRE: "t1_vibe_fs_tra_bh_nativ",
    Phase.ARTERIAL: "t1_vibe_fs_tra_bh_arteriell",
    Phase.PORTAL_VENOUS: "t1_vibe_fs_tra_bh_portalvenoes",
    Phase.DELAYED: "t1_vibe_fs_tra_bh_spaet",
}
PHILIPS_DESCRIPTIONS: Mapping[Phase, str] = {
    Phase.PRE: "THRIVE BH pre",
    Phase.ARTERIAL: "THRIVE BH arterial",
    Phase.PORTAL_VENOUS: "THRIVE BH portal venous",
    Phase.DELAYED: "THRIVE BH delayed",
}


@dataclass(frozen=True)
class DicomStyle:
    """How the headers are filled.

    Args:
        descriptions: SeriesDescription per phase.
        folder_per_series: one folder a series; otherwise all files lie in one folder.
        suffix: of the file names, such as ``.dcm`` or an empty text.
        signed: int16 pixels; otherwise uint16 unless a value is negative.
        omit: keywords of attributes to leave out, such as ``AcquisitionTime``.
        values: attributes set last, by keyword, the same in every image.
        start: clock time of second 0 of the study's times.
        repetition_ms, echo_ms, flip_degrees: of the spoiled gradient echo.
        agent: written to ContrastBolusAgent of every phase but the pre-contrast one.
    """

    descriptions: Mapping[Phase, str] = field(default_factory=lambda: GE_DESCRIPTIONS)
    folder_per_series: bool = True
    suffix: str = ".dcm"
    signed: bool = False
    omit: frozenset[str] = frozenset()
    values: Mapping[str, Any] = field(default_factory=dict)
    start: datetime = datetime(2024, 3, 14, 10, 20, 0)
    repetition_ms: float = 3.9
    echo_ms: float = 1.8
    flip_degrees: float = 12.0
    agent: str = "Gadobutrol 1.0 mmol/ml"


def write_study_as_dicom(
    folder: Path,
    study: Study,
    *,
    patient_id: str,
    patient_name: str = "PHANTOM^LIVER",
    study_seed: int,
    style: DicomStyle | None = None,
    progress: Progress | None = None,
) -> dict[Phase, Path]:
    """Write the study's phases as MR Image Storage, explicit VR little endian.

    Values are stored as whole numbers; where that would lose more than 0.1 % of the study's largest
    value, all phases share one RescaleSlope. Unknown times leave the time attributes out.
    The same arguments give the same UIDs and the same bytes.

    Args:
        folder: made if missing.
        study: ``times_s`` become clock times after ``style.start``.
        patient_id, patient_name: of the phantom; never a real person's.
        study_seed: with ``patient_id`` it determines every UID.

    Returns:
        The folder of each phase's series.

    Raises:
        InputError: the folder cannot be written.
    """
    chosen = style or DicomStyle()
    watcher = progress or Silent()
    slope = _slope(study.volumes)
    stored = np.rint(study.volumes / slope)
    pixel_type = np.dtype("<i2" if chosen.signed or stored.min() < 0 else "<u2")
    common = _study_attributes(study, patient_id, patient_name, study_seed, chosen)
    folders = {}
    watcher.start(Stage.WRITING_DICOM, len(study.phases))
    for place, phase in enumerate(study.phases):
        name = f"{place + 2:03d}_{phase.value}" if chosen.folder_per_series else ""
        folders[phase] = folder / name if name else folder
        template = _series_template(common, study, phase, study_seed, chosen)
        _set_pixel_format(template, pixel_type, slope)
        _write_series(folders[phase], template, study, phase, stored[place].astype(pixel_type), chosen)
        watcher.update(place + 1)
    watcher.finish()
    return folders


def _slope(volumes: npt.NDArray[np.float32]) -> float:
    top = float(np.abs(volumes).max())
    if not np.isfinite(top):
        raise InputError("The study holds values that are not finite; it cannot be written as DICOM.")
    if 500.0 <= top <= 32767.0 or top == 0.0:
        return 1.0
    return float(f"{top / 4095.0:.9g}")


def _uid(*entropy: object) -> str:
    return str(generate_uid(entropy_srcs=["MTINet phantom", *[str(item) for item in entropy]]))


def _study_attributes(
    study: Study, patient_id: str, patient_name: str, seed: int, style: DicomStyle
) -> Dataset:
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID = MRImageStorage
    data.StudyInstanceUID = _uid(patient_id, seed, "study")
    data.FrameOfReferenceUID = _uid(patient_id, seed, "frame of reference")
    data.PositionReferenceIndicator = ""
    data.PatientName, data.PatientID = patient_name, patient_id
    data.PatientBirthDate, data.PatientSex, data.PatientIdentityRemoved = "", "", "YES"
    data.DeidentificationMethod = "Synthetic data, no patient"
    data.StudyDate = data.SeriesDate = data.ContentDate = f"{style.start:%Y%m%d}"
    data.StudyTime = f"{style.start - timedelta(minutes=10):%H%M%S}"
    data.ReferringPhysicianName, data.AccessionNumber = "", f"P{seed % 10**10:d}"
    data.StudyID, data.StudyDescription = "1", "MR liver dynamic (phantom)"
    data.Modality, data.BodyPartExamined, data.PatientPosition = "MR", "LIVER", "HFS"
    data.Manufacturer, data.ManufacturerModelName = "MTINet phantom", "Digital liver phantom"
    data.SoftwareVersions, data.DeviceSerialNumber = "1", "0"
    data.MagneticFieldStrength, data.ScanningSequence, data.SequenceVariant = "3", "GR", ["SP", "OSP"]
    data.ScanOptions, data.MRAcquisitionType, data.EchoTrainLength = "FS", "3D", "1"
    data.SequenceName = "spgr3d"
    data.RepetitionTime, data.EchoTime = f"{style.repetition_ms:g}", f"{style.echo_ms:g}"
    data.FlipAngle, data.NumberOfAverages, data.EchoNumbers = f"{style.flip_degrees:g}", "1", "1"
    data.ImageComments = "synthetic"
    column_mm, row_mm, slice_mm = study.grid.spacing
    data.PixelSpacing = [_ds(row_mm), _ds(column_mm)]
    data.SliceThickness = data.SpacingBetweenSlices = _ds(slice_mm)
    axes = study.grid.direction_matrix
    data.ImageOrientationPatient = [_ds(value) for value in (*axes[:, 0], *axes[:, 1])]
    data.Rows, data.Columns = study.grid.shape[1:]
    return data


def _series_template(common: Dataset, study: Study, phase: Phase, seed: int, style: DicomStyle) -> Dataset:
    data = Dataset()
    data.update(common)
    data.SeriesInstanceUID = _uid(common.PatientID, seed, phase.value, "series")
    data.SeriesNumber, data.AcquisitionNumber = str(study.index(phase) + 2), "1"
    data.SeriesDescription = data.ProtocolName = style.descriptions.get(phase, f"T1 {phase.title}")
    data.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    data.TemporalPositionIdentifier, data.NumberOfTemporalPositions = (
        str(study.index(phase) + 1),
        str(len(study.phases)),
    )
    seconds = study.time_s(phase)
    if seconds is not None:
        moment = style.start + timedelta(seconds=float(seconds))
        data.AcquisitionDate = data.SeriesDate = data.ContentDate = f"{moment:%Y%m%d}"
        data.AcquisitionTime = data.SeriesTime = f"{moment:%H%M%S.%f}"
        data.ContentTime = f"{moment + timedelta(seconds=15):%H%M%S.%f}"
    else:
        data.ContentTime = ""
    if phase is not Phase.PRE:
        data.ContrastBolusAgent = style.agent
        data.ContrastBolusRoute, data.ContrastBolusVolume = "IV", "7"
        if seconds is not None:
            data.ContrastBolusStartTime = f"{style.start:%H%M%S.%f}"
    return data


def _set_pixel_format(data: Dataset, pixel_type: np.dtype[Any], slope: float) -> None:
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 16, 15
    data.PixelRepresentation = 1 if pixel_type.kind == "i" else 0
    if slope != 1.0:
        data.RescaleIntercept, data.RescaleSlope, data.RescaleType = "0", _ds(slope), "US"


def _write_series(
    folder: Path, template: Dataset, study: Study, phase: Phase, stored: npt.NDArray[Any], style: DicomStyle
) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {folder} cannot be made: {error.strerror}.") from error
    window = np.percentile(stored, [1, 99])
    template.WindowCenter = f"{(window[0] + window[1]) / 2:.1f}"
    template.WindowWidth = f"{max(float(window[1] - window[0]), 1.0):.1f}"
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = MRImageStorage
    positions = study.grid.to_lps([(k, 0, 0) for k in range(study.grid.shape[0])])
    for k, pixels in enumerate(stored):
        template.SOPInstanceUID = _uid(template.SeriesInstanceUID, k)
        template.InstanceNumber = str(k + 1)
        template.ImagePositionPatient = [_ds(value) for value in positions[k]]
        template.SliceLocation = _ds(float(positions[k] @ study.grid.direction_matrix[:, 2]))
        template.PixelData = pixels.tobytes()
        for keyword, value in style.values.items():
            setattr(template, keyword, value)
        for keyword in style.omit:
            template.pop(keyword, None)
        meta.MediaStorageSOPInstanceUID = template.SOPInstanceUID
        template.file_meta = meta
        prefix = "" if style.folder_per_series else f"S{study.index(phase) + 2:03d}"
        template.save_as(folder / f"{prefix}IM{k + 1:04d}{style.suffix}", enforce_file_format=True)


def _ds(value: float) -> str:
    """A decimal string of at most 16 characters (PS3.5, DS), as exact as that allows."""
    return format_number_as_ds(float(value))
