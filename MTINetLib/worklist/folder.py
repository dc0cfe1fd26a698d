"""A work list on disk: small files that are written once and never changed, so that nobody's work is lost.

    worklist.json             format, the secret that names are made with, and the sources
    places/STUDY.json         where a study lies
    entries/STUDY-N-X.json    versions of its entry; X tells those of two readers apart
    masks/STUDY-N-X.nii.gz    the lesions of a version
    findings/STUDY-N-X.json   what a model found

It needs no locks, which network drives do not always have.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy.typing as npt

from MTINetLib.claim import claimed
from MTINetLib.errors import InputError
from MTINetLib.output_place import clear_disk_errors, refuse_unusable_folder
from MTINetLib.reading.volumes.write import write_label_map
from MTINetLib.study.grid import Grid
from MTINetLib.worklist.entry import Entry
from MTINetLib.worklist.place import Place, Source
from MTINetLib.write_whole import whole_file

LIST_FILE = "worklist.json"
FORMAT = 1
_PLACES, _ENTRIES, _MASKS, _FINDINGS = "places", "entries", "masks", "findings"


@dataclass(frozen=True)
class Record:
    """One study of a list.

    Args:
        entry: its latest version; in a conflict the one that was written first.
        rivals: further latest versions, which others wrote at the same time from the same one.
        unreadable: how many of its files are damaged, as after a power cut.
    """

    study: str
    place: Place
    entry: Entry
    rivals: tuple[Entry, ...] = ()
    unreadable: int = 0

    @property
    def patient(self) -> str:
        """Pseudonym, the same for all studies of one patient."""
        return self.entry.patient or self.place.patient

    @property
    def heads(self) -> tuple[Entry, ...]:
        """All latest versions: one, or those of a conflict."""
        return (self.entry, *self.rivals)


class WorkList:
    """A list in a folder. What was read once is kept: versions never change."""

    def __init__(self, folder: Path, secret: str, sources: Sequence[Source]) -> None:
        self.folder, self._secret, self.sources = folder, secret, tuple(sources)
        self._entries: dict[str, Entry | None] = {}

    def name_of(self, identity: str, word: str = "") -> str:
        """Ten digits and letters that stand for an identity in this list, and nowhere else.

        Args:
            word: what is named, so that a patient and a study never share a name.
        """
        message = f"{word}\n{identity}".encode()
        return hmac.new(bytes.fromhex(self._secret), message, hashlib.sha256).hexdigest()[:10]

    def records(self) -> list[Record]:
        """All studies, as they lie.

        Raises:
            InputError: the folder cannot be read.
        """
        by_study: dict[str, list[Entry]] = defaultdict(list)
        damaged: dict[str, int] = defaultdict(int)
        for path in self._files(_ENTRIES):
            study = path.name.split("-")[0]
            entry = self._entry(path)
            if entry is None:
                damaged[study] += 1
            else:
                by_study[study].append(entry)
        found = [
            _record(study, place, by_study[study], damaged[study]) for study, place in self._places().items()
        ]
        return sorted(found, key=lambda record: (record.place.source, record.place.files[0]))

    def record(self, study: str) -> Record:
        """One study by its name, or the beginning of it.

        Raises:
            InputError: there is none, or several begin so.
        """
        names = [path.stem for path in self._files(_PLACES) if path.stem.startswith(study)] if study else []
        if study in names:
            names = [study]
        if len(names) != 1:
            what = "no study" if not names else f"{len(names)} studies"
            raise InputError(f"The list has {what} '{study}': give a name that it shows.")
        place = self._place(names[0])
        entries = [self._entry(path) for path in self._files(_ENTRIES, names[0])]
        read = [entry for entry in entries if entry is not None]
        return _record(names[0], place, read, len(entries) - len(read))

    def as_of(self, study: str, version: str) -> Record:
        """A study as it stood with one version; empty for before there was any.

        Raises:
            InputError: there is no such version.
        """
        now = self.record(study)
        if not version:
            return replace(now, entry=Entry(study), rivals=())
        entry = self._entry(self.folder / _ENTRIES / f"{version}.json")
        if entry is None:
            raise InputError(f"The list has no version {version} of the study {study} any more.")
        return replace(now, entry=entry, rivals=())

    def save(
        self,
        before: Record,
        entry: Entry,
        *,
        labels: npt.NDArray[Any] | None = None,
        grid: Grid | None = None,
        findings: str = "",
    ) -> Record:
        """Write a new version that came from the latest ones of ``before``.

        Nothing is ever replaced: where another has written in the meantime both versions stay, and the
        record that comes back has rivals.

        Args:
            entry: what shall be known of the study; its version, parents and time are made here.
            labels, grid: its lesions, [K, J, I], where they are new.
            findings: JSON, where there are new ones.

        Raises:
            InputError: the folder may not be written to.
            MissingResourceError: the disk is full; the list is as it was.
        """
        number = max(head.number for head in before.heads) + 1
        version = f"{before.study}-{number:04d}-{secrets.token_hex(4)}"
        parents = tuple(head.version for head in before.heads if head.version)
        when = datetime.now(timezone.utc).isoformat(timespec="seconds")
        new = replace(entry, study=before.study, version=version, parents=parents, when=when)
        mask, found = self.folder / _MASKS / f"{version}.nii.gz", self.folder / _FINDINGS / f"{version}.json"
        with clear_disk_errors(self.folder), _none_if_not_all(mask, found):
            if labels is not None and grid is not None:
                new = replace(new, labels=mask.name)
                write_label_map(mask, labels, grid)
            if findings:
                new = replace(new, findings=found.name)
                _write(found, findings)
            _write(self.folder / _ENTRIES / f"{version}.json", new.to_json())
        return self.record(before.study)

    def labels_of(self, entry: Entry) -> Path:
        """The label map of a version that has one."""
        return self.folder / _MASKS / entry.labels

    def findings_of(self, entry: Entry) -> Path:
        """The findings of a version that has some."""
        return self.folder / _FINDINGS / entry.findings

    def set_place(self, study: str, place: Place) -> None:
        """Say where a study lies."""
        _write(self.folder / _PLACES / f"{study}.json", place.to_json())

    def set_source(self, number: int, source: Source) -> None:
        """Change a source, or add one behind the others."""
        self.sources = (*self.sources[:number], source, *self.sources[number + 1 :])
        _write_list(self.folder, self._secret, self.sources)

    def claimed_for_draft(self, study: str) -> Any:
        """Hold a study while a model drafts it, so that two do not draft the same; see ``claimed``."""
        return claimed(self.folder / _FINDINGS / study)

    def _entry(self, path: Path) -> Entry | None:
        """None for a damaged file; one that is only half there now is looked at again later."""
        kept = self._entries.get(path.name)
        if kept is None:
            try:
                kept = Entry.from_json(path.read_text("utf-8"))
            except (OSError, ValueError):
                return None
            self._entries[path.name] = kept
        return kept

    def _places(self) -> dict[str, Place]:
        return {path.stem: self._place(path.stem) for path in self._files(_PLACES)}

    def _place(self, study: str) -> Place:
        path = self.folder / _PLACES / f"{study}.json"
        try:
            return Place.from_json(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{path} cannot be read: search the folder of the studies again with mtinet label SOURCE -o "
                f"{self.folder}."
            ) from error

    def _files(self, folder: str, study: str = "") -> Iterator[Path]:
        try:
            yield from sorted((self.folder / folder).glob(f"{study or '[0-9a-f]'}*.json"))
        except OSError as error:
            raise InputError(f"The list {self.folder} cannot be read: {error.strerror}.") from error


def is_list(folder: Path) -> bool:
    return (folder / LIST_FILE).is_file()


def new_list(folder: Path) -> WorkList:
    """Make an empty list.

    Raises:
        InputError: the folder is in use, or may not be written to.
        MissingResourceError: the disk is full.
    """
    refuse_unusable_folder(folder)
    if folder.is_dir() and any(not path.name.startswith(".mtinet-") for path in folder.iterdir()):
        raise InputError(f"{folder} holds files but no {LIST_FILE}: choose a work list, or an empty folder.")
    with clear_disk_errors(folder):
        for name in (_PLACES, _ENTRIES, _MASKS, _FINDINGS):
            (folder / name).mkdir(parents=True, exist_ok=True)
        _write_list(folder, secrets.token_hex(32), ())
    return open_list(folder)


def open_list(folder: Path) -> WorkList:
    """A list that is there.

    Raises:
        InputError: it is none, damaged, or of a later version of MTINet.
    """
    path = folder / LIST_FILE
    if not path.is_file():
        raise InputError(
            f"{folder} is no work list: make one of a folder of studies with mtinet label {folder} -o LIST."
        )
    try:
        data = json.loads(path.read_text("utf-8"))
        found, secret = data["format"], str(data["secret"])
        bytes.fromhex(secret)
        sources = [Source(tuple(one["paths"]), one["from_list"]) for one in data["sources"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is damaged: put it back from a copy of the list.") from error
    if found != FORMAT:
        raise InputError(f"The list {folder} was made by a later version of MTINet: update MTINet.")
    return WorkList(folder, secret, sources)


def _record(study: str, place: Place, entries: Sequence[Entry], unreadable: int) -> Record:
    replaced = {parent for entry in entries for parent in entry.parents}
    heads = sorted(
        (entry for entry in entries if entry.version not in replaced),
        key=lambda entry: (entry.when, entry.version),
    ) or [Entry(study)]
    return Record(study, place, heads[0], tuple(heads[1:]), unreadable)


def _write_list(folder: Path, secret: str, sources: Sequence[Source]) -> None:
    data = {"format": FORMAT, "secret": secret, "sources": [vars(source) for source in sources]}
    _write(folder / LIST_FILE, json.dumps(data, indent=2) + "\n")


@contextmanager
def _none_if_not_all(*files: Path) -> Iterator[None]:
    """After an error these files are not there."""
    try:
        yield
    except BaseException:
        for path in files:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as beside:
        beside.write_text(text, encoding="utf-8")
