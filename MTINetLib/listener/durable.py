"""Files that outlive a power cut: on the disk, and named there, before anybody is told of them."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from MTINetLib.write_whole import whole_file


def write_durably(path: Path, data: bytes) -> None:
    """Write a file whole, and return when the disk has it.

    Raises:
        OSError: it could not be written; ``path`` is as it was.
    """
    with whole_file(path) as beside, beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    _keep_name(path.parent)


def make_folder_durably(path: Path) -> None:
    """Make a folder and its parents, each named on the disk."""
    missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        _keep_name(folder.parent)


def _keep_name(folder: Path) -> None:
    """Windows opens no folders, and keeps names by itself."""
    if sys.platform == "win32":
        return
    with suppress(OSError):  # file systems that cannot sync a folder
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
