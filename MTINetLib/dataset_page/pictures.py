"""One picture of a case, with its words."""

from __future__ import annotations

from dataclasses import dataclass

#: Of a picture's longer side.
SIDE_PX = 260


@dataclass(frozen=True)
class Picture:
    """A picture and its words.

    Args:
        jpeg: the file.
        size: width and height in pixels.
        title: what it shows.
        detail: when and how it was taken.
        letters: of the patient's sides at left, right and top.
    """

    jpeg: bytes
    size: tuple[int, int]
    title: str
    detail: str
    letters: tuple[str, str, str]
