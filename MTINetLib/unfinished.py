"""Notes of what this process has begun to write, for whoever must clear it away if the process is killed.

Only a process that was told where keeps notes: the worker does, and its client reads them.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Begun(Enum):
    """What was begun, and so how it is cleared away."""

    #: A folder that goes with all that is in it.
    TREE = "tree"
    #: A folder that goes if nothing came into it.
    PARENT = "parent"
    #: A file that holds the claim on a place; it goes unless another process holds it by now.
    CLAIM = "claim"


@dataclass(frozen=True)
class Note:
    """One thing that was begun.

    Args:
        file: the note itself; it goes when ``path`` has been cleared away.
    """

    begun: Begun
    path: Path
    file: Path


_notes: Path | None = None
_numbers = itertools.count()


def keep_notes_in(folder: Path) -> None:
    """From here on this process notes there what it begins."""
    global _notes
    folder.mkdir(mode=0o700, exist_ok=True)
    _notes = folder


@contextmanager
def noted(begun: Begun, path: Path) -> Iterator[None]:
    """During the block ``path`` may be there, unfinished; the block takes it away or finishes it itself."""
    file = write_note(begun, path)
    try:
        yield
    finally:
        drop_note(file)


def write_note(begun: Begun, path: Path) -> Path | None:
    """The file of a new note; None where no notes are kept, or there is no room for one."""
    if _notes is None:
        return None
    file = _notes / f"{next(_numbers):06d}.json"
    try:
        file.write_text(json.dumps([begun.value, str(path.absolute())]), encoding="ascii")
    except OSError:
        return None
    return file


def drop_note(file: Path | None) -> None:
    """What was noted there is finished, or gone."""
    if file is not None:
        with suppress(OSError):
            file.unlink()


def notes_in(folder: Path) -> list[Note]:
    """The notes that were not dropped, the latest first."""
    found = []
    for file in sorted(folder.glob("*.json"), reverse=True):
        with suppress(OSError, ValueError):  # the process was killed while it wrote the note
            begun, path = json.loads(file.read_text(encoding="ascii"))
            found.append(Note(Begun(begun), Path(path), file))
    return found
