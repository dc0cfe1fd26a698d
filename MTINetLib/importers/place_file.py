"""An image of the source comes into the dataset: as a link where that is asked for and works, or a copy."""

from __future__ import annotations

import os
import shutil
from enum import Enum
from pathlib import Path

from MTINetLib.reading.volumes.volume_files import is_volume_file, stem_of

#: Headers whose voxels lie in another file, which a link would lose.
_TWO_FILES = (".mhd", ".nhdr", ".hdr", ".hdr.gz", ".img", ".img.gz")


class Placed(Enum):
    """How an image came into the dataset."""

    LINKED = "linked"
    COPIED = "copied"
    WRITTEN = "written anew"


def can_stay(path: Path) -> bool:
    """Whether a file or folder can be taken over as it is."""
    return path.is_dir() or (is_volume_file(path) and not path.name.lower().endswith(_TWO_FILES))


def place_image(source: Path, folder: Path, name: str, link: bool) -> tuple[Path, Placed]:
    """Take over a file, or a folder of one DICOM series, under another name.

    A hard link is tried first, for it stays when the source is moved, then a symbolic one. Files are linked
    one by one; a folder of which one file had to be copied counts as copied.

    Raises:
        OSError: it cannot be copied either.
    """
    true = source.resolve()  # a link to a link would follow neither
    if not true.is_dir():
        target = folder / f"{name}{source.name[len(stem_of(source)) :].lower()}"
        return target, _placed(true, target, link)
    target = folder / name
    ways = set()
    for file in sorted(path for path in true.rglob("*") if path.is_file()):
        place = target / file.relative_to(true)
        place.parent.mkdir(parents=True, exist_ok=True)
        ways.add(_placed(file.resolve(), place, link))
    return target, Placed.LINKED if ways == {Placed.LINKED} else Placed.COPIED


def _placed(source: Path, target: Path, link: bool) -> Placed:
    for way in (os.link, os.symlink) if link else ():
        try:
            way(source, target)
        except (OSError, NotImplementedError):
            continue
        return Placed.LINKED
    shutil.copyfile(source, target)
    return Placed.COPIED
