"""The frames of compressed pixel data: fragments, of which one or several make a frame (PS3.5 A.4)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Reads so many bytes at a place.
ReadAt = Callable[[int, int], bytes]

_ITEM = struct.pack("<HH", 0xFFFE, 0xE000)
#: How the codestreams of JPEG and JPEG-LS, of JPEG 2000, and of a JPEG 2000 file begin.
_BEGINNINGS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP")
_MOST_FRAGMENTS = 200_000


@dataclass(frozen=True)
class Fragment:
    """A piece of a compressed image in its file."""

    offset: int
    length: int
    begins_image: bool


Frame = tuple[Fragment, ...]


def fragments_at(read: ReadAt, offset: int, size: int) -> list[Fragment]:
    """The whole fragments of the pixel data whose first item stands at ``offset``.

    Args:
        size: of the file; a fragment that goes beyond is left out.
    """
    found: list[Fragment] = []
    # The first item is the table of offsets.
    first = True
    while offset + 8 <= size and len(found) < _MOST_FRAGMENTS:
        head = read(offset, 16)
        if head[:4] != _ITEM:
            break
        (length,) = struct.unpack_from("<I", head, 4)
        if offset + 8 + length > size:
            break
        if not first:
            found.append(Fragment(offset + 8, length, _begins_image(head[8:])))
        first = False
        offset += 8 + length
    return found


def _begins_image(data: bytes) -> bool:
    # RLE: the number of segments, and that the first one follows the header of 64 bytes.
    rle = len(data) == 8 and 1 <= data[0] <= 15 and data[1:] == b"\0\0\0\x40\0\0\0"
    return rle or data.startswith(_BEGINNINGS)


def frames_of_fragments(fragments: Sequence[Fragment], expected: int) -> list[Frame] | None:
    """The fragments frame by frame; None where nothing tells how they belong together.

    Args:
        expected: the number of frames that the header says.
    """
    if expected == 1 and fragments and sum(one.begins_image for one in fragments) <= 1:
        return [tuple(fragments)]
    if len(fragments) == expected or all(one.begins_image for one in fragments):
        return [(one,) for one in fragments]
    frames: list[list[Fragment]] = []
    for fragment in fragments:
        if fragment.begins_image:
            frames.append([fragment])
        elif frames:
            frames[-1].append(fragment)
    return [tuple(frame) for frame in frames] if len(frames) == expected else None


def stream_of(read: ReadAt, frame: Frame) -> bytes:
    """The compressed image of one frame."""
    return b"".join(read(fragment.offset, fragment.length) for fragment in frame)
