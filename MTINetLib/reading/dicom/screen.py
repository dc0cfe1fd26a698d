"""Looks at a compressed image's own header before a decoder allocates what it promises."""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass

from pydicom.uid import (
    JPEG2000,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

JPEG = frozenset({JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1})
JPEG_LS = frozenset({JPEGLSLossless, JPEGLSNearLossless})
JPEG_2000 = frozenset({JPEG2000, JPEG2000Lossless})
#: High-throughput JPEG 2000: only where a plugin of pydicom is installed.
HTJ2K = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (201, 202, 203))
RLE = frozenset({RLELossless})
_JPEG_LOSSLESS = frozenset({JPEGLossless, JPEGLosslessSV1})
COMPRESSED = JPEG | JPEG_LS | JPEG_2000 | HTJ2K | RLE

#: By the number of JPEG's start-of-frame segment.
_JPEG_BY_FRAME = {0xC0: JPEGBaseline8Bit, 0xC1: JPEGExtended12Bit, 0xC3: JPEGLossless, 0xF7: JPEGLSLossless}
_NO_LENGTH = {0x01, *range(0xD0, 0xD9)}
_START_OF_FRAME = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
#: JPEG and JPEG-LS pack flat images some hundred times, JPEG 2000 even more; RLE at most 64 times.
_LARGEST_RLE_RATIO = 64


class StreamError(Exception):
    """A compressed image that is not what the DICOM header says; the text is the reason."""


@dataclass(frozen=True)
class ImageSize:
    """Of an image: rows, columns and bits of a stored value."""

    rows: int
    columns: int
    bits: int


def screen_stream(syntax: str, data: bytes, expected: ImageSize) -> None:
    """Compare the stream of one image with what the DICOM header says of it.

    Args:
        expected: ``bits`` is BitsAllocated.

    Raises:
        StreamError: it is damaged, or says that it has another size.
    """
    if syntax in RLE:
        _screen_rle(data, expected)
    elif syntax in JPEG or syntax in JPEG_LS:
        _compare(_jpeg_size(data), expected)
    elif syntax in JPEG_2000 or syntax in HTJ2K:
        _compare(_jpeg_2000_size(data), expected)


def syntax_of_stream(data: bytes, declared: str) -> str:
    """How an image is compressed by its own beginning; what is declared where that agrees or says nothing."""
    found: str = declared
    family: frozenset[str] = frozenset()
    if data[:2] == b"\xff\xd8":
        with contextlib.suppress(StreamError):
            marker = _jpeg_frame(data)[0]
            found = _JPEG_BY_FRAME.get(marker, declared)
            lossless = marker == 0xC3
            family = JPEG_LS if marker == 0xF7 else _JPEG_LOSSLESS if lossless else frozenset({found})
    elif data[:4] == b"\xff\x4f\xff\x51" or data[4:8] == b"jP  ":
        found, family = JPEG2000, JPEG_2000 | HTJ2K
    elif 1 <= int.from_bytes(data[:4], "little") <= 15 and data[4:8] == b"\x40\0\0\0":
        found, family = RLELossless, RLE
    return declared if declared in family else found


def _compare(found: ImageSize, expected: ImageSize) -> None:
    if (found.rows, found.columns) != (expected.rows, expected.columns):
        raise StreamError(
            f"the compressed image has {found.rows} x {found.columns} pixels, the header says "
            f"{expected.rows} x {expected.columns}"
        )
    if not 2 <= found.bits <= expected.bits:
        raise StreamError(
            f"the compressed image has {found.bits} bits a pixel, the header says {expected.bits}"
        )


def _screen_rle(data: bytes, expected: ImageSize) -> None:
    """PS3.5 G.5: the number of segments and their offsets, 16 numbers of 32 bits."""
    if len(data) < 64:
        raise StreamError("the RLE header is cut off")
    count, *offsets = struct.unpack("<16I", data[:64])
    if count * 8 != expected.bits:
        raise StreamError(f"the RLE header says {count} segments for {expected.bits} bits a pixel")
    used = offsets[:count]
    if used[0] != 64 or any(a >= b for a, b in zip(used, [*used[1:], len(data)], strict=True)):
        raise StreamError("the RLE segments are not where the header says")
    if (len(data) - 64) * _LARGEST_RLE_RATIO < expected.rows * expected.columns * count:
        raise StreamError("the RLE segments are too short for the image")


def _jpeg_size(data: bytes) -> ImageSize:
    """From the first start-of-frame segment (ITU-T T.81 B.2.2; T.87 C.2.2 for JPEG-LS)."""
    _, at = _jpeg_frame(data)
    bits, rows, columns, components = struct.unpack_from(">BHHB", data, at + 4)
    if components != 1:
        raise StreamError(f"the compressed image has {components} components")
    return ImageSize(rows, columns, bits)


def _jpeg_frame(data: bytes) -> tuple[int, int]:
    """Marker and place of the first start-of-frame segment."""
    at = 2
    if data[:2] != b"\xff\xd8":
        raise StreamError("the compressed image does not begin as JPEG does")
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _NO_LENGTH:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in _START_OF_FRAME and at + 10 <= len(data):
            return marker, at
        if marker == 0xDA or length < 2:
            break
        at += 2 + length
    raise StreamError("the compressed image has no JPEG frame header")


def _jpeg_2000_size(data: bytes) -> ImageSize:
    """From the SIZ segment (ITU-T T.800 A.5.1), which comes first in a codestream."""
    start = data.find(b"\xff\x4f\xff\x51", 0, 1 << 16)
    if start < 0 or len(data) < start + 45:
        raise StreamError("the compressed image has no JPEG 2000 size segment")
    x, y, x0, y0, tile_x, tile_y = struct.unpack_from(">6I", data, start + 8)
    components, depth, step_x, step_y = struct.unpack_from(">H3B", data, start + 40)
    if components != 1 or (step_x, step_y) != (1, 1):
        raise StreamError(f"the compressed image has {components} components")
    if tile_x == 0 or tile_y == 0 or x <= x0 or y <= y0:
        raise StreamError("the compressed image has no size")
    if ((x - x0) // tile_x + 1) * ((y - y0) // tile_y + 1) > 65535:
        raise StreamError("the compressed image has too many tiles")
    return ImageSize(y - y0, x - x0, (depth & 0x7F) + 1)
