"""A study of a cohort: what it is called in the results, and what it is opened from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MTINetLib.errors import InputError
from MTINetLib.reading.folder_files import files_below

if TYPE_CHECKING:
    from MTINetLib.pipeline.open import Source

#: In each study's folder of results: what it was opened from.
SOURCE_FILE = "source.json"
_LONGEST_NAME = 60
_DIGITS = 12


class OpenedFrom(str, Enum):
    """How a study is opened."""

    #: ``files``, which are known to be of one study.
    FILES = "files"
    #: ``place``, as ``analyze`` opens it.
    PLACE = "place"
    #: ``phases``, each by its own path.
    PHASES = "phases"
    #: ``files`` that were fetched from ``place``, the address of a DICOMweb study, for as long as it takes.
    ARCHIVE = "archive"


@dataclass(frozen=True)
class CohortStudy:
    """One study.

    Args:
        name: of its folder of results; letters, digits and ``._-``, the same in every run.
        place: the folder or file in which it lies, or its address in an archive.
        opened_from: which of the following counts.
        files: in the order of their names.
        phases: name of each phase, and its file or folder.
        size: of all its files, bytes; with their number it tells whether the study has changed. 0 in an
            archive, which tells the number alone.
        count: of its files.
    """

    name: str
    place: str
    opened_from: OpenedFrom
    files: tuple[str, ...] = ()
    phases: tuple[tuple[str, str], ...] = ()
    size: int = 0
    count: int = field(default=0)

    @property
    def is_there(self) -> bool:
        """Whether all files lie where they lay."""
        if self.opened_from is OpenedFrom.PHASES:
            return all(Path(path).exists() for _phase, path in self.phases)
        return Path(self.place).exists() and all(Path(path).is_file() for path in self.files)

    def source(self, held: ExitStack) -> Source:
        """What ``open_study`` takes.

        Raises:
            InputError: the files are gone or cannot be used.
        """
        from MTINetLib.reading.open_input import open_files
        from MTINetLib.study.phase import phase_named

        if self.opened_from is OpenedFrom.PHASES:
            return {phase_named(name): Path(path) for name, path in self.phases}
        if self.opened_from is OpenedFrom.PLACE:
            return Path(self.place)
        # A sentence names the folder; the address holds the study's UID.
        place = Path(self.name if self.opened_from is OpenedFrom.ARCHIVE else self.place)
        missing = sum(not Path(path).is_file() for path in self.files)
        if missing:
            raise InputError(f"{missing} of {len(self.files)} files of the study in {place} are gone.")
        return open_files(place, [Path(path) for path in self.files])

    def as_json(self) -> str:
        kept = replace(self, files=()) if self.opened_from is OpenedFrom.ARCHIVE else self
        return json.dumps(asdict(kept), indent=1) + "\n"


def study_from_json(text: str) -> CohortStudy:
    """What :meth:`CohortStudy.as_json` wrote.

    Raises:
        ValueError: the text is something else.
    """
    try:
        values: dict[str, Any] = json.loads(text)
        return CohortStudy(
            str(values["name"]),
            str(values["place"]),
            OpenedFrom(values["opened_from"]),
            tuple(map(str, values["files"])),
            tuple((str(name), str(path)) for name, path in values["phases"]),
            int(values["size"]),
            int(values["count"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"No study of a cohort: {error}.") from error


def name_of(identity: str) -> str:
    """Letters and digits that stand for an identity; whoever has the identity can make them again."""
    return hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]


def file_name_of(told: str) -> str:
    """A name that somebody gave, as the name of a folder on every system."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", told).strip("-")[:_LONGEST_NAME].strip("-")
    return plain if plain == told else "-".join(filter(None, (plain, name_of(told)[:6])))


def weight_of(paths: Iterable[Path]) -> tuple[int, int]:
    """The number and the bytes of files, those in folders too; what is missing counts nothing."""
    count = size = 0
    for path in paths:
        files = [path]
        if path.is_dir():
            files = files_below(path)[0]
        for file in files:
            with suppress(OSError):
                size += file.stat().st_size
                count += 1
    return count, size
