"""Whether the disk has room for the results of a cohort, before and while they are written."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from MTINetLib.errors import MissingResourceError
from MTINetLib.report.formats import PAGE

#: The share of its images that a study's results take at most by experience, and the least that is counted.
_SHARE, _LEAST = 0.1, 2 << 20
#: A page holds the images once more, and a viewer.
_PAGE_SHARE, _VIEWER = 1.0, 3 << 20
#: So much stays free for everybody else.
KEPT_FREE = 256 << 20


def refuse_too_little_room(out: Path, sizes: list[int], formats: Sequence[str] = ()) -> None:
    """Refuse work that would fill the disk.

    Args:
        sizes: bytes of the images of each study that is still to be analyzed.
        formats: of the results.

    Raises:
        MissingResourceError: the sentence says how much there is and how much it takes.
    """
    needed = sum(max(_LEAST, int(_SHARE * size)) for size in sizes)
    if PAGE in formats:
        needed += sum(_VIEWER + int(_PAGE_SHARE * size) for size in sizes)
    free = free_bytes(out)
    if free < needed + KEPT_FREE:
        raise MissingResourceError(
            f"The results of {len(sizes)} studies may take {_gb(needed)}, and the disk of {out} has "
            f"{_gb(free)} free: make room, choose another disk, or fewer --formats."
        )


def refuse_a_full_disk(out: Path) -> None:
    """Stop while the results are still whole.

    Raises:
        MissingResourceError: hardly anything is left.
    """
    if free_bytes(out) < KEPT_FREE:
        raise MissingResourceError(
            f"The disk of {out} is nearly full: make room, then give the same command again; what is done "
            "stays."
        )


def free_bytes(out: Path) -> int:
    place = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    return shutil.disk_usage(place).free


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
