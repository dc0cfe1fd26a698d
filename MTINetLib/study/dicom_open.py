"""Opens a file that may be anything as the beginning of a DICOM file, within bounds of time and memory."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

Found = TypeVar("Found")

#: Headers of classic images are shorter than this, so that one read brings a whole header.
_FIRST_BYTES = 1 << 16
#: A header of thousands of frames has some ten megabytes.
LARGEST_HEADER = 64 << 20
#: What a deflated file may unpack to. Zlib packs zeros a thousand times: nobody knows before.
LARGEST_INFLATED = 1 << 30
_DEFLATED = bytes(str(DeflatedExplicitVRLittleEndian), "ascii")


class UnusableError(Exception):
    """A file that cannot be used; the text is the reason."""


def open_regular(path: Path) -> int:
    """A descriptor for reading; a pipe or a device without anybody at its end does not block.

    Raises:
        OSError, UnusableError: it cannot be opened, or is neither a file nor a link to one.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise UnusableError("is no regular file")


def looks_like_dicom(head: bytes) -> bool:
    """From the first bytes: the mark behind the preamble, or the first tags of old files without one."""
    if head[128:132] == b"DICM":
        return True
    # Group 0008, element number below 0x20; at least one element's worth.
    return len(head) >= 132 and head[:4] in _FIRST_TAGS


_FIRST_TAGS = {struct.pack("<HH", 0x0008, element) for element in (0x0000, 0x0001, 0x0005, 0x0008, 0x0016)}


class DicomFile:
    """One file, whose header is read as far as is needed.

    Use as a context manager.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = open_regular(path)
        self.size = os.fstat(self._descriptor).st_size

    def __enter__(self) -> DicomFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def parse(self, read: Callable[[BytesIO, int | None], Found]) -> Found | None:
        """What ``read`` makes of the file's beginning, None if the file is no DICOM.

        ``read`` is called with a stream and, for a deflated file, how many bytes it unpacked to. It is called
        again with more of the file where it came to the end of what there was. It works in memory, so that a
        length in the file that is wrong allocates nothing.

        Raises:
            UnusableError: the header is absurdly long.
        """
        count = _FIRST_BYTES
        data = b""
        while True:
            data += self._read(len(data), count - len(data))
            if not looks_like_dicom(data[:132]):
                return None
            whole = len(data) < count
            if _is_deflated(data):
                unpacked = self.inflated()
                return read(BytesIO(unpacked), len(unpacked))
            stream = BytesIO(data)
            try:
                found = read(stream, None)
            # What a parser makes of half a value may be anything; with more of the file it gets another try.
            except Exception:
                if whole or stream.tell() < len(data):
                    raise
            else:
                # Elements that are not wanted are leapt over, perhaps beyond what was read.
                if whole or stream.tell() <= len(data) - 16:
                    return found
            count *= 8
            if count > LARGEST_HEADER:
                raise UnusableError(f"has a header of more than {LARGEST_HEADER >> 20} MB")

    def is_deflated(self) -> bool:
        """Whether all behind the file meta information is packed."""
        return _is_deflated(self._read(0, _FIRST_BYTES))

    def inflated(self) -> bytes:
        """The whole of a deflated file, its file meta information in front, unpacked.

        Raises:
            UnusableError: it is damaged or unpacks to more than any image has.
        """
        data = self._read(0, min(self.size, LARGEST_INFLATED))
        start = _end_of_file_meta(data)
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            unpacked = unpacker.decompress(data[start:], LARGEST_INFLATED)
        except zlib.error as error:
            raise UnusableError("is damaged: its deflated part cannot be unpacked") from error
        if unpacker.unconsumed_tail:
            raise UnusableError(f"unpacks to more than {LARGEST_INFLATED >> 20} MB")
        # As if it had never been packed: pydicom would unpack without bounds.
        return data[:start].replace(_DEFLATED, _INFLATED) + unpacked

    def _read(self, offset: int, count: int) -> bytes:
        os.lseek(self._descriptor, offset, os.SEEK_SET)
        parts = []
        while count > 0 and (part := os.read(self._descriptor, min(count, 1 << 24))):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


#: Explicit VR Little Endian, padded to the same length.
_INFLATED = bytes(str(ExplicitVRLittleEndian), "ascii").ljust(len(_DEFLATED), b"\0")


def _is_deflated(data: bytes) -> bool:
    return data[128:132] == b"DICM" and _DEFLATED in data[132 : _end_of_file_meta(data)]


def _end_of_file_meta(data: bytes) -> int:
    """Where the elements of group 0002 end; explicit VR little endian by definition (PS3.10 7.1)."""
    at = 132
    while data[at : at + 2] == b"\x02\x00":
        if data[at + 4 : at + 6] in (b"OB", b"UN"):
            (length,) = struct.unpack_from("<I", data.ljust(at + 12, b"\0"), at + 8)
            at += 12 + length
        else:
            (length,) = struct.unpack_from("<H", data.ljust(at + 8, b"\0"), at + 6)
            at += 8 + length
    return at
