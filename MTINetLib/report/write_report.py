"""A report in the formats that the reader wants, into one folder, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from MTINetLib.claim import claimed
from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.findings import StudyFindings
from MTINetLib.progress import Progress
from MTINetLib.report.cover import Cover
from MTINetLib.report.deidentify import Disguise, deidentified
from MTINetLib.report.file_names import REPORT_FILES
from MTINetLib.report.formats import ALL, DICOM, Results, write_formats, write_notes
from MTINetLib.report.left_out import LeftOut
from MTINetLib.report.output_folder import holds_something, new_results
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.report.dicom.maker import Tracking


@dataclass(frozen=True)
class ReportOptions:
    """What is written, and what the reader adds.

    Args:
        formats: names of formats.ALL, at least one.
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


@dataclass(frozen=True)
class Written:
    """The outcome of a report.

    Args:
        files: in the order of the formats. No name of a person or series is in their names.
        left_out: a sentence about each thing that is missing; they stand in NOTES_FILE too.
    """

    files: tuple[Path, ...]
    left_out: tuple[str, ...] = ()


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
) -> Written:
    """Write the report into the folder ``out``, which is made if it is not there.

    Args:
        labels: [K, J, I] on the study's grid, numbered as ``findings`` says.
        probability: [K, J, I], 0 to 1; None leaves the map out.
        progress: one step a format; may raise Cancelled, which leaves ``out`` as it was.
        files: the DICOM files of each phase, for a study that does not know its images itself.
        tracking: by label, the UID that DICOM objects follow a lesion by; others get new ones.

    Raises:
        InputError: an unknown format, ``out`` is in use or may not be written to, or the study cannot be
            de-identified.
        MissingResourceError: the disk is full, or not one of the formats could be made.
    """
    formats = _chosen(options.formats)
    if not options.overwrite and holds_something(out):
        raise InputError(
            f"{out} is not empty: choose another folder for the report, or allow an earlier report "
            "there to be replaced."
        )
    if options.deidentify:
        from MTINetLib.report.dicom.burned_in import refuse_names_in_pixels

        refuse_names_in_pixels(study, files)
    with claimed(out), new_results(out, overwrite=options.overwrite, earlier=REPORT_FILES) as folder:
        results = _results(study, findings, labels, probability, options, LeftOut(folder))
        results.files, results.tracking = files, _named(tracking or {})
        names = write_formats(folder, results, formats, progress)
        if not names:
            raise MissingResourceError(" ".join(results.left_out.sentences))
        write_notes(folder, results.left_out.sentences)
    return Written(tuple(out / name for name in names), results.left_out.sentences)


def _named(uids: Mapping[int, str]) -> dict[int, Tracking]:
    from MTINetLib.report.dicom.maker import Tracking

    return {label: Tracking(uid, f"Lesion {label}") for label, uid in uids.items()}


def _results(
    study: Study,
    findings: StudyFindings,
    labels: npt.NDArray[Any],
    probability: npt.NDArray[np.float32] | None,
    options: ReportOptions,
    left_out: LeftOut,
) -> Results:
    if not options.deidentify:
        cover = Cover(options.reader.strip(), options.comment)
        return Results(study, findings, labels, probability, left_out, cover)
    disguise = Disguise()
    # Without DICOM objects to agree with, no UID is needed at all.
    uids = disguise.uids if DICOM in options.formats else None
    hidden = deidentified(findings, disguise.token, uids)
    cover = Cover("", options.comment, disguise.token)
    return Results(study, hidden, labels, probability, left_out, cover, disguise)


def _chosen(formats: tuple[str, ...]) -> tuple[str, ...]:
    if not formats:
        raise InputError(f"No format was chosen for the report: choose one of {', '.join(ALL)}.")
    for name in formats:
        if name not in ALL:
            raise InputError(f"'{name}' is no format of the report: choose from {', '.join(ALL)}.")
    return tuple(dict.fromkeys(formats))
