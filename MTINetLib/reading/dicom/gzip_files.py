"""DICOM files that were packed by gzip (.dcm.gz): unpacked within bounds, and nothing else is."""

from __future__ import annotations

import os
import tempfile
import zlib

from MTINetLib.reading.dicom.encoding import find_encoding, says_dicom

GZIP_MARK = b"\x1f\x8b"
#: What a packed file may unpack to.
LARGEST_UNPACKED = 1 << 30
#: Enough to see whether it is DICOM.
_HEAD_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20
_WITH_GZIP_HEADER = zlib.MAX_WBITS | 16


class PackedError(Exception):
    """The packed file cannot be unpacked; the text is the reason."""


def unpacked(descriptor: int) -> int:
    """A descriptor of the unpacked file where a file is packed DICOM, else the same one.

    The unpacked bytes lie in a file without a name, which is gone when the descriptor is closed; the one that
    was given is closed then.

    Raises:
        PackedError: it is damaged, or unpacks to more than any image has.
        OSError: it cannot be read, or the disk is full.
    """
    head = os.read(descriptor, _HEAD_BYTES)
    os.lseek(descriptor, 0, os.SEEK_SET)
    if head[:2] != GZIP_MARK or not _is_dicom(head):
        return descriptor
    with tempfile.TemporaryFile() as file:
        size = 0
        unpacker = zlib.decompressobj(_WITH_GZIP_HEADER)
        while not unpacker.eof:
            packed = unpacker.unconsumed_tail or os.read(descriptor, _BLOCK_BYTES)
            try:
                block = unpacker.decompress(packed, _BLOCK_BYTES)
            except zlib.error as error:
                raise PackedError("is damaged: it cannot be unpacked") from error
            if not packed and not block:
                raise PackedError("is cut off before its end, copy it again")
            size += len(block)
            if size > LARGEST_UNPACKED:
                raise PackedError(f"unpacks to more than {LARGEST_UNPACKED >> 20} MB")
            file.write(block)
        file.flush()
        kept = os.dup(file.fileno())
    os.lseek(kept, 0, os.SEEK_SET)
    os.close(descriptor)
    return kept


def _is_dicom(packed: bytes) -> bool:
    try:
        head = zlib.decompressobj(_WITH_GZIP_HEADER).decompress(packed, _HEAD_BYTES)
    except zlib.error:
        return False
    return says_dicom(head) or find_encoding(head) is not None
