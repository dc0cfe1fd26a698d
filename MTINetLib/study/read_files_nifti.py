"""What the NIfTI reader inside ITK turns into zeros unasked: NaN, infinity, and the end of a cut off file."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import SimpleITK

#: NIfTI-1 datatype codes of floating point voxels.
_FLOATS = {16: "f4", 64: "f8"}
_BLOCK_BYTES = 1 << 24
_UNPACKED_BLOCK_BYTES = 1 << 22
#: Zlib packs zeros a thousand times, and nothing better than that.
_LARGEST_RATIO = 1100
#: Bytes of a header before its voxels; most files have a few more.
_HEADER_BYTES = 348
_LARGEST_HEADER_BYTES = 1 << 16


def has_bad_numbers(path: Path) -> bool:
    """Whether a single-file NIfTI-1 image holds values that are not finite; False for every other file."""
    name = path.name.lower()
    if not name.endswith((".nii", ".nii.gz")):
        return False
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if packed:
                with gzip.open(raw) as stream:
                    return _has_bad_numbers(cast(BinaryIO, stream))
            return _has_bad_numbers(raw)
    except (OSError, EOFError, struct.error, zlib.error):
        # ITK has read the file before: what it makes of such an end is its own answer.
        return False


def _has_bad_numbers(stream: BinaryIO) -> bool:
    header = stream.read(348)
    order = "<" if struct.unpack("<i", header[:4])[0] == 348 else ">"
    if struct.unpack(f"{order}i", header[:4])[0] != 348:
        return False
    kind = _FLOATS.get(struct.unpack(f"{order}h", header[70:72])[0])
    if kind is None:
        return False
    (offset,) = struct.unpack(f"{order}f", header[108:112])
    if not 0.0 <= offset <= _LARGEST_HEADER_BYTES:
        return False
    stream.read(max(0, int(offset) - _HEADER_BYTES))
    left = _voxels(header, order) * int(kind[1])
    # Not to the end, which a packed file may put anywhere.
    while block := stream.read(min(left, _BLOCK_BYTES)):
        left -= len(block)
        whole = len(block) - len(block) % int(kind[1])
        if not np.isfinite(np.frombuffer(block[:whole], dtype=order + kind)).all():
            return True
    return False


def _voxels(header: bytes, order: str) -> int:
    count, *sizes = struct.unpack(f"{order}8h", header[40:56])
    return math.prod(max(0, size) for size in sizes[: max(0, min(count, 7))])


def bytes_per_voxel(pixel_id: int) -> int:
    """Of SimpleITK's pixel type with one value a voxel."""
    return int(SimpleITK.Image([1, 1, 1], pixel_id).GetSizeOfPixelComponent())


def is_cut_off(path: Path, voxel_bytes: int) -> bool:
    """Whether a file is shorter than its header says, before anybody allocates what that promises.

    NRRD and MetaImage files may be packed: only what no packing could do is found here. Those that refer to
    another file for their voxels (.nhdr, .mhd) are not cut off.
    """
    name = path.name.lower()
    if name.endswith((".nrrd", ".mha")):
        return path.stat().st_size * _LARGEST_RATIO < voxel_bytes
    if name.endswith(".nii"):
        return path.stat().st_size < voxel_bytes + _HEADER_BYTES
    if not name.endswith(".nii.gz"):
        return False
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return False
        # A gzip file ends with its unpacked size modulo 4 GB; one that is cut off ends with something else.
        file.seek(-4, 2)
        (unpacked,) = struct.unpack("<I", file.read(4))
    if unpacked in range(voxel_bytes + _HEADER_BYTES, voxel_bytes + _LARGEST_HEADER_BYTES):
        return False
    # Several members, or more than 4 GB: only unpacking tells.
    return not _unpacks_to(path, voxel_bytes + _HEADER_BYTES)


def _unpacks_to(path: Path, wanted: int) -> bool:
    """Whether a gzip file holds so many bytes; it is unpacked no further."""
    total = 0
    try:
        with gzip.open(path) as stream:
            while total < wanted and (block := stream.read(_UNPACKED_BLOCK_BYTES)):
                total += len(block)
    except (OSError, EOFError, zlib.error):
        return False
    return total >= wanted
