"""The volumes of one NRRD file in their order, without ever holding all of them.

ITK reads such a file whole for each volume. 3D Slicer's sequences hold the values of one voxel side by side
(older ones) or whole volumes one behind the other.
"""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from MTINetLib.reading.volumes.header import FileHeader, refuse_damaged
from MTINetLib.reading.volumes.read_itk import header_fields
from MTINetLib.study.study import Volume

_KINDS = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    "float": "f4",
    "double": "f8",
}
_PACKED, _PLAIN = ("gzip", "gz"), ("raw",)
_ORDERS = {"little": "<", "big": ">"}
_LONGEST_HEADER, _HEADER_BYTES = 1 << 24, 1 << 16
_BLOCK_BYTES = 1 << 22
#: Read at a time while values that lie side by side are brought into the order of volumes.
_TURNED_BYTES = 1 << 24


@dataclass(frozen=True)
class NrrdLayout:
    """How the voxels lie in a file that holds them itself.

    Args:
        start: where they begin.
        kind: numpy's name of their type.
        interleaved: the values of one voxel lie side by side, else whole volumes one behind the other.
    """

    start: int
    packed: bool
    kind: str
    interleaved: bool


def nrrd_layout(header: FileHeader) -> NrrdLayout | None:
    """None for a layout that only ITK reads."""
    fields = header_fields(header.path, ":")
    encoding, endian = fields.get("encoding", "").lower(), fields.get("endian", "little").lower()
    kind, axis = _KINDS.get(fields.get("type", "").lower()), _time_axis(fields)
    elsewhere = any(name in fields for name in ("data file", "datafile"))
    moved = any(fields.get(name, "0") != "0" for name in ("byte skip", "byteskip", "line skip", "lineskip"))
    start = _end_of_header(header.path)
    if elsewhere or moved or encoding not in (*_PACKED, *_PLAIN) or endian not in _ORDERS:
        return None
    if kind is None or axis not in (0, 3) or start is None:
        return None
    return NrrdLayout(start, encoding in _PACKED, _ORDERS[endian] + kind, interleaved=axis == 0)


def nrrd_time_points(header: FileHeader, layout: NrrdLayout) -> Iterator[Volume]:
    """The values [K, J, I] of one volume after the other; an interleaved file is turned on the disk first.

    Raises:
        InputError: the file is cut off or damaged.
        OSError: the disk has no room for the turned file.
    """
    count = header.shape[0] * header.shape[1] * header.shape[2]
    with _values_of(header.path, layout) as stream:
        if not layout.interleaved:
            for _ in range(header.volumes):
                yield _volume(header, _exactly(header, stream, layout, count))
            return
        with tempfile.TemporaryFile() as turned:
            _turn(header, stream, layout, count, cast(BinaryIO, turned))
            for number in range(header.volumes):
                turned.seek(number * count * np.dtype(layout.kind).itemsize)
                yield _volume(header, _exactly(header, cast(BinaryIO, turned), layout, count))


def _volume(header: FileHeader, values: npt.NDArray[Any]) -> Volume:
    return values.reshape(header.shape).astype(np.float32, copy=False)


def _time_axis(fields: Mapping[str, str]) -> int | None:
    """Which axis counts the volumes; the last one where nothing else is said of four."""
    kinds = fields.get("kinds", "").lower().split()
    if "list" in kinds:
        return kinds.index("list")
    return 3 if fields.get("dimension", "").strip() in ("3", "4") else None


def _end_of_header(path: Path) -> int | None:
    """Where the voxels begin: behind the first blank line."""
    text = b""
    with path.open("rb") as file:
        while len(text) < _LONGEST_HEADER and (more := file.read(_HEADER_BYTES)):
            text += more
            ends = [(text.find(mark), len(mark)) for mark in (b"\n\n", b"\r\n\r\n")]
            found = [place + length for place, length in ends if place >= 0]
            if found:
                return min(found)
    return None


@contextmanager
def _values_of(path: Path, layout: NrrdLayout) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        raw.seek(layout.start)
        if not layout.packed:
            yield raw
            return
        with gzip.open(raw) as stream:
            yield cast(BinaryIO, stream)


def _exactly(header: FileHeader, stream: BinaryIO, layout: NrrdLayout, count: int) -> npt.NDArray[Any]:
    """So many values; memory grows with what is there."""
    wanted = count * np.dtype(layout.kind).itemsize
    found = bytearray()
    try:
        while len(found) < wanted and (block := stream.read(min(wanted - len(found), _BLOCK_BYTES))):
            found += block
    except (OSError, EOFError, zlib.error):
        refuse_damaged(header.path)
    if len(found) < wanted:
        refuse_damaged(header.path, "it is cut off before its end, copy it again")
    return np.frombuffer(found, dtype=layout.kind)


def _turn(header: FileHeader, stream: BinaryIO, layout: NrrdLayout, count: int, turned: BinaryIO) -> None:
    """Write values [voxel, volume] as [volume, voxel], a block of voxels at a time."""
    size = np.dtype(layout.kind).itemsize
    step = max(1, min(_TURNED_BYTES, header.volume_bytes // 2) // (size * header.volumes))
    for first in range(0, count, step):
        voxels = min(step, count - first)
        block = _exactly(header, stream, layout, voxels * header.volumes).reshape(voxels, header.volumes)
        for number, values in enumerate(np.ascontiguousarray(block.T)):
            turned.seek((number * count + first) * size)
            turned.write(values.tobytes())
