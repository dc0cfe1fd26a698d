"""All files of one analysis: findings, masks, tables, the report and what others add."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.progress import Progress
from MTINetLib.report.cover import Cover
from MTINetLib.report.deidentify import Disguise
from MTINetLib.report.file_names import FINDINGS_FILE, HTML_FILE, OWN_FILES, PDF_FILE
from MTINetLib.report.formats import DICOM, Results, write_formats, write_notes
from MTINetLib.report.left_out import LeftOut
from MTINetLib.report.output_folder import new_results
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.inference.analyze import Analysis
    from MTINetLib.report.dicom.maker import Tracking

_FORMATS = ("json", "csv", "labels", "html", "pdf")


@dataclass(frozen=True)
class Addition:
    """Further results, of which this room knows nothing; they may fail and cost no other.

    Args:
        title: what is missing when it fails, after "There is no".
        write: writes into the folder; sentences about what it left out come back.
    """

    title: str
    write: Callable[[Path], Sequence[str]]


@dataclass(frozen=True)
class OutputOptions:
    """What is written beside findings, masks, tables and report.

    Args:
        dicom: also SEG, SR and the report as DICOM.
        tracking: by label, what lesions were called in the result that this one continues.
        cover: the report's own part.
        disguise: of a de-identified export, whose ``analysis.findings`` and ``cover`` are so already.
        additions: made at the end, in this order.
    """

    dicom: bool = False
    tracking: Mapping[int, Tracking] | None = None
    cover: Cover | None = None
    disguise: Disguise | None = None
    additions: Sequence[Addition] = ()


def write_outputs(
    out: Path,
    study: Study,
    analysis: Analysis,
    options: OutputOptions | None = None,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> tuple[str, ...]:
    """Write all result files into ``out``, whole or not at all; then the additions, one by one.

    Args:
        overwrite: replace the files of earlier results in ``out``; what else lies there stays.

    Returns:
        Sentences for people about what is missing, and why; none where all could be made.

    Raises:
        InputError: ``out`` is in use or may not be written to.
        MissingResourceError: the disk is full before the findings are in place.
    """
    chosen = options or OutputOptions()
    with new_results(out, overwrite=overwrite, earlier=OWN_FILES) as folder:
        said = write_files(folder, study, analysis, replace(chosen, additions=()), progress=progress)
        # What stands there if this process dies before they are made.
        write_notes(folder, [*said, *(_not_made(addition) for addition in chosen.additions)])
    if chosen.additions:
        said += _add(out, chosen.additions)
        with suppress(OSError):  # a full disk keeps the sentences from before
            write_notes(out, said)
    return said


def write_files(
    folder: Path,
    study: Study,
    analysis: Analysis,
    options: OutputOptions | None = None,
    *,
    progress: Progress | None = None,
) -> tuple[str, ...]:
    """As :func:`write_outputs`, into a folder that is there."""
    chosen = options or OutputOptions()
    left_out = LeftOut(folder)
    results = Results(
        study,
        analysis.findings,
        analysis.labels,
        analysis.probability,
        left_out,
        cover=chosen.cover or Cover(),
        disguise=chosen.disguise,
        tracking=chosen.tracking or {},
    )
    write_formats(folder, results, (*_FORMATS, *[DICOM] * chosen.dicom), progress)
    for addition in chosen.additions:
        with left_out.unless_it_fails(addition.title):
            for sentence in addition.write(folder):
                left_out.say(sentence)
    write_notes(folder, left_out.sentences)
    return left_out.sentences


def _add(out: Path, additions: Sequence[Addition]) -> tuple[str, ...]:
    """Put further results beside those that are in place; sentences about what is missing."""
    said: list[str] = []
    for addition in additions:
        try:
            with new_results(out, overwrite=True) as folder:
                left_out = LeftOut(folder)
                with left_out.unless_it_fails(addition.title):
                    for sentence in addition.write(folder):
                        left_out.say(sentence)
            said += left_out.sentences
        except MissingResourceError:
            said.append(f"There is no {addition.title}: the disk is full.")
        except InputError as error:
            said.append(f"There is no {addition.title}: {error}")
    return tuple(said)


def _not_made(addition: Addition) -> str:
    return f"There is no {addition.title}: the program ended before it was made."


def first_to_read(out: Path) -> str:
    """The name of the file with which a reader of the results begins."""
    return next(name for name in (HTML_FILE, PDF_FILE, FINDINGS_FILE) if (out / name).is_file())
