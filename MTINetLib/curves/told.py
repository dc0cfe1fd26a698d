"""What a user says of a series in words: which regions, which baseline, which times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from MTINetLib.curves.regions import BoxRegion, Lps, PointRegion, Region, SegmentRegion
from MTINetLib.curves.series import TimeSeries
from MTINetLib.errors import InputError
from MTINetLib.report.outlines import read_outlines

_BETWEEN = re.compile(r"[\s,;]+")
_LARGEST_TABLE = 1 << 20


def segment_regions(path: Path, series: TimeSeries, only: str | None = None) -> list[Region]:
    """The segments of a file, on the grid of the first time point.

    Args:
        path: as in :func:`MTINetLib.report.outlines.read_outlines`.
        only: values or names, separated by commas; None for all that have a voxel in the images.

    Raises:
        InputError: it cannot be read, belongs to other images, or none of it lies in them.
    """
    grid = series.points[0].grid
    outlines = read_outlines(path, grid, series.images)
    chosen = outlines.values if only is None else outlines.named(only)
    regions: list[Region] = []
    for value in chosen:
        mask = outlines.mask_of(value)
        if mask.any() or only is not None:
            name = outlines.names.get(value) or f"segment {value}"
            regions.append(SegmentRegion.of(name, mask, grid, outlines.outside(value)))
    if not regions:
        raise InputError(f"{path} outlines nothing in these images: name outlines of the same patient.")
    return regions


def box_region(text: str, number: int, *, ras: bool = False) -> Region:
    """``NAME=x,y,z,x,y,z``: two opposite corners in mm; the name may be left out.

    Args:
        number: of the box, for its name.
        ras: x and y count to the right and to the front, as 3D Slicer shows them, instead of LPS.

    Raises:
        InputError: it is written in another way.
    """
    name, numbers = _named_numbers(text, f"box {number}", (6,), "box", "x,y,z,x,y,z")
    return BoxRegion.between(name, _place(numbers[:3], ras), _place(numbers[3:], ras))


def point_region(text: str, number: int, *, ras: bool = False) -> Region:
    """``NAME=x,y,z`` or ``NAME=x,y,z,radius`` in mm; otherwise as :func:`box_region`."""
    name, numbers = _named_numbers(text, f"point {number}", (3, 4), "point", "x,y,z")
    return PointRegion(name, _place(numbers[:3], ras), numbers[3] if len(numbers) == 4 else 0.0)


def time_points_told(text: str) -> tuple[int, ...]:
    """``1``, ``1-3`` or ``1,2,5`` as numbers.

    Raises:
        InputError: it is written in another way.
    """
    numbers: set[int] = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or int(last or first) < int(first):
            raise InputError(f"The baseline '{text}' is no list of time points: write for example 1-3.")
        numbers.update(range(int(first), int(last or first) + 1))
    if not numbers:
        raise InputError("The baseline is empty: write for example 1 or 1-3.")
    return tuple(sorted(numbers))


def numbers_told(text: str, what: str) -> tuple[float, ...]:
    """``25,75`` as numbers; none for an empty text.

    Raises:
        InputError: it is written in another way; ``what`` names the numbers.
    """
    try:
        return tuple(float(word) for word in _BETWEEN.split(text.strip()) if word)
    except ValueError:
        raise InputError(f"The {what} '{text}' are no numbers: write for example 25,75.") from None


def times_told(text: str, count: int) -> tuple[float, ...]:
    """Seconds of each time point.

    Args:
        text: ``0,12.5,30``; ``START:STEP`` for equal steps; or a text file with one number a line or
            separated by blanks or commas.
        count: of the time points.

    Raises:
        InputError: it is none of these.
    """
    words = _table(Path(text)) if _is_file(text) else text
    start, colon, step = words.partition(":")
    try:
        if colon:
            return tuple(float(start) + number * float(step) for number in range(count))
        return tuple(float(word) for word in _BETWEEN.split(words.strip()) if word)
    except ValueError:
        raise InputError(
            f"The times '{text[:60]}' are no seconds: write 0,12.5,30, or START:STEP, or name a file with "
            "one number a line."
        ) from None


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # too long for a name
        return False


def _table(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.read(_LARGEST_TABLE)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read as text: give a file with one number of seconds a line."
        ) from error


def _named_numbers(
    text: str, usual: str, counts: Sequence[int], what: str, how: str
) -> tuple[str, list[float]]:
    name, mark, rest = text.rpartition("=")
    try:
        numbers = [float(word) for word in rest.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in counts or (mark and not name.strip()):
        raise InputError(f"The {what} '{text}' cannot be read: write NAME={how} in mm.")
    return name.strip() or usual, numbers


def _place(numbers: Sequence[float], ras: bool) -> Lps:
    x, y, z = numbers
    return (-x, -y, z) if ras else (x, y, z)
