"""A cohort's results, and what readers marked on them, as a work list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from MTINetLib.claim import claimed
from MTINetLib.cohort.cohort_study import CohortStudy, OpenedFrom
from MTINetLib.cohort.manifest import read_manifest
from MTINetLib.cohort.work import study_before
from MTINetLib.errors import InputError
from MTINetLib.marks.mark import by_study
from MTINetLib.marks.marked_results import MarkedResults
from MTINetLib.marks.read_marks import read_marks
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.dicom.header import Header
from MTINetLib.reading.dicom.scan import first_frame
from MTINetLib.reading.folder_files import files_below
from MTINetLib.reading.studies_below import FoundStudy, study_of_files
from MTINetLib.reading.volumes.volume_files import is_volume_file, stem_of
from MTINetLib.worklist.folder import LIST_FILE, Record, is_list, new_list, open_list
from MTINetLib.worklist.marked import propose
from MTINetLib.worklist.search import take_in


@dataclass(frozen=True)
class MarkedList:
    """What came into a list.

    Args:
        studies: those with marks that are on the list now.
        unmarked: how many studies of the results nobody marked; they stay out.
        left_out: a sentence for each study that was marked and cannot be taken in.
    """

    studies: tuple[str, ...]
    unmarked: int
    left_out: tuple[str, ...]


def list_marked(
    results: Path, tables: Sequence[Path], folder: Path, progress: Progress | None = None
) -> MarkedList:
    """Make a work list of the studies that readers marked, or bring it up to date; what was done stays.

    The masks of the results are the drafts; see ``worklist/marked.py`` for what marks make of them.

    Args:
        results: the folder of a cohort.
        tables: of marks.
        folder: of the list.

    Raises:
        InputError: a mark cannot be used, or not one study can be taken in.
        MissingResourceError: the disk is full.
        Cancelled: told by ``progress``; the studies before it are on the list.
    """
    watcher = progress or Silent()
    found = MarkedResults(results)
    marked = by_study(read_marks(tables, found, watcher))
    manifest = read_manifest(results)
    assume_order = manifest is not None and bool(manifest.settings.get("assume_order"))
    images: dict[str, _Images] = {}
    left_out: dict[str, str] = {}
    watcher.start(Stage.FINDING_STUDIES, len(marked))
    for number, name in enumerate(marked, start=1):
        with _said_in(left_out, name):
            images[name] = _images(study_before(found.study(name).folder), found.study(name).folder)
        watcher.update(number)
    watcher.finish()
    taken: list[str] = []
    if images:
        with claimed(folder / LIST_FILE):
            listed = open_list(folder) if is_list(folder) else new_list(folder)
            records = take_in(listed, [one.found for one in images.values()])
            watcher.start(Stage.WRITING_CASE, len(records))
            for number, (name, record) in enumerate(zip(images, records, strict=True), start=1):
                with _said_in(left_out, name):
                    worded = _with_word(record, images[name], assume_order)
                    taken.append(propose(listed, worded, found.study(name), marked[name]).study)
                watcher.update(number)
            watcher.finish()
    if not taken:
        name, reason = next(iter(left_out.items()))
        raise InputError(f"No marked study can be taken into the list; {name}: {reason}")
    sentences = tuple(f"{name}: {reason}" for name, reason in left_out.items())
    return MarkedList(tuple(taken), len(found.names) - len(marked), sentences)


@contextmanager
def _said_in(left_out: dict[str, str], study: str) -> Iterator[None]:
    """A study that cannot be taken in says why, and the next one follows."""
    try:
        yield
    except InputError as error:
        left_out[study] = str(error)


@dataclass(frozen=True)
class _Images:
    """Where a study lies; ``told`` names its phases where each was given by itself."""

    found: FoundStudy
    told: tuple[tuple[str, str], ...] = ()


def _images(source: CohortStudy | None, results: Path) -> _Images:
    if source is None:
        raise InputError(f"{results} does not say where its images lie: results of mtinet cohort do.")
    phases = source.phases if source.opened_from is OpenedFrom.PHASES else ()
    named = [Path(path) for _, path in phases] or [Path(path) for path in source.files or (source.place,)]
    missing = next((path for path in named if not path.exists()), None)
    if missing is not None:
        raise InputError(f"its images are gone, such as {missing}.")
    files = [file for path in named for file in (files_below(path)[0] if path.is_dir() else [path])]
    if not files:
        raise InputError(f"its images are gone from {source.place}.")
    try:
        found = study_of_files([path.absolute() for path in files])
    except OSError as error:
        raise InputError(f"its images cannot be read: {error.strerror}.") from error
    return _Images(found, tuple(_words(phases)))


def _words(phases: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """How each phase is named among all volumes of its study, as ``open_study`` takes it."""
    paths = [Path(path) for _, path in phases]
    stems = [stem_of(path) if is_volume_file(path) else "" for path in paths]
    for (phase, _), path, stem in zip(phases, paths, stems, strict=True):
        if stem and stems.count(stem) == 1:
            yield phase, stem
            continue
        files = sorted(files_below(path)[0]) if path.is_dir() else [path]
        frame = next(filter(None, map(first_frame, files)), None)
        uid = "" if frame is None else Header(frame.dataset).text("SeriesInstanceUID")
        if not uid:
            raise InputError(
                f"its phases lie in files of one name, such as {path.name}: give them names of their own."
            )
        yield phase, uid


def _with_word(record: Record, images: _Images, assume_order: bool) -> Record:
    """The word on the phases that the cohort was begun with, unless a person has said another."""
    entry = record.entry
    if entry.version or not (images.told or assume_order):
        return record
    return replace(record, entry=replace(entry, told=dict(images.told), assume_order=assume_order))
