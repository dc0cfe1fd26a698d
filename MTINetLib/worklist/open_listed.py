"""Opens a study of a list by the files that it was found in, and only if it is that study still."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from MTINetLib.errors import InputError
from MTINetLib.phases.told_volume import line_of, told_volume
from MTINetLib.pipeline.open import open_study
from MTINetLib.progress import Progress
from MTINetLib.reading.open_input import open_files, open_input
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.studies_below import StudyKind, study_of_files
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study
from MTINetLib.worklist.folder import Record, WorkList


def is_there(listed: WorkList, record: Record) -> bool:
    """Whether its first file lies where it was found; quick."""
    return record.place.root(listed.sources, listed.folder) is not None


def files_of(listed: WorkList, record: Record) -> tuple[Path, tuple[Path, ...]]:
    """The folder around a study's files (of an archive its file), and the files.

    Raises:
        InputError: it was moved, files are missing, or another study lies there now.
    """
    place = record.place
    root = place.root(listed.sources, listed.folder)
    again = f"search its folder again with mtinet label SOURCE -o {listed.folder}."
    if root is None:
        raise InputError(f"The study {record.study} does not lie where it was found any more: {again}")
    files = tuple(root / PurePosixPath(name) for name in place.files)
    missing = sum(not path.is_file() for path in files)
    if missing:
        raise InputError(f"{missing} of {len(files)} files of the study {record.study} are gone: {again}")
    if listed.name_of(_identity(files), "study") != record.study:
        raise InputError(f"Another study lies now where the study {record.study} was: {again}")
    return root / PurePosixPath(place.folder), files


def open_listed(
    listed: WorkList,
    record: Record,
    phases: Sequence[Phase],
    *,
    alignment: str = "auto",
    progress: Progress | None = None,
) -> Study:
    """Open a study, with the person's word on its phases.

    Args:
        phases: those that the model takes.
        alignment: as :func:`open_study` takes it.

    Raises:
        InputError: see :func:`files_of`, or as :func:`open_study`.
    """
    folder, files = files_of(listed, record)
    entry = record.entry
    found = folder if record.place.kind is StudyKind.ARCHIVE else open_files(folder, files, progress)
    return open_study(
        found,
        phases=phases,
        told=dict(entry.told),
        alignment=alignment,
        assume_order=entry.assume_order,
        progress=progress,
    )


def named_volumes(
    listed: WorkList, record: Record, progress: Progress | None = None
) -> Iterator[tuple[str, str]]:
    """Of every volume of a study the word that names it to ``open_study``, and a line for people.

    Raises:
        InputError: see :func:`files_of`, or no file can be read.
    """
    folder, files = files_of(listed, record)
    with ExitStack() as closed_here:
        if record.place.kind is StudyKind.ARCHIVE:
            found = closed_here.enter_context(open_input(folder, progress))
        else:
            found = open_files(folder, files, progress)
        for number, volume in enumerate(found.volumes, start=1):
            yield _word_of(number, volume, found.volumes), line_of(number, volume, {})


def _word_of(number: int, volume: SourceVolume, all_of_them: Sequence[SourceVolume]) -> str:
    """Its name, which stays when files come beside it, or its number where the name is not its own."""
    try:
        alone = told_volume(all_of_them, Phase.PRE, volume.name) is volume
    except InputError:
        alone = False
    return volume.name if alone else f"#{number}"


def _identity(files: Sequence[Path]) -> str:
    try:
        return study_of_files(files).identity
    except OSError:
        return ""
