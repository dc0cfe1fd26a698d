"""The DICOM objects of an analysis, beside its other results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress, Silent
from MTINetLib.report.deidentify import Disguise
from MTINetLib.report.dicom.deidentify import deidentified_objects
from MTINetLib.report.dicom.export import dicom_objects, write_dicom
from MTINetLib.report.dicom.maker import Tracking
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
        headers = source_headers(study)
        found = (analysis.labels, analysis.findings, headers, pdf)
        objects = (
            dicom_objects(*found, known=known)
            if disguise is None
            else deidentified_objects(*found, disguise, known=known)
        )
    except InputError as error:
        watcher.finish()
        return (f"There is no DICOM SEG, SR or PDF: {error}",)
    watcher.update(1)
    write_dicom(folder, objects)
    watcher.update(2)
    watcher.finish()
    return ()
