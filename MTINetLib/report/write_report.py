"""A report in the formats that the reader wants, into one folder, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.findings import StudyFindings, to_json
from MTINetLib.progress import Progress, Silent
from MTINetLib.report.content import ReportContent, report_content
from MTINetLib.report.cover import Cover
from MTINetLib.report.csv_tables import curves_csv, lesions_csv
from MTINetLib.report.deidentify import Disguise, deidentified
from MTINetLib.report.dicom.names import DICOM_FILES, DICOM_FOLDER
from MTINetLib.report.html import html_report
from MTINetLib.report.output_folder import holds_something, new_results
from MTINetLib.report.pdf import pdf_report
from MTINetLib.report.write_outputs import (
    CURVES_FILE,
    FINDINGS_FILE,
    HTML_FILE,
    LABELS_FILE,
    LESIONS_FILE,
    PDF_FILE,
    PROBABILITY_FILE,
    in_steps,
    write_text,
)
from MTINetLib.study.study import Study
from MTINetLib.study.write_volume import write_label_map, write_volume

#: The format of SEG, SR and encapsulated PDF.
DICOM = "dicom"


@dataclass(frozen=True)
class ReportOptions:
    """What is written, and what the reader adds.

    Args:
        formats: names of :data:`WRITERS`, at least one.
        comment, reader: the reader's own words and name; the name is left out of a de-identified report.
        deidentify: leave out UIDs, descriptions, dates and the reader's name; a random reference stands
            for the study.
        overwrite: replace the files of an earlier report in the folder; what else lies there stays.
    """

    formats: tuple[str, ...] = ("pdf", "html")
    comment: str = ""
    reader: str = ""
    deidentify: bool = False
    overwrite: bool = False


@dataclass
class ReportJob:
    """All that a writer may need; the report's content is made only once, by the first that asks."""

    study: Study
    findings: StudyFindings
    labels: npt.NDArray[Any]
    probability: npt.NDArray[np.float32] | None
    cover: Cover
    disguise: Disguise | None = None
    files: Sequence[Sequence[Path]] = ()
    tracking: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def pdf(self) -> bytes:
        content = self.content
        with _named_package("PDF"):
            return pdf_report(content)

    @cached_property
    def content(self) -> ReportContent:
        with _named_package("pictures"):
            return report_content(self.study, self.findings, self.labels, self.cover)


#: Writes one format into a folder and gives the names of its files.
Writer = Callable[[Path, ReportJob], tuple[str, ...]]


def write_report(
    out: Path,
    study: Study,
    findings: StudyFindings,
    labels: npt.NDArray[Any],
    probability: npt.NDArray[np.float32] | None,
    options: ReportOptions,
    progress: Progress | None = None,
    *,
    files: Sequence[Sequence[Path]] = (),
    tracking: Mapping[int, str] | None = None,
) -> tuple[Path, ...]:
    """Write the report into the folder ``out``, which is made if it is not there.

    Args:
        labels: [K, J, I] on the study's grid, numbered as ``findings`` says.
        probability: [K, J, I], 0 to 1; None leaves the map out.
        progress: one step a format; may raise Cancelled, which leaves ``out`` as it was.
        files: the DICOM files of each phase, for a study that does not know its images itself.
        tracking: by label, the UID that DICOM objects follow a lesion by; others get new ones.

    Returns:
        The files, in the order of ``options.formats``. No name of a person or series is in their names.

    Raises:
        InputError: an unknown format, ``out`` is in use or may not be written to, no DICOM object can refer
            to the study, or it cannot be de-identified.
        MissingResourceError: the disk is full, or a package is missing.
    """
    writers = _chosen(options.formats)
    if not options.overwrite and holds_something(out):
        raise InputError(
            f"{out} is not empty: choose another folder for the report, or allow an earlier report "
            "there to be replaced."
        )
    watcher = progress or Silent()
    if options.deidentify:
        from MTINetLib.report.dicom.burned_in import refuse_names_in_pixels

        refuse_names_in_pixels(study, files)
    job = _job(study, findings, labels, probability, options)
    job.files, job.tracking = files, tracking or {}
    names: list[str] = []
    watcher.start("Writing the report", len(writers))
    with new_results(out, overwrite=options.overwrite, earlier=REPORT_FILES) as folder:
        for done, writer in enumerate(writers, start=1):
            names.extend(writer(folder, job))
            watcher.update(done)
    watcher.finish()
    return tuple(out / name for name in names)


def _job(
    study: Study,
    findings: StudyFindings,
    labels: npt.NDArray[Any],
    probability: npt.NDArray[np.float32] | None,
    options: ReportOptions,
) -> ReportJob:
    if not options.deidentify:
        cover = Cover(options.reader.strip(), options.comment)
        return ReportJob(study, findings, labels, probability, cover)
    disguise = Disguise()
    # Without DICOM objects to agree with, no UID is needed at all.
    uids = disguise.uids if DICOM in options.formats else None
    hidden = deidentified(findings, disguise.token, uids)
    cover = Cover("", options.comment, disguise.token)
    return ReportJob(study, hidden, labels, probability, cover, disguise)


def _chosen(formats: tuple[str, ...]) -> list[Writer]:
    if not formats:
        raise InputError(f"No format was chosen for the report: choose one of {', '.join(WRITERS)}.")
    for name in formats:
        if name not in WRITERS:
            raise InputError(f"'{name}' is no format of the report: choose from {', '.join(WRITERS)}.")
    return [WRITERS[name] for name in dict.fromkeys(formats)]


def _write_pdf(folder: Path, job: ReportJob) -> tuple[str, ...]:
    (folder / PDF_FILE).write_bytes(job.pdf)
    return (PDF_FILE,)


def _write_html(folder: Path, job: ReportJob) -> tuple[str, ...]:
    with _named_package("HTML page"):
        write_text(folder / HTML_FILE, html_report(job.content))
    return (HTML_FILE,)


def _write_csv(folder: Path, job: ReportJob) -> tuple[str, ...]:
    write_text(folder / CURVES_FILE, curves_csv(job.findings))
    write_text(folder / LESIONS_FILE, lesions_csv(job.findings))
    return (LESIONS_FILE, CURVES_FILE)


def _write_json(folder: Path, job: ReportJob) -> tuple[str, ...]:
    write_text(folder / FINDINGS_FILE, to_json(job.findings))
    return (FINDINGS_FILE,)


def _write_labels(folder: Path, job: ReportJob) -> tuple[str, ...]:
    write_label_map(folder / LABELS_FILE, job.labels, job.study.grid)
    if job.probability is None:
        return (LABELS_FILE,)
    write_volume(folder / PROBABILITY_FILE, in_steps(job.probability), job.study.grid)
    return (LABELS_FILE, PROBABILITY_FILE)


def _write_dicom(folder: Path, job: ReportJob) -> tuple[str, ...]:
    from MTINetLib.report.dicom.add_dicom import objects_of
    from MTINetLib.report.dicom.export import write_dicom
    from MTINetLib.report.dicom.maker import Tracking

    known = {label: Tracking(uid, f"Lesion {label}") for label, uid in job.tracking.items()}
    objects = objects_of(
        job.study,
        job.labels,
        job.findings,
        job.pdf,
        known=known,
        disguise=job.disguise,
        files=job.files,
    )
    return tuple(path.relative_to(folder).as_posix() for path in write_dicom(folder, objects))


#: The formats by name; the files of a further one go into REPORT_FILES too.
WRITERS: Mapping[str, Writer] = {
    "pdf": _write_pdf,
    "html": _write_html,
    "csv": _write_csv,
    "json": _write_json,
    "labels": _write_labels,
    DICOM: _write_dicom,
}
#: All names that a report may leave; only these are ever replaced or taken away.
REPORT_FILES = (
    PDF_FILE,
    HTML_FILE,
    LESIONS_FILE,
    CURVES_FILE,
    FINDINGS_FILE,
    LABELS_FILE,
    PROBABILITY_FILE,
    *(f"{DICOM_FOLDER}/{name}" for name in DICOM_FILES),
)


@contextmanager
def _named_package(what: str) -> Iterator[None]:
    """Say which package the report lacks, and where it comes from."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise MissingResourceError(
            f"The report's {what} cannot be made because the Python package {package} is missing: "
            "install it in the Setup section."
        ) from error
