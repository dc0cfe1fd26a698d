"""The formats of a result, one writer each: those that hold the findings, and those that show them.

The first must be whole or the work fails. One of the others may fail and costs nothing else: a sentence then
says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from MTINetLib.findings import to_json
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.volumes.write import write_label_map, write_volume
from MTINetLib.report.csv_tables import curves_csv, lesions_csv, liver_csv
from MTINetLib.report.dicom.names import DICOM_FILES, DICOM_FOLDER
from MTINetLib.report.file_names import (
    CURVES_FILE,
    FINDINGS_FILE,
    HTML_FILE,
    LABELS_FILE,
    LESIONS_FILE,
    LIVER_FILE,
    LIVER_TABLE_FILE,
    NOTES_FILE,
    PDF_FILE,
    PROBABILITY_FILE,
)
from MTINetLib.report.html import html_report
from MTINetLib.report.page.names import PAGE_FILE, PAGE_FILES
from MTINetLib.report.results import Results

#: The format of SEG, SR and encapsulated PDF.
DICOM = "dicom"
#: The format of a page to look at the images in a browser.
PAGE = "page"
#: The probability map is kept in steps of 1/256: enough to look at and threshold, and it packs ten times
#: smaller than full floats.
_PROBABILITY_STEPS = 256


#: Writes one format into a folder.
Writer = Callable[[Path, Results], None]


@dataclass(frozen=True)
class Format:
    """One format.

    Args:
        title: what is missing without it, after "There is no".
        files: all names that it may leave, in this order.
        write: makes them.
    """

    title: str
    files: tuple[str, ...]
    write: Writer


def write_formats(
    folder: Path, results: Results, names: Sequence[str], progress: Progress | None = None
) -> tuple[str, ...]:
    """Write formats into a folder that is there; what fails is noted in ``results.left_out``.

    The findings come first, so that the rest finds them whole.

    Args:
        names: of FINDINGS and SECONDARY; one step of the progress each.

    Returns:
        The names of the files, in the order of ``names``.
    """
    watcher = progress or Silent()
    watcher.start(Stage.WRITING_RESULTS, len(names))
    first = [name for name in names if name in FINDINGS]
    for done, name in enumerate([*first, *(name for name in names if name not in FINDINGS)], start=1):
        if name in FINDINGS:
            FINDINGS[name].write(folder, results)
        else:
            made = SECONDARY[name]
            with results.left_out.unless_it_fails(made.title, *made.files):
                made.write(folder, results)
        watcher.update(done)
    watcher.finish()
    wanted = (file for name in names for file in ALL[name].files)
    return tuple(dict.fromkeys(file for file in wanted if (folder / file).is_file()))


def write_notes(folder: Path, sentences: Sequence[str]) -> None:
    """Keep for who opens the folder later what is missing in it; no file where all is there."""
    file = folder / NOTES_FILE
    if not sentences:
        file.unlink(missing_ok=True)
        return
    begun = folder / f"{NOTES_FILE}.part"
    try:
        write_text(begun, "".join(f"{sentence}\n" for sentence in sentences))
        begun.replace(file)
    finally:
        begun.unlink(missing_ok=True)


def _write_json(folder: Path, results: Results) -> None:
    write_text(folder / FINDINGS_FILE, to_json(results.findings))


def _write_csv(folder: Path, results: Results) -> None:
    write_text(folder / CURVES_FILE, curves_csv(results.findings))
    write_text(folder / LESIONS_FILE, lesions_csv(results.findings))
    if results.findings.liver is not None:
        write_text(folder / LIVER_TABLE_FILE, liver_csv(results.findings.liver))


def _write_labels(folder: Path, results: Results) -> None:
    write_label_map(folder / LABELS_FILE, results.labels, results.study.grid)
    if results.liver is not None:
        write_label_map(folder / LIVER_FILE, results.liver.mask.astype(np.uint8), results.study.grid)
    if results.probability is not None:
        with results.left_out.unless_it_fails(PROBABILITY_FILE, PROBABILITY_FILE):
            write_volume(folder / PROBABILITY_FILE, in_steps(results.probability), results.study.grid)


def _write_html(folder: Path, results: Results) -> None:
    write_text(folder / HTML_FILE, html_report(results.content))


def _write_pdf(folder: Path, results: Results) -> None:
    (folder / PDF_FILE).write_bytes(results.pdf)


def _write_dicom(folder: Path, results: Results) -> None:
    from MTINetLib.report.dicom_results import add_dicom

    add_dicom(folder, results)


def _write_page(folder: Path, results: Results) -> None:
    from MTINetLib.report.page.write import write_page

    write_page(folder, results)


#: The findings themselves.
FINDINGS: Mapping[str, Format] = {
    "json": Format(FINDINGS_FILE, (FINDINGS_FILE,), _write_json),
    "csv": Format(LESIONS_FILE, (LESIONS_FILE, CURVES_FILE, LIVER_TABLE_FILE), _write_csv),
    "labels": Format(LABELS_FILE, (LABELS_FILE, PROBABILITY_FILE, LIVER_FILE), _write_labels),
}
#: What shows them; the files of a further one go into REPORT_FILES too.
SECONDARY: Mapping[str, Format] = {
    "html": Format(HTML_FILE, (HTML_FILE,), _write_html),
    "pdf": Format(PDF_FILE, (PDF_FILE,), _write_pdf),
    DICOM: Format(
        "DICOM SEG, SR or PDF",
        tuple(f"{DICOM_FOLDER}/{name}" for name in DICOM_FILES),
        _write_dicom,
    ),
    PAGE: Format(PAGE_FILE, PAGE_FILES, _write_page),
}
ALL: Mapping[str, Format] = {**FINDINGS, **SECONDARY}


def in_steps(probability: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probabilities 0 to 1 rounded to 1/256, float32."""
    clipped = np.clip(probability, 0.0, 1.0)
    return (np.round(clipped * _PROBABILITY_STEPS) / _PROBABILITY_STEPS).astype(np.float32)


def write_text(path: Path, text: str) -> None:
    """UTF-8 with the same line ends on every system."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
