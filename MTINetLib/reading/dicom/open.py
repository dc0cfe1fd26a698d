"""Opens a file that may be anything as the beginning of a DICOM file, within bounds of time and memory."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from MTINetLib.reading.dicom.encoding import NATIVE, Encoding, find_encoding, says_dicom
from MTINetLib.reading.dicom.gzip_files import PackedError, unpacked
from MTINetLib.reading.dicom.text import in_utf_8

Found = TypeVar("Found")

#: Headers of classic images are shorter than this, so that one read brings a whole header.
_FIRST_BYTES = 1 << 16
#: A header of thousands of frames has some ten megabytes.
LARGEST_HEADER = 64 << 20
#: What a deflated file may unpack to. Zlib packs zeros a thousand times: nobody knows before.
LARGEST_INFLATED = 1 << 30
#: Pixel data as whole numbers, and as floating point ones.
_PIXELS = frozenset({0x7FE00010, 0x7FE00008, 0x7FE00009})
#: Nothing shorter is a DICOM file.
_FEWEST_BYTES = 132


class UnusableError(Exception):
    """A file that cannot be used; the text is the reason."""


def open_regular(path: Path) -> int:
    """A descriptor for reading; a pipe or a device without anybody at its end does not block.

    Of DICOM that gzip packed it is the unpacked file.

    Raises:
        OSError, UnusableError: it cannot be opened or unpacked, or is neither a file nor a link to one.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnusableError("is no regular file")
    try:
        return unpacked(descriptor)
    except (PackedError, OSError) as error:
        os.close(descriptor)
        if isinstance(error, PackedError):
            raise UnusableError(str(error)) from error
        raise


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

    def parse(self, read: Callable[[BytesIO, Encoding], Found]) -> Found | None:
        """What ``read`` makes of the file's beginning, None if the file is no DICOM.

        ``read`` is called with a stream that stands at the first data element; places in the stream are
        places in the file, or in what a deflated file unpacks to. It is called again with more of the file
        where it came to the end of what there was. It works in memory, so that a length in the file that is
        wrong allocates nothing.

        Raises:
            UnusableError: the header is absurdly long, or no data elements stand behind DICOM's mark.
        """
        count = _FIRST_BYTES
        data = self.read_at(0, count)
        encoding = self._encoding(data)
        if encoding is None:
            return None
        if encoding.window is not None:
            return read(BytesIO(self.inflated(encoding)), encoding)
        while True:
            whole = len(data) < count
            stream = BytesIO(data)
            stream.seek(encoding.start)
            try:
                found = read(stream, encoding)
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
            data += self.read_at(len(data), count - len(data))

    def _encoding(self, head: bytes) -> Encoding | None:
        if len(head) < _FEWEST_BYTES:
            return None
        encoding = find_encoding(head)
        if encoding is None and says_dicom(head):
            if str(DeflatedExplicitVRLittleEndian).encode() in head[:1024]:
                raise UnusableError("is damaged: its deflated part cannot be unpacked")
            raise UnusableError("is damaged: no data elements can be read behind the mark of DICOM files")
        return encoding

    def inflated(self, encoding: Encoding) -> bytes:
        """The data set of a deflated file, unpacked.

        Raises:
            UnusableError: it is damaged or unpacks to more than any image has.
        """
        data = self.read_at(encoding.start, min(self.size, LARGEST_INFLATED))
        unpacker = zlib.decompressobj(encoding.window or -zlib.MAX_WBITS)
        try:
            unpacked = unpacker.decompress(data, LARGEST_INFLATED)
        except zlib.error as error:
            raise UnusableError("is damaged: its deflated part cannot be unpacked") from error
        if unpacker.unconsumed_tail:
            raise UnusableError(f"unpacks to more than {LARGEST_INFLATED >> 20} MB")
        return unpacked

    def read_at(self, offset: int, count: int) -> bytes:
        """So many bytes of the file; fewer where it ends."""
        os.lseek(self._descriptor, offset, os.SEEK_SET)
        parts = []
        while count > 0 and (part := os.read(self._descriptor, min(count, 1 << 24))):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def read_elements(stream: BytesIO, encoding: Encoding, tags: Sequence[BaseTag] | None = None) -> Dataset:
    """The data elements before the pixels, texts in UTF-8; the stream stands at the pixels then.

    Args:
        tags: keep these only.
    """
    dataset = read_dataset(
        stream,
        encoding.implicit,
        encoding.order == "<",
        stop_when=lambda tag, _, __: tag in _PIXELS,
        specific_tags=None if tags is None else list(tags),
    )
    return in_utf_8(dataset)


def read_header(path: Path, tags: Sequence[BaseTag] | None = None) -> Dataset:
    """The header of one file, with the transfer syntax that it truly has.

    Raises:
        OSError: it cannot be read.
        UnusableError: it is no DICOM file, or damaged.
    """

    def read(stream: BytesIO, encoding: Encoding) -> Dataset:
        dataset = read_elements(stream, encoding, tags)
        native = not encoding.declared or encoding.declared in NATIVE
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = UID(encoding.native_syntax if native else encoding.declared)
        return dataset

    with DicomFile(path) as file:
        dataset = file.parse(read)
    if dataset is None:
        raise UnusableError("is no DICOM file")
    return dataset
