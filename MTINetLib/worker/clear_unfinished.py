"""Clears away what a killed worker had begun to write, by the notes that it kept."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from MTINetLib.claim import take_away
from MTINetLib.unfinished import Begun, Note, drop_note, notes_in


def clear_unfinished(notes: Path) -> bool:
    """Clear away all that is noted in a folder, the latest first; False if a part of it is still there.

    A process that was just killed may hold a file open for a moment: then ask again.
    """
    for note in notes_in(notes):
        if not _cleared(note):
            return False
        drop_note(note.file)
    return True


def _cleared(note: Note) -> bool:
    if note.begun is Begun.CLAIM:
        return take_away(note.path)
    if note.begun is Begun.PARENT:
        with suppress(OSError):  # something came into it, so it stays
            note.path.rmdir()
        return True
    shutil.rmtree(note.path, ignore_errors=True)
    return not note.path.exists()
