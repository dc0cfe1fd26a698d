"""Temporary folders of one process; those that killed processes have left go when the next one is made."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from MTINetLib.alive import NAME, AliveLock, owner_is_gone

#: Another process may be just about to lock a folder that is younger.
_YOUNG_S = 60.0
_own: set[Path] = set()


class PrivateFolder:
    """A new folder that only this user may open, until :meth:`close` or the end of the process.

    Args:
        purpose: a word for its name.
        tidy: called with each folder of this purpose that a killed process has left, before it goes.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, purpose: str, tidy: Callable[[Path], object] = lambda folder: None) -> None:
        prefix = f"mtinet-{purpose}-"
        _clear_left(prefix, tidy)
        # resolve: macOS's and Windows' short names of the temporary folder differ between processes.
        self.path = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
        self._owner = os.getpid()
        try:
            self._lock = AliveLock(self.path)
        except OSError:
            shutil.rmtree(self.path, ignore_errors=True)
            raise
        _own.add(self.path)

    def close(self) -> None:
        """Delete it with all that is in it; a fork of the process that made it deletes nothing."""
        if os.getpid() != self._owner:
            return
        self._lock.release()
        shutil.rmtree(self.path, ignore_errors=True)
        _own.discard(self.path)


def _clear_left(prefix: str, tidy: Callable[[Path], object]) -> None:
    for lock in Path(tempfile.gettempdir()).glob(f"{prefix}*/{NAME}"):
        folder = lock.parent.resolve()
        with suppress(OSError):  # another process has cleared it by now
            if folder in _own or time.time() - lock.stat().st_mtime < _YOUNG_S:
                continue
            if owner_is_gone(folder):
                tidy(folder)
                shutil.rmtree(folder, ignore_errors=True)
