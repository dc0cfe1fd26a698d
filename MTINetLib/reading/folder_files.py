"""All files below a folder, through links to other folders too; each real folder is visited once."""

from __future__ import annotations

import os
from pathlib import Path

from MTINetLib.errors import InputError

#: An index of the images around it: it stands for its folder.
INDEX = "DICOMDIR"


def files_below(path: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """The files in the order of their names, and the folders that cannot be listed, each with the reason.

    A link that leads to a folder around itself, or to one that was visited, is not followed.

    Args:
        path: a folder; or one file, which is the answer; or a DICOMDIR, which stands for its folder.

    Raises:
        InputError: nothing is there.
    """
    if not path.is_dir():
        if not os.path.lexists(path):
            raise InputError(f"There is no file or folder {path}.")
        if path.name.upper() != INDEX:
            return [path], []
        path = path.parent
    found: list[Path] = []
    problems: list[tuple[Path, str]] = []

    def note(error: OSError) -> None:
        problems.append((Path(error.filename), f"cannot be listed ({system_words(error)})"))

    root = os.path.realpath(path)
    visited = {root}
    for parent, folders, files in os.walk(path, onerror=note, followlinks=True):
        here = os.path.realpath(parent)
        kept = []
        for name in sorted(folders):
            real = os.path.realpath(Path(parent) / name)
            if real in visited or _is_around(real, here) or _is_around(real, root):
                continue
            visited.add(real)
            kept.append(name)
        folders[:] = kept
        found.extend(Path(parent) / name for name in files)
    return sorted(found), problems


def system_words(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _is_around(folder: str, inner: str) -> bool:
    return Path(inner).is_relative_to(folder)
