"""A claim on the place of an output, so that two runs never write the same one side by side.

It is a lock of the operating system on a file beside the place: a process that dies, however it dies, lets go
of it. Where the file system knows no locks, or the folder takes no file, the work goes on without a claim.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import IO

from MTINetLib.errors import InputError
from MTINetLib.output_place import refuse_unwritable
from MTINetLib.unfinished import Begun, noted

#: Names longer than this become a number, for the longest name of most file systems is 255 bytes.
_LONGEST_NAME = 200
#: What the work that goes on here holds, which may claim it once more for a part of itself.
_own: ContextVar[frozenset[Path]] = ContextVar("_own", default=frozenset())
#: The operating system's lock is the process's: what this process holds itself is known here.
_held: set[Path] = set()
_guard = threading.Lock()


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Hold ``out``, a file or folder that need not be there yet, until the end of the block.

    Inside of the block the same work may claim it again.

    Raises:
        InputError: another run holds it, or nothing can be written there.
        MissingResourceError: the disk is full.
    """
    place = out.resolve()
    if place in _own.get():
        yield
        return
    refuse_unwritable(out)
    with _guard:
        if place in _held:
            raise _taken(out)
        _held.add(place)
    made: list[Path] = []
    notes = ExitStack()
    try:
        file = _claim_file(place, made, notes, out)
        before = _own.set(_own.get() | {place})
        try:
            yield
        finally:
            _own.reset(before)
            if file is not None:
                _let_go(file)
    finally:
        for folder in reversed(made):  # those that nothing came into
            with suppress(OSError):
                folder.rmdir()
        notes.close()
        with _guard:
            _held.discard(place)


def take_away(path: Path) -> bool:
    """Take away the file of a claim whose process was killed; False if it is still locked.

    Where it is locked the process is not quite gone, or another has claimed the place by now.
    """
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return True
    except OSError:
        return False
    with suppress(OSError):
        if not _lock(file):
            file.close()
            return False
    _let_go(file)
    return True


def _claim_file(place: Path, made: list[Path], notes: ExitStack, out: Path) -> IO[bytes] | None:
    """The open, locked file; None where there can be none."""
    path = place.with_name(f".mtinet-{_short(place.name)}.lock")
    while True:
        try:
            _make_parents(place, made, notes)
            notes.enter_context(noted(Begun.CLAIM, path))
            file = path.open("ab")
        except OSError:
            return None
        try:
            locked = _lock(file)
        except OSError:  # no locks here
            file.close()
            with suppress(OSError):
                path.unlink()
            return None
        if not locked:
            file.close()
            raise _taken(out)
        if _is_still_there(path, file):
            return file
        file.close()  # its last holder took it away in the meantime


def _make_parents(place: Path, made: list[Path], notes: ExitStack) -> None:
    missing = [folder for folder in place.parents if not folder.exists()]
    for folder in reversed(missing):
        notes.enter_context(noted(Begun.PARENT, folder))
        folder.mkdir(exist_ok=True)
        made.append(folder)


def _lock(file: IO[bytes]) -> bool:
    """False if another process has it.

    Raises:
        OSError: the file system knows no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_still_there(path: Path, file: IO[bytes]) -> bool:
    if sys.platform == "win32":  # a file that is open cannot be taken away there
        return True
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _let_go(file: IO[bytes]) -> None:
    path = Path(file.name)
    if sys.platform == "win32":
        file.close()
        with suppress(OSError):  # another run has opened it already
            path.unlink()
    else:
        with suppress(OSError):  # while it is locked, so that nobody else's is taken away
            path.unlink()
        file.close()


def _short(name: str) -> str:
    if len(os.fsencode(name)) <= _LONGEST_NAME:
        return name
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:16]


def _taken(out: Path) -> InputError:
    return InputError(
        f"Another run of MTINet is writing to {out}: wait until it has ended, or name another place."
    )
