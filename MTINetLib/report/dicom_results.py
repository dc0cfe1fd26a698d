"""The DICOM objects of an analysis, beside its other results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from MTINetLib.findings import StudyFindings
from MTINetLib.report.deidentify import Disguise
from MTINetLib.report.dicom.deidentify import deidentified_objects
from MTINetLib.report.dicom.equipment import Tracking
from MTINetLib.report.dicom.export import DicomObjects, dicom_objects, write_dicom
from MTINetLib.report.dicom.scene_images import on_images
from MTINetLib.report.dicom.source_headers import source_headers
from MTINetLib.report.left_out import LeftOut
from MTINetLib.report.results import Results
from MTINetLib.study.liver import Liver
from MTINetLib.study.study import Study


def add_dicom(folder: Path, results: Results) -> None:
    """Write SEG, SR and the report as DICOM into ``folder``/dicom; what cannot be made is noted.

    Raises:
        InputError: the study cannot be referred to; the sentence says why.
        MissingResourceError: highdicom is missing, or the disk is full.
    """
    pdf = None
    with results.left_out.unless_it_fails("DICOM PDF"):
        pdf = results.pdf
    objects = objects_of(
        results.study,
        results.labels,
        results.findings,
        pdf,
        liver=results.liver,
        known=results.tracking,
        disguise=results.disguise,
        files=results.files,
        left_out=results.left_out,
    )
    write_dicom(folder, objects, results.left_out)


def objects_of(
    study: Study,
    labels: npt.NDArray[Any],
    findings: StudyFindings,
    pdf: bytes,
    *,
    liver: Liver | None = None,
    known: Mapping[int, Tracking] | None = None,
    disguise: Disguise | None = None,
    files: Sequence[Sequence[Path]] = (),
    left_out: LeftOut | None = None,
) -> DicomObjects:
    """The objects of a study that was read from DICOM, by us or by the program whose scene holds it.

    Args:
        labels: [K, J, I] on the study's grid.
        liver: written beside the lesions, where it is known.
        known: by label, what lesions were called in the result that this one continues.
        disguise: of a de-identified export, whose findings and report are de-identified already.
        files: the DICOM files of each phase, for a study that does not know its images itself.
        left_out: as in :func:`dicom_objects`.

    Raises:
        InputError: the study cannot be referred to; the sentence says why.
        MissingResourceError: highdicom is missing.
    """
    if all(source.images for source in study.sources) or not files:
        headers, mask = source_headers(study), None if liver is None else liver.mask
    else:
        found = on_images(study, labels, files, None if liver is None else liver.mask)
        headers, labels, mask = found.headers, found.labels, found.liver
    how: dict[str, Any] = {"liver": mask, "known": known, "left_out": left_out}
    if disguise is None:
        return dicom_objects(labels, findings, headers, pdf, **how)
    return deidentified_objects(labels, findings, headers, pdf, disguise, **how)
