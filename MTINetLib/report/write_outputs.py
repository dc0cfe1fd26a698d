"""All files of one analysis: findings, masks, tables and the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from MTINetLib.findings import to_json
from MTINetLib.progress import Progress, Silent
from MTINetLib.report.content import report_content
from MTINetLib.report.cover import Cover
from MTINetLib.report.csv_tables import curves_csv, lesions_csv
from MTINetLib.report.dicom.names import DICOM_FILES, DICOM_FOLDER
from MTINetLib.report.html import html_report
from MTINetLib.report.output_folder import new_results
from MTINetLib.report.pdf import pdf_report
from MTINetLib.study.study import Study
from MTINetLib.study.write_volume import write_label_map, write_volume

if TYPE_CHECKING:
    from MTINetLib.inference.analyze import Analysis

FINDINGS_FILE = "findings.json"
LABELS_FILE = "lesions.nii.gz"
PROBABILITY_FILE = "probability.nii.gz"
CURVES_FILE = "curves.csv"
LESIONS_FILE = "lesions.csv"
HTML_FILE = "report.html"
PDF_FILE = "report.pdf"
SCENE_FILE = "scene.mrb"
PICTURE_FOLDER = "pictures"
#: Names of the pictures that may lie in PICTURE_FOLDER.
PICTURES = ("phases.png", "curves.png", "3d.png")

#: All that a run may leave in OUT; only these are ever replaced or taken away.
OWN_FILES = (
    FINDINGS_FILE,
    LABELS_FILE,
    PROBABILITY_FILE,
    CURVES_FILE,
    LESIONS_FILE,
    HTML_FILE,
    PDF_FILE,
    SCENE_FILE,
    *(f"{PICTURE_FOLDER}/{name}" for name in PICTURES),
    *(f"{DICOM_FOLDER}/{name}" for name in DICOM_FILES),
)

#: The probability map is kept in steps of 1/256: enough to look at and threshold, and it packs ten times
#: smaller than full floats.
_PROBABILITY_STEPS = 256


def write_outputs(
    out: Path,
    study: Study,
    analysis: Analysis,
    *,
    pictures: Mapping[str, bytes] | None = None,
    also: Sequence[Callable[[Path], None]] = (),
    cover: Cover | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write all result files into ``out``, whole or not at all.

    Args:
        pictures: PNG files for the folder ``pictures``, by the names of PICTURES.
        cover: the report's own part; of a de-identified study ``analysis.findings`` must be so too.
        also: called with the folder before it moves into place, to add what this room knows nothing of.
        overwrite: replace the files of earlier results in ``out``; what else lies there stays.

    Raises:
        InputError: ``out`` is in use or may not be written to.
        MissingResourceError: the disk is full.
    """
    with new_results(out, overwrite=overwrite, earlier=OWN_FILES) as folder:
        for name, png in (pictures or {}).items():
            (folder / PICTURE_FOLDER).mkdir(exist_ok=True)
            (folder / PICTURE_FOLDER / name).write_bytes(png)
        write_files(folder, study, analysis, cover=cover, progress=progress)
        for add in also:
            add(folder)


def write_files(
    folder: Path,
    study: Study,
    analysis: Analysis,
    *,
    cover: Cover | None = None,
    progress: Progress | None = None,
) -> None:
    """Write findings, masks, tables and report into a folder that is there."""
    watcher = progress or Silent()
    findings = analysis.findings
    watcher.start("Writing results", 5)
    write_text(folder / FINDINGS_FILE, to_json(findings))
    write_text(folder / CURVES_FILE, curves_csv(findings))
    write_text(folder / LESIONS_FILE, lesions_csv(findings))
    watcher.update(1)
    write_label_map(folder / LABELS_FILE, analysis.labels, study.grid)
    if analysis.probability is not None:
        write_volume(folder / PROBABILITY_FILE, in_steps(analysis.probability), study.grid)
    watcher.update(2)
    content = report_content(study, findings, analysis.labels, cover)
    watcher.update(3)
    write_text(folder / HTML_FILE, html_report(content))
    watcher.update(4)
    (folder / PDF_FILE).write_bytes(pdf_report(content))
    watcher.update(5)
    watcher.finish()


def in_steps(probability: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probabilities 0 to 1 rounded to 1/256, float32."""
    clipped = np.clip(probability, 0.0, 1.0)
    return (np.round(clipped * _PROBABILITY_STEPS) / _PROBABILITY_STEPS).astype(np.float32)


def write_text(path: Path, text: str) -> None:
    """UTF-8 with the same line ends on every system."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
