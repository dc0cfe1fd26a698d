"""Where the pixels of a file lie, how they are stored, and how many frames there are of them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from MTINetLib.reading.dicom.encoding import LONG_VRS, NATIVE, UNDEFINED_LENGTH, Encoding, syntax_name
from MTINetLib.reading.dicom.fragments import fragments_at, frames_of_fragments
from MTINetLib.reading.dicom.frame import PixelPlace
from MTINetLib.reading.dicom.frame_counts import FrameCounts
from MTINetLib.reading.dicom.header import Header
from MTINetLib.reading.dicom.open import DicomFile
from MTINetLib.reading.dicom.screen import COMPRESSED

_PIXEL_DATA = (0x7FE0, 0x0010)
#: A surplus of pixels is compared with zeros piece by piece.
_PIECE = 1 << 20


@dataclass(frozen=True)
class PixelElement:
    """The pixel data element.

    Args:
        vr: empty where elements do not say it.
        offset: of its value in the file, or in what a deflated file unpacks to.
        length: None where it has no defined length, as compressed pixels.
    """

    vr: bytes
    offset: int
    length: int | None


@dataclass(frozen=True)
class Stored:
    """The bytes that an element lies in: how many there are, and how to read some of them."""

    size: int
    read_at: Callable[[int, int], bytes]

    @staticmethod
    def of(file: DicomFile, stream: BytesIO, encoding: Encoding) -> Stored:
        if encoding.window is None:
            return Stored(file.size, file.read_at)
        unpacked = stream.getbuffer()
        return Stored(len(unpacked), lambda offset, count: bytes(unpacked[offset : offset + count]))


def pixel_element(stream: BytesIO, encoding: Encoding) -> PixelElement | None:
    """The element at which the stream stands, if it is the pixel data."""
    head = stream.read(12)
    if len(head) < 12 or struct.unpack_from(f"{encoding.order}HH", head) != _PIXEL_DATA:
        return None
    vr = b"" if encoding.implicit else head[4:6]
    long = vr in LONG_VRS
    (length,) = struct.unpack_from(f"{encoding.order}I", head, 8 if long else 4)
    offset = stream.tell() - (0 if long else 4)
    return PixelElement(vr, offset, None if length == UNDEFINED_LENGTH else length)


def pixel_place(
    header: Header, path: Path, stream: BytesIO, encoding: Encoding, stored: Stored
) -> tuple[PixelPlace, FrameCounts]:
    """Where the pixels begin, and how many frames the file says, places and holds.

    Args:
        stream: stands at the pixel data element.

    Raises:
        UnusableError: what the file says of its pixels cannot be.
    """
    bits = header.integer("BitsAllocated")
    kind = f"{encoding.order}{'i' if header.integer('PixelRepresentation') else 'u'}{bits // 8}"
    counts = FrameCounts.of(header)
    element = pixel_element(stream, encoding)

    def place(problem: str | None = None, offset: int | None = None, swapped: bool = False) -> PixelPlace:
        bits_stored = min(header.integer("BitsStored", bits), bits)
        return PixelPlace(path, offset, kind, bits_stored, problem, swapped)

    if _is_foreign(encoding, element):
        return place(f"is stored in a way that cannot be read ({syntax_name(encoding.declared)})"), counts
    if element is None or element.length == 0:
        return place("has no pixel data"), counts
    if header.integer("BitsStored", bits) == 0:
        return place("says it has no bits stored"), counts
    if element.length is None:
        # Compressed pixels are little endian in every file.
        kind = f"<{kind[1:]}"
        counts = counts.with_held(_compressed_frames(element, stored, counts))
        return place(_compressed_problem(counts)), counts
    counts = _native_counts(header, element, stored, counts)
    if problem := _not_native(encoding, header, element, counts):
        return place(problem), counts
    problem = counts.shortage if counts.held == 0 else None
    offset = element.offset if encoding.window is None else None
    return place(problem, offset, _swapped(element, encoding, bits)), counts


def _is_foreign(encoding: Encoding, element: PixelElement | None) -> bool:
    """Whether nobody knows what the pixels are; a compression's own name does not count for plain ones."""
    declared = encoding.declared
    if not declared or declared in NATIVE or declared in COMPRESSED:
        return False
    is_known = syntax_name(declared) != declared
    plain = element is not None and element.length is not None
    return not (is_known and plain)


def _not_native(encoding: Encoding, header: Header, element: PixelElement, counts: FrameCounts) -> str | None:
    declared = encoding.declared
    if not declared or declared in NATIVE:
        return None
    wanted = frame_bytes(header) * counts.expected
    if element.length is not None and wanted <= element.length <= wanted + 1:
        return None
    return (
        f"says that its pixels are compressed ({syntax_name(declared)}), but they are no compressed frames, "
        f"and their {element.length:,} bytes are not the {wanted:,} of uncompressed ones"
    )


def frame_bytes(header: Header) -> int:
    """Of one uncompressed frame."""
    return header.integer("Rows") * header.integer("Columns") * header.integer("BitsAllocated") // 8


def _swapped(element: PixelElement, encoding: Encoding, bits: int) -> bool:
    """Whether bytes of words are swapped: pixels of 8 bits in words of a big-endian file (PS3.5 8.2)."""
    return encoding.order == ">" and bits == 8 and element.vr != b"OB"


def _compressed_problem(counts: FrameCounts) -> str | None:
    if counts.held is None:
        return "has compressed frames that nothing tells apart"
    return None if counts.held else "has no whole compressed frame"


def _compressed_frames(element: PixelElement, stored: Stored, counts: FrameCounts) -> int | None:
    fragments = fragments_at(stored.read_at, element.offset, stored.size)
    frames = frames_of_fragments(fragments, counts.expected)
    return None if frames is None else len(frames)


def _native_counts(header: Header, element: PixelElement, stored: Stored, counts: FrameCounts) -> FrameCounts:
    size = frame_bytes(header)
    said = element.length or 0
    there = min(said, stored.size - element.offset)
    held = there // size
    wanted = counts.expected * size
    surplus = there - wanted
    row = size // header.integer("Rows")
    if surplus > 0 and (surplus < row or _is_zero(stored, element.offset + wanted, surplus)):
        held = counts.expected
        surplus = 0
    uneven = surplus if surplus > 0 and surplus % size else 0
    return counts.with_held(held, cut=there < said, bytes_held=there, bytes_uneven=uneven, frame_bytes=size)


def _is_zero(stored: Stored, offset: int, count: int) -> bool:
    while count > 0:
        piece = stored.read_at(offset, min(count, _PIECE))
        if not piece or piece.strip(b"\0"):
            return False
        offset, count = offset + len(piece), count - len(piece)
    return True
