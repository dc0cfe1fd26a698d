"""A folder is searched for studies; the list takes in new ones, moved ones, and those that are gone."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from MTINetLib.claim import claimed
from MTINetLib.errors import InputError
from MTINetLib.output_place import clear_disk_errors
from MTINetLib.progress import Progress
from MTINetLib.reading.studies_below import FoundStudy, studies_below
from MTINetLib.report.file_names import FINDINGS_FILE
from MTINetLib.worklist.folder import LIST_FILE, Record, WorkList, is_list, new_list, open_list
from MTINetLib.worklist.place import Place, Source

#: A folder with such a file holds results or a list, no studies.
_NO_STUDIES = (FINDINGS_FILE, LIST_FILE)


@dataclass(frozen=True)
class Searched:
    """What a search changed in the list.

    Args:
        new, moved, gone: names of studies; those that are gone were in the same folder before.
        known: how many lie where they lay.
        patients: how many the list has.
        unreadable: how many files look like MR images and cannot be used.
    """

    new: tuple[str, ...]
    moved: tuple[str, ...]
    gone: tuple[str, ...]
    known: int
    patients: int
    unreadable: int


def search(source: Path, folder: Path, progress: Progress | None = None) -> Searched:
    """Make the list of a folder of studies, or bring it up to date; what was done in it stays.

    A study is known by its UIDs, or by what its files hold, wherever it lies.

    Raises:
        InputError: nothing is in the source, or the list's folder is in use.
        MissingResourceError: the disk is full.
    """
    if not source.is_dir():
        raise InputError(f"There is no folder {source}: give a folder of studies.")
    with claimed(folder / LIST_FILE):
        there = is_list(folder)
        found = studies_below(source, progress, _NO_STUDIES)
        if not found.studies and not there:
            unreadable = f" ({found.unreadable} damaged ones)" if found.unreadable else ""
            raise InputError(
                f"There are no MR images, volume files or .zip archives below {source}{unreadable}: give a "
                "folder of studies."
            )
        listed = open_list(folder) if there else new_list(folder)
        with clear_disk_errors(folder):
            return _take_in(listed, source, found.studies, found.unreadable)


def take_in(listed: WorkList, studies: Sequence[FoundStudy]) -> tuple[Record, ...]:
    """Their records, in this order; those that the list does not have yet, or not where they lie, come in.

    Raises:
        InputError: the list cannot be written.
        MissingResourceError: the disk is full.
    """
    before = {record.study: record for record in listed.records()}
    names = [listed.name_of(study.identity, "study") for study in studies]
    by_drive: dict[str, list[FoundStudy]] = defaultdict(list)
    for name, study in zip(names, studies, strict=True):
        if name not in before or not _still_there(listed, before[name]):
            by_drive[study.folder.anchor].append(study)
    with clear_disk_errors(listed.folder):
        for found in by_drive.values():
            root = Path(os.path.commonpath([path.parent for study in found for path in study.files]))
            _take_in(listed, root, tuple(found), 0)
    now = {record.study: record for record in listed.records()}
    return tuple(now[name] for name in names)


def _take_in(listed: WorkList, root: Path, found: tuple[FoundStudy, ...], unreadable: int) -> Searched:
    before = {record.study: record for record in listed.records()}
    names = {listed.name_of(study.identity, "study"): study for study in found}
    number = _source_number(listed, root, names, before)
    patients = {name: _patient(listed, name, study.patient) for name, study in names.items()}
    places = {name: Place.of(study, number, root, patients[name]) for name, study in names.items()}
    for name, place in places.items():
        if name not in before or before[name].place != place:
            listed.set_place(name, place)
    gone = [
        name
        for name, record in before.items()
        if record.place.source == number and name not in places and not _still_there(listed, record)
    ]
    for name in gone:
        listed.set_place(name, replace(before[name].place, missing=True))
    moved = tuple(n for n, place in places.items() if n in before and before[n].place.files != place.files)
    new = tuple(name for name in places if name not in before)
    everybody = {record.patient for record in listed.records()}
    known = len(places) - len(new) - len(moved)
    return Searched(new, moved, tuple(gone), known, len(everybody), unreadable)


def _source_number(
    listed: WorkList, root: Path, names: dict[str, FoundStudy], before: dict[str, Record]
) -> int:
    """The number of the source that ``root`` is; one with the same files is the same, seen elsewhere."""
    source = Source.at(root, listed.folder)
    same = {
        before[name].place.source
        for name, study in names.items()
        if name in before
        and before[name].place.files == tuple(path.relative_to(root).as_posix() for path in study.files)
    }
    for number, known in enumerate(listed.sources):
        if set(source.paths) & set(known.paths) or same == {number}:
            if known.also_at(source) != known:
                listed.set_source(number, known.also_at(source))
            return number
    listed.set_source(len(listed.sources), source)
    return len(listed.sources) - 1


def _patient(listed: WorkList, study: str, told: str) -> str:
    """A pseudonym; a study that does not say whose it is counts as a patient of its own."""
    return f"patient_{listed.name_of(told or study, 'patient' if told else 'study of a patient')}"


def _still_there(listed: WorkList, record: Record) -> bool:
    """Not among those found, but lying in another place of the same source, as when a part was searched."""
    return record.place.root(listed.sources, listed.folder) is not None
