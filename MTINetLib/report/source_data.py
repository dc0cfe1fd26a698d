"""Results never lie among the images that they were made from, and de-identified ones not beside a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.reading.folder_files import INDEX, files_below

#: Shorter words of a name are found in any path.
_SHORTEST_WORD = 3


def refuse_source_data(out: Path, inputs: Iterable[Path]) -> None:
    """Refuse a folder of results inside a folder of input, or among input files.

    Args:
        inputs: files and folders that are read, with what links in them lead to.

    Raises:
        InputError: ``out`` lies there; the message names both.
    """
    for given in inputs:
        folder = given.parent if given.name.upper() == INDEX else given
        if is_inside(out, folder) or (folder.is_file() and _same(out, folder.parent)):
            where = folder.parent if folder.is_file() else folder
            raise _among(out, where)
        for linked in _linked_folders(folder):
            if is_inside(out, linked):
                raise _among(out, linked)


def _among(out: Path, where: Path) -> InputError:
    return InputError(
        f"{out} lies in {where}, which holds the images: choose a folder outside of it, so that "
        "results and images do not mix."
    )


def _linked_folders(folder: Path) -> Iterable[Path]:
    """The folders with files that lie elsewhere, because a link in ``folder`` leads to them."""
    if not folder.is_dir():
        return ()
    real = folder.resolve()
    parents = dict.fromkeys(path.parent for path in files_below(folder)[0])
    return [parent for parent in parents if not parent.resolve().is_relative_to(real)]


def refuse_identity(out: Path, inputs: Iterable[Path], names: Iterable[str]) -> None:
    """Refuse a folder of de-identified results whose place says whom they are of.

    Args:
        inputs: files and folders that are read; whatever lies beside them belongs to the same person.
        names: the patient's name and numbers, as DICOM has them.

    Raises:
        InputError: ``out`` lies beside the images, or has a part of a name in its path.
    """
    for given in inputs:
        beside = given.parent
        if _tells_nothing(beside):
            continue
        if is_inside(out, beside):
            raise InputError(
                f"{out} lies beside the patient's images in {beside}: choose another folder for the "
                "de-identified report."
            )
    for part in _own_parts(out):
        if any(_names(part, name) for name in names):
            raise InputError(
                f"'{part}' in {out} names the patient: choose another folder for the de-identified report."
            )


def source_folders(inputs: Sequence[Path]) -> tuple[Path, ...]:
    """The inputs, and the folder around them where it holds nothing else: a study's, around its series."""
    known = list(dict.fromkeys(inputs))
    around = dict.fromkeys(given.parent for given in known)
    return (
        *known,
        *(folder for folder in around if not _tells_nothing(folder) and _holds_only(folder, known)),
    )


def is_inside(path: Path, folder: Path) -> bool:
    """Whether ``path`` is ``folder`` or lies in it, whatever links and letter case make of their names."""
    here = path.expanduser().absolute()
    return any(_same(place, folder) for place in (here, *here.parents, *_resolved(here)))


def _resolved(path: Path) -> tuple[Path, ...]:
    real = path.resolve()
    return (real, *real.parents)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return one.absolute() == other.absolute()


def _holds_only(folder: Path, known: Sequence[Path]) -> bool:
    try:
        return all(entry in known or entry.name.upper() == INDEX for entry in folder.iterdir())
    except OSError:
        return False


def _tells_nothing(folder: Path) -> bool:
    """Folders in which everything lies: the disk, home, and what belongs to all of the user."""
    home = Path.home()
    return folder == Path(folder.anchor) or is_inside(home, folder) or _same(folder, home / "Documents")


def _own_parts(out: Path) -> tuple[str, ...]:
    """Parts of the path that somebody chose; those down to the user's home name the user."""
    here, home = out.expanduser().absolute(), Path.home()
    return here.relative_to(home).parts if here.is_relative_to(home) else here.parts


def _names(part: str, name: str) -> bool:
    words = set(_words(part))
    return any(word in words for word in _words(name) if len(word) >= _SHORTEST_WORD)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", text.casefold()) if word]
