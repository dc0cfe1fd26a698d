"""Finds NaN and infinity in NIfTI files, which the NIfTI reader inside ITK turns into zeros unasked."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

#: NIfTI-1 datatype codes of floating point voxels.
_FLOATS = {16: "f4", 64: "f8"}
_BLOCK_BYTES = 1 << 24


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
    except (OSError, EOFError, struct.error):
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
    offset = int(struct.unpack(f"{order}f", header[108:112])[0])
    stream.read(max(0, offset - 348))
    while block := stream.read(_BLOCK_BYTES):
        whole = len(block) - len(block) % int(kind[1])
        if not np.isfinite(np.frombuffer(block[:whole], dtype=order + kind)).all():
            return True
    return False
