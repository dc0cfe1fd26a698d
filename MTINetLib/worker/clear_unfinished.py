"""Clears away what a killed worker had begun to write, by the notes that it kept."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from MTINetLib.claim import take_away
from MTINetLib.unfinished import Begun, Note, drop_note, notes_in

#: A thread that still writes makes a few files more before it meets its missing folder.
_TRIES, _PAUSE_S = 40, 0.02


def clear_unfinished(notes: Path) -> bool:
    """Clear away all that is noted in a folder, the latest first; False if a part of it is still there.

    A process that was just killed may hold a file open for a moment: then ask again.
    """
    for note in notes_in(notes):
        if not _cleared(note):
            return False
        drop_note(note.file)
    return True


def clear_own_unfinished(notes: Path) -> None:
    """As :func:`clear_unfinished` for this process, whose work may still be writing."""
    for _ in range(_TRIES):
        if clear_unfinished(notes):
            return
        time.sleep(_PAUSE_S)


def _cleared(note: Note) -> bool:
    if note.begun is Begun.CLAIM:
        return take_away(note.path)
    if note.begun is Begun.PARENT:
        with suppress(OSError):  # something came into it, so it stays
            note.path.rmdir()
        return True
    shutil.rmtree(note.path, ignore_errors=True)
    return not note.path.exists()
