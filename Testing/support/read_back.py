"""A study read from one of the DICOM layouts, two boxes in it measured, and the DICOM objects of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from support import dicom_layouts

from MTINetLib.findings import Provenance, StudyFindings
from MTINetLib.inference.describe import summarise_study
from MTINetLib.pipeline.open import open_study
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.report.dicom.export import DicomObjects, dicom_objects
from MTINetLib.report.dicom.source_headers import source_headers
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.study.study import Study

Layout = Callable[[dicom_layouts.Truth], list[Dataset]]


@dataclass(frozen=True)
class Exported:
    """What was read, what was found, and what was made of it."""

    study: Study
    labels: npt.NDArray[np.uint8]
    findings: StudyFindings
    objects: DicomObjects
    images: list[Dataset]


def exported(folder: Path, layout: Layout, change: Callable[[Dataset], None] | None = None) -> Exported:
    """Write a layout (``change`` is called with each file), read it, and export two boxes as lesions."""
    images = layout(dicom_layouts.make_truth(dicom_layouts.oblique_grid((12, 40, 48))))
    for image in images:
        if change is not None:
            change(image)
    study = study_of(dicom_layouts.write_shuffled(folder, images))
    labels = np.zeros(study.grid.shape, np.uint8)
    labels[2:5, 5:12, 6:14] = 1
    labels[6:9, 20:30, 25:35] = 2
    findings = measured(study, labels)
    return Exported(study, labels, findings, dicom_objects(labels, findings, source_headers(study)), images)


def study_of(folder: Path) -> Study:
    """The volumes of a folder in their order, taken as the four phases."""
    told: dict[Any, Any] = {phase: f"#{FOUR_PHASES.index(phase) + 1}" for phase in FOUR_PHASES}
    return open_study(folder, told=told, alignment="off")


def measured(study: Study, labels: npt.NDArray[np.uint8]) -> StudyFindings:
    """Findings of masks drawn by hand."""
    provenance = Provenance("MTINetLib", "made", "0" * 64, "demo", "CPU", "fp32", (), {})
    before = StudyFindings((), summarise_study(study), provenance)
    return remeasure(study, labels, before)
