"""All DICOM objects of one result, made together so that they refer to each other, and their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.findings import StudyFindings
from MTINetLib.report.dicom.equipment import Tracking, track
from MTINetLib.report.dicom.names import DICOM_FOLDER, PDF_FILE, SEG_FILE, SR_FILE
from MTINetLib.report.dicom.source_headers import SourceHeaders
from MTINetLib.report.left_out import LeftOut

_KINDS = {SEG_FILE: "SEG", SR_FILE: "SR", PDF_FILE: "PDF"}


@dataclass(frozen=True)
class DicomObjects:
    """SEG (None where there is neither lesion nor liver), SR, and the report (None where no PDF was given).

    What could not be made is None too.
    """

    segmentation: Dataset | None
    measurements: Dataset | None
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
    liver: npt.NDArray[np.bool_] | None = None,
    known: Mapping[int, Tracking] | None = None,
    left_out: LeftOut | None = None,
) -> DicomObjects:
    """Make the objects.

    Args:
        labels: [K, J, I] on the reference phase's own grid.
        pdf: the report, to be encapsulated.
        liver: bool, as the labels; a segment and a measurement group of its own, None for none.
        known: by label, what lesions were called in an earlier result; others get new names and UIDs.
        left_out: takes note of an object that cannot be made, and the others are; without it that raises.

    Raises:
        InputError: the source lacks an attribute that must be copied; the sentence names it.
        MissingResourceError: highdicom is not installed.
    """
    _require_highdicom()
    from MTINetLib.report.dicom.encapsulated_pdf import encapsulated_pdf
    from MTINetLib.report.dicom.measurement_report import measurement_report
    from MTINetLib.report.dicom.segmentation import dicom_segmentation

    tracking = track(findings.lesions, known or {})
    corrected = findings.provenance.corrected_by_person
    segmentation = measurements = report = None
    if findings.liver is None or (liver is not None and not liver.any()):
        liver = None
    outlined = bool(findings.lesions) or liver is not None
    if outlined:
        with _guarded(left_out, "DICOM SEG"):
            segmentation = dicom_segmentation(labels, findings, headers, tracking, liver)
    if outlined and segmentation is None and left_out is not None:
        left_out.note("DICOM SR", "it refers to the SEG, which is missing")
    else:
        with _guarded(left_out, "DICOM SR"):
            measurements = measurement_report(
                findings, headers, tracking, segmentation, has_liver=liver is not None
            )
    if pdf is not None:
        with _guarded(left_out, "DICOM PDF"):
            report = encapsulated_pdf(pdf, headers, corrected=corrected)
    return DicomObjects(segmentation, measurements, report)


def write_dicom(folder: Path, objects: DicomObjects, left_out: LeftOut | None = None) -> tuple[Path, ...]:
    """Write the objects into ``folder``/dicom; the paths come back.

    Args:
        left_out: takes note of an object that cannot be written; without it that raises.

    Raises:
        MissingResourceError: the disk is full or may not be written to.
    """
    target = folder / DICOM_FOLDER
    for name, made in objects.by_file().items():
        with _guarded(left_out, f"DICOM {_KINDS[name]}", f"{DICOM_FOLDER}/{name}"):
            try:
                target.mkdir(parents=True, exist_ok=True)
                made.save_as(target / name, enforce_file_format=True)
            except OSError as error:
                raise MissingResourceError(
                    f"{target} could not be written: {error.strerror or error}. Free some space or choose "
                    "another folder."
                ) from error
    return tuple(path for name in objects.by_file() if (path := target / name).is_file())


@contextmanager
def _guarded(left_out: LeftOut | None, what: str, *files: str) -> Iterator[None]:
    if left_out is None:
        with _missing_attributes():
            yield
    else:
        with left_out.unless_it_fails(what, *files), _missing_attributes():
            yield


@contextmanager
def _missing_attributes() -> Iterator[None]:
    """Say of an attribute that highdicom copies and the source lacks, what it is."""
    try:
        yield
    except AttributeError as error:
        if error.name is None or tag_for_keyword(error.name) is None:
            raise
        raise InputError(f"The images have no {error.name}, so no DICOM object can refer to them.") from error


def _require_highdicom() -> None:
    try:
        import highdicom  # noqa: F401
    except ImportError as error:
        raise MissingResourceError(
            "DICOM SEG and SR need the package highdicom: pip install highdicom, in Slicer by "
            "the Setup section."
        ) from error
