"""The DICOM objects of an analysis, beside its other results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.findings import StudyFindings
from MTINetLib.progress import Progress, Silent
from MTINetLib.report.deidentify import Disguise
from MTINetLib.report.dicom.deidentify import deidentified_objects
from MTINetLib.report.dicom.export import DicomObjects, dicom_objects, write_dicom
from MTINetLib.report.dicom.maker import Tracking
from MTINetLib.report.dicom.scene_images import on_images
from MTINetLib.report.dicom.source_headers import source_headers
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.inference.analyze import Analysis


def add_dicom(
    folder: Path,
    study: Study,
    analysis: Analysis,
    pdf: bytes,
    *,
    known: Mapping[int, Tracking] | None = None,
    disguise: Disguise | None = None,
    progress: Progress | None = None,
) -> tuple[str, ...]:
    """Write SEG, SR and the report as DICOM into ``folder``/dicom.

    Args:
        pdf: the report, which is encapsulated.
        known: by label, what lesions were called in the result that this one continues.
        disguise: of a de-identified export, whose findings and report are de-identified already.

    Returns:
        A sentence for people where the study cannot be referred to and nothing was written; else none.

    Raises:
        MissingResourceError: highdicom is missing, or the disk is full.
    """
    watcher = progress or Silent()
    watcher.start("Writing DICOM", 2)
    try:
        objects = objects_of(study, analysis.labels, analysis.findings, pdf, known=known, disguise=disguise)
    except InputError as error:
        watcher.finish()
        return (f"There is no DICOM SEG, SR or PDF: {error}",)
    watcher.update(1)
    write_dicom(folder, objects)
    watcher.update(2)
    watcher.finish()
    return ()


def objects_of(
    study: Study,
    labels: npt.NDArray[Any],
    findings: StudyFindings,
    pdf: bytes,
    *,
    known: Mapping[int, Tracking] | None = None,
    disguise: Disguise | None = None,
    files: Sequence[Sequence[Path]] = (),
) -> DicomObjects:
    """The objects of a study that was read from DICOM, by us or by the program whose scene holds it.

    Args:
        labels: [K, J, I] on the study's grid.
        known, disguise: as in :func:`add_dicom`.
        files: the DICOM files of each phase, for a study that does not know its images itself.

    Raises:
        InputError: the study cannot be referred to; the sentence says why.
        MissingResourceError: highdicom is missing.
    """
    if all(source.images for source in study.sources) or not files:
        headers = source_headers(study)
    else:
        found = on_images(study, labels, files)
        headers, labels = found.headers, found.labels
    if disguise is None:
        return dicom_objects(labels, findings, headers, pdf, known=known)
    return deidentified_objects(labels, findings, headers, pdf, disguise, known=known)
