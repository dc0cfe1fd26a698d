"""All DICOM objects of one result, made together so that they refer to each other, and their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
from pydicom.dataset import Dataset

from MTINetLib.errors import MissingResourceError
from MTINetLib.findings import StudyFindings
from MTINetLib.report.dicom.maker import track
from MTINetLib.report.dicom.source_headers import SourceHeaders

#: Folder in OUT, and the names in it; they tell nothing of the patient.
DICOM_FOLDER = "dicom"
SEG_FILE, SR_FILE, PDF_FILE = "segmentation.dcm", "measurements.dcm", "report.dcm"
DICOM_FILES = (SEG_FILE, SR_FILE, PDF_FILE)


@dataclass(frozen=True)
class DicomObjects:
    """SEG (None where there is no lesion), SR, and the report (None where no PDF was given)."""

    segmentation: Dataset | None
    measurements: Dataset
    report: Dataset | None

    def by_file(self) -> Mapping[str, Dataset]:
        named = {SEG_FILE: self.segmentation, SR_FILE: self.measurements, PDF_FILE: self.report}
        return {name: made for name, made in named.items() if made is not None}


def dicom_objects(
    labels: npt.NDArray[Any], findings: StudyFindings, headers: SourceHeaders, pdf: bytes | None = None
) -> DicomObjects:
    """Make the objects.

    Args:
        labels: [K, J, I] on the reference phase's own grid.
        pdf: the report, to be encapsulated.

    Raises:
        MissingResourceError: highdicom is not installed.
    """
    _require_highdicom()
    from MTINetLib.report.dicom.encapsulated_pdf import encapsulated_pdf
    from MTINetLib.report.dicom.measurement_report import measurement_report
    from MTINetLib.report.dicom.segmentation import dicom_segmentation

    tracking = track(findings.lesions)
    segmentation = dicom_segmentation(labels, findings, headers, tracking) if findings.lesions else None
    measurements = measurement_report(findings, headers, tracking, segmentation)
    report = None if pdf is None else encapsulated_pdf(pdf, headers)
    return DicomObjects(segmentation, measurements, report)


def write_dicom(folder: Path, objects: DicomObjects) -> tuple[Path, ...]:
    """Write the objects into ``folder``/dicom; the paths come back.

    Raises:
        MissingResourceError: the disk is full or may not be written to.
    """
    target = folder / DICOM_FOLDER
    written = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, made in objects.by_file().items():
            made.save_as(target / name, enforce_file_format=True)
            written.append(target / name)
    except OSError as error:
        raise MissingResourceError(
            f"{target} could not be written: {error.strerror or error}. Free some space or choose another "
            "folder."
        ) from error
    return tuple(written)


def _require_highdicom() -> None:
    try:
        import highdicom  # noqa: F401
    except ImportError as error:
        raise MissingResourceError(
            "DICOM SEG and SR need the package highdicom: pip install highdicom, in Slicer by "
            "the Setup section."
        ) from error
