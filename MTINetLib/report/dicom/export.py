"""All DICOM objects of one result, made together so that they refer to each other, and their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.findings import StudyFindings
from MTINetLib.report.dicom.maker import Tracking, track
from MTINetLib.report.dicom.names import DICOM_FOLDER, PDF_FILE, SEG_FILE, SR_FILE
from MTINetLib.report.dicom.source_headers import SourceHeaders


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
    labels: npt.NDArray[Any],
    findings: StudyFindings,
    headers: SourceHeaders,
    pdf: bytes | None = None,
    *,
    known: Mapping[int, Tracking] | None = None,
) -> DicomObjects:
    """Make the objects.

    Args:
        labels: [K, J, I] on the reference phase's own grid.
        pdf: the report, to be encapsulated.
        known: by label, what lesions were called in an earlier result; others get new names and UIDs.

    Raises:
        InputError: the source lacks an attribute that must be copied; the sentence names it.
        MissingResourceError: highdicom is not installed.
    """
    _require_highdicom()
    from MTINetLib.report.dicom.encapsulated_pdf import encapsulated_pdf
    from MTINetLib.report.dicom.measurement_report import measurement_report
    from MTINetLib.report.dicom.segmentation import dicom_segmentation

    tracking = track(findings.lesions, known or {})
    with _missing_attributes():
        segmentation = dicom_segmentation(labels, findings, headers, tracking) if findings.lesions else None
        measurements = measurement_report(findings, headers, tracking, segmentation)
        corrected = findings.provenance.corrected_by_person
        report = None if pdf is None else encapsulated_pdf(pdf, headers, corrected=corrected)
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


@contextmanager
def _missing_attributes() -> Iterator[None]:
    """Say of an attribute that highdicom copies and the source lacks, what it is."""
    try:
        yield
    except AttributeError as error:
        if error.name is None or tag_for_keyword(error.name) is None:
            raise
        raise InputError(
            f"The images have no {error.name}, so no DICOM object can refer to them; the other "
            "results can be written."
        ) from error


def _require_highdicom() -> None:
    try:
        import highdicom  # noqa: F401
    except ImportError as error:
        raise MissingResourceError(
            "DICOM SEG and SR need the package highdicom: pip install highdicom, in Slicer by "
            "the Setup section."
        ) from error
