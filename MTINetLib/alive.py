"""A lock on a file that lasts as long as the process that took it: so one process sees the other's end.

Better than the process number, which another process may get, and than a pipe, which a launcher between
the two may hold open. The system takes the lock away however the process ends.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

_LOG = logging.getLogger(__name__)
NAME = "client.lock"


class AliveLock:
    """Taken when made, given back by :meth:`release` or the end of the process.

    The file must not be opened a second time in this process: POSIX locks end when any of a process's
    handles of the file is closed.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(self._descriptor):
            # A file system without locks: without the file the worker does not ask for it.
            _LOG.warning("the temporary folder's file system has no locks")
            self.release()
            path.unlink(missing_ok=True)

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def owner_is_gone(folder: Path) -> bool:
    """Whether the process that made the lock has ended, or the folder is no longer there."""
    if not folder.is_dir():
        return True
    try:
        descriptor = os.open(folder / NAME, os.O_RDWR)
    except FileNotFoundError:
        return not folder.is_dir()
    except OSError:
        return False
    try:
        return _try_lock(descriptor)
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
