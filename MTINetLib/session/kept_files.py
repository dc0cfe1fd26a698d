"""What the module has kept on this computer outside its extension, and how it is forgotten."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from MTINetLib.errors import MissingResourceError
from MTINetLib.presentation.statements import error_of
from MTINetLib.user_folder import user_folder

#: What the folders of the user folder hold, for people.
_PURPOSES = {
    "Models": "models kept from your own trainings",
    "Outline": "LiteMedSAM, which outlines a box",
    "Training": "training runs",
}


@dataclass(frozen=True)
class Kept:
    """A folder or file that the module has kept.

    Args:
        size_bytes: of all files in it.
    """

    path: Path
    purpose: str
    size_bytes: int


def kept_files() -> tuple[Kept, ...]:
    """All that lies in the module's own folder; nothing where it has never kept anything."""
    try:
        entries = sorted(user_folder().iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(Kept(path, _PURPOSES.get(path.name, "kept files"), _size(path)) for path in entries)


def forget(kept: tuple[Kept, ...]) -> None:
    """Remove these, and the module's folder when it is empty then; links are removed, not followed.

    Raises:
        MissingResourceError: something could not be removed; the sentence names it.
    """
    for item in kept:
        try:
            if item.path.is_dir() and not item.path.is_symlink():
                shutil.rmtree(item.path)
            else:
                item.path.unlink(missing_ok=True)
        except OSError as error:
            raise error_of(
                MissingResourceError,
                "not_removed",
                path=error.filename or item.path,
                reason=error.strerror,
            ) from error
    folder = user_folder()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _size(path: Path) -> int:
    if path.is_symlink() or not path.is_dir():
        return _file_size(path)
    return sum(_file_size(Path(folder) / name) for folder, _folders, names in os.walk(path) for name in names)


def _file_size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # gone meanwhile
        return 0
