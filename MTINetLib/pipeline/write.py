"""The one writer of results: each format that is wanted, and what others add to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.claim import claimed
from MTINetLib.errors import Cancelled, InputError, MissingResourceError
from MTINetLib.inference.analysis import Analysis
from MTINetLib.progress import Progress, Silent
from MTINetLib.report.cover import Cover
from MTINetLib.report.deidentify import Disguise, deidentified
from MTINetLib.report.file_names import FINDINGS_FILE, HTML_FILE, PDF_FILE, REPORT_FILES
from MTINetLib.report.formats import ALL, DICOM, PAGE, write_formats, write_notes
from MTINetLib.report.left_out import LeftOut
from MTINetLib.report.output_folder import holds_something, new_results
from MTINetLib.report.results import Results
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.report.dicom.equipment import Tracking

ALL_FORMATS = tuple(ALL)
#: What is written where nothing is said.
USUAL_FORMATS = tuple(name for name in ALL_FORMATS if name not in (DICOM, PAGE))


@dataclass(frozen=True)
class Addition:
    """A further result, of which this room knows nothing; it may fail and cost no other.

    Args:
        title: what is missing when it fails, after "There is no".
        write: writes into the folder what the results show; sentences about what it left out come back.
    """

    title: str
    write: Callable[[Path, Study, Analysis, Progress], Sequence[str]]


@dataclass(frozen=True)
class WriteOptions:
    """What is written, and what the reader adds.

    Args:
        formats: names of report.formats.ALL, at least one.
        deidentify: no file says whom it is of; a random reference stands for the study, and new UIDs for
            those of DICOM objects, where these are written.
        reader, comment: the reader's own name and words; the name is left out of a de-identified result.
        tracking: by label, what lesions are called in DICOM objects; others get new names and UIDs.
        files: the DICOM files of each phase, for a study that does not know its images itself.
        additions: made at the end, in this order.
        replaces: names of earlier results that go with the folder's overwriting.
    """

    formats: Sequence[str] = USUAL_FORMATS
    deidentify: bool = False
    reader: str = ""
    comment: str = ""
    tracking: Mapping[int, Tracking] = field(default_factory=dict)
    files: Sequence[Sequence[Path]] = ()
    additions: Sequence[Addition] = ()
    replaces: tuple[str, ...] = REPORT_FILES


@dataclass(frozen=True)
class Written:
    """What was written.

    Args:
        files: in the order of the formats, without those of additions. No name of a person or series is in
            their names.
        left_out: a sentence for people about each thing that is missing, and why; they stand in NOTES_FILE
            too.
    """

    files: tuple[Path, ...]
    left_out: tuple[str, ...] = ()


def write(
    study: Study,
    analysis: Analysis,
    out: str | Path,
    options: WriteOptions | None = None,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write results into the folder ``out``, whole or not at all; then the additions, one by one.

    Args:
        out: made if it is not there.
        overwrite: replace the files of earlier results in ``out``; what else lies there stays.
        progress: one step a format; may raise Cancelled, which leaves ``out`` as it was, or with the formats
            and without the additions; the sentence then says so.

    Raises:
        InputError: an unknown format, ``out`` is in use or may not be written to, or the study cannot be
            de-identified.
        MissingResourceError: the disk is full, or not one of the formats could be made.

    Example:
        >>> options = mtinet.WriteOptions(formats=["json", "csv"], deidentify=True)
        >>> written = mtinet.write_report(study, analysis, "results", options)
        >>> [file.name for file in written.files], written.left_out
        (['findings.json', 'lesions.csv', 'curves.csv', 'liver.csv'], ())
    """
    out, chosen = Path(out), options or WriteOptions()
    _check_formats(chosen.formats)
    if not overwrite and holds_something(out):
        raise InputError(
            f"{out} is not empty: choose another folder for the results, or allow earlier results there to "
            "be replaced."
        )
    shown = _shown(study, analysis, chosen)
    with claimed(out):
        with new_results(out, overwrite=overwrite, earlier=chosen.replaces) as folder:
            made = _write_formats(folder, shown, chosen, progress)
            # What stands there if this process dies before the additions are made.
            write_notes(folder, [*made.left_out, *map(_not_made, chosen.additions)])
        said = made.left_out
        if chosen.additions:
            said += _add_to(out, shown, chosen.additions, progress)
            with suppress(OSError):  # a full disk keeps the sentences from before
                write_notes(out, said)
    return Written(tuple(out / file for file in made.files), said)


def write_into(
    folder: Path,
    study: Study,
    analysis: Analysis,
    options: WriteOptions | None = None,
    *,
    progress: Progress | None = None,
) -> Written:
    """As :func:`write`, into a folder that is there and that becomes whole by other means."""
    chosen = options or WriteOptions()
    _check_formats(chosen.formats)
    shown = _shown(study, analysis, chosen)
    made = _write_formats(folder, shown, chosen, progress)
    left_out = LeftOut(folder)
    for addition in chosen.additions:
        _add(folder, shown, addition, left_out, progress)
    said = (*made.left_out, *left_out.sentences)
    write_notes(folder, said)
    return replace(made, left_out=said)


def formats_with(*, dicom: bool = False, page: bool = False) -> tuple[str, ...]:
    """The usual formats and these."""
    return (*USUAL_FORMATS, *[DICOM] * dicom, *[PAGE] * page)


def first_to_read(out: Path) -> str:
    """The name of the file with which a reader of the results begins."""
    return next(name for name in (HTML_FILE, PDF_FILE, FINDINGS_FILE) if (out / name).is_file())


@dataclass(frozen=True)
class _Shown:
    """What the results show: of a de-identified export nothing that names the patient."""

    study: Study
    analysis: Analysis
    cover: Cover
    disguise: Disguise | None


def _shown(study: Study, analysis: Analysis, options: WriteOptions) -> _Shown:
    if not options.deidentify:
        return _Shown(study, analysis, Cover(options.reader.strip(), options.comment), None)
    from MTINetLib.report.dicom.burned_in import refuse_names_in_pixels

    refuse_names_in_pixels(study, options.files)
    disguise = Disguise()
    # Without DICOM objects to agree with, no UID is needed at all.
    uids = disguise.uids if DICOM in options.formats else None
    hidden = deidentified(analysis.findings, disguise.token, uids)
    return _Shown(
        study, replace(analysis, findings=hidden), Cover("", options.comment, disguise.token), disguise
    )


def _check_formats(formats: Sequence[str]) -> None:
    if not formats:
        raise InputError(f"No format was chosen for the report: choose one of {', '.join(ALL)}.")
    for name in formats:
        if name not in ALL:
            raise InputError(f"'{name}' is no format of the report: choose from {', '.join(ALL)}.")


def _write_formats(folder: Path, shown: _Shown, options: WriteOptions, progress: Progress | None) -> Written:
    left_out = LeftOut(folder)
    results = Results(
        shown.study,
        shown.analysis.findings,
        shown.analysis.labels,
        shown.analysis.probability,
        left_out,
        liver=shown.analysis.liver,
        cover=shown.cover,
        disguise=shown.disguise,
        files=options.files,
        tracking=options.tracking,
    )
    names = write_formats(folder, results, tuple(dict.fromkeys(options.formats)), progress)
    if not names:
        raise MissingResourceError(" ".join(left_out.sentences))
    write_notes(folder, left_out.sentences)
    return Written(tuple(Path(name) for name in names), left_out.sentences)


def _add_to(
    out: Path, shown: _Shown, additions: Sequence[Addition], progress: Progress | None
) -> tuple[str, ...]:
    """Put further results beside those that are in place; sentences about what is missing."""
    said: list[str] = []
    for number, addition in enumerate(additions):
        try:
            with new_results(out, overwrite=True) as folder:
                left_out = LeftOut(folder)
                _add(folder, shown, addition, left_out, progress)
            said += left_out.sentences
        except (Cancelled, KeyboardInterrupt) as error:
            missing = " and no ".join(each.title for each in additions[number:])
            raise Cancelled(f"Cancelled: there is no {missing}; the findings are whole, in {out}.") from error
        except MissingResourceError:
            said.append(f"There is no {addition.title}: the disk is full.")
        except InputError as error:
            said.append(f"There is no {addition.title}: {error}")
    return tuple(said)


def _add(
    folder: Path, shown: _Shown, addition: Addition, left_out: LeftOut, progress: Progress | None
) -> None:
    with left_out.unless_it_fails(addition.title):
        for sentence in addition.write(folder, shown.study, shown.analysis, progress or Silent()):
            left_out.say(sentence)


def _not_made(addition: Addition) -> str:
    return f"There is no {addition.title}: the program ended before it was made."
