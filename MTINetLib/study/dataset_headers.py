"""The grid of a volume from its header alone, and whether its file can hold as many voxels as it says."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from typing import Any

import SimpleITK

from MTINetLib.errors import InputError
from MTINetLib.study.grid import Grid
from MTINetLib.study.read_files import SUFFIXES, read_volume

#: Bytes of a NIfTI header before its voxels; most files have a few more.
_NIFTI_HEADER_BYTES = 348
_LARGEST_HEADER_BYTES = 1 << 16


def header_grid(path: Path) -> Grid:
    """The grid of a file or of a folder with one DICOM series; no pixels are read.

    Raises:
        InputError: it cannot be one 3-D volume, or the file is cut off.
    """
    if path.is_dir() or not path.name.lower().endswith(SUFFIXES):
        return read_volume(path).grid
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise InputError(f"{path.name} cannot be read; it is damaged or not what its name says.") from error
    return _grid(path, reader)


def _grid(path: Path, reader: Any) -> Grid:
    size = reader.GetSize()
    while len(size) > 3 and size[-1] == 1:
        size = size[:-1]
    components = reader.GetNumberOfComponents()
    if len(size) != 3 or components != 1:
        kind = f"{components} values a voxel" if components != 1 else f"{len(size)} dimensions"
        raise InputError(f"{path.name} has {kind}; give one file with a single 3-D volume.")
    voxels = int(size[0]) * int(size[1]) * int(size[2])
    if _is_cut_off(path, voxels * _bytes_per_voxel(reader.GetPixelID())):
        raise InputError(f"{path.name} is cut off before its end; copy the file again.")
    dimension = reader.GetDimension()
    direction = reader.GetDirection()
    return Grid(
        shape=(int(size[2]), int(size[1]), int(size[0])),
        spacing=tuple(reader.GetSpacing()[:3]),
        origin=tuple(reader.GetOrigin()[:3]),
        direction=tuple(direction[row * dimension + column] for row in range(3) for column in range(3)),
    )


def _bytes_per_voxel(pixel_id: int) -> int:
    return int(SimpleITK.Image([1, 1, 1], pixel_id).GetSizeOfPixelComponent())


def _is_cut_off(path: Path, voxel_bytes: int) -> bool:
    """Whether a NIfTI file is shorter than its header says; False for the other kinds, which may refer
    to another file for their voxels."""
    name = path.name.lower()
    if name.endswith(".nii"):
        return path.stat().st_size < voxel_bytes + _NIFTI_HEADER_BYTES
    if not name.endswith(".nii.gz"):
        return False
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return False
        # A gzip file ends with its unpacked size modulo 4 GB; one that is cut off ends with something else.
        file.seek(-4, 2)
        (unpacked,) = struct.unpack("<I", file.read(4))
    if unpacked in range(voxel_bytes + _NIFTI_HEADER_BYTES, voxel_bytes + _LARGEST_HEADER_BYTES):
        return False
    # Several members, or more than 4 GB: only unpacking tells.
    return _unpacked_bytes(path) < voxel_bytes + _NIFTI_HEADER_BYTES


def _unpacked_bytes(path: Path) -> int:
    total = 0
    try:
        with gzip.open(path) as stream:
            while block := stream.read(1 << 22):
                total += len(block)
    except (OSError, EOFError, zlib.error):
        return 0
    return total
