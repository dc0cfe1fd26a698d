"""Writes volume files byte by byte, with axes and types that no library would write."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_CODES = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "i1": 256, "u2": 512, "u4": 768, "i8": 1024,
          "u8": 1280}  # fmt: skip
_META = {"f4": "MET_FLOAT", "i2": "MET_SHORT", "u1": "MET_UCHAR"}
_NRRD = {"f4": "float", "i2": "int16", "u1": "uint8"}


def write(folder: Path, format_: str, values: Array, axes: Array, origin: Array) -> Path:
    """A volume with any axes (columns, LPS mm); ``format_`` is nii, nii2, nrrd or mha."""
    path = folder / f"phase.{format_.removesuffix('2')}"
    if format_ == "nii":
        path.write_bytes(nifti1(values, axes, origin))
    elif format_ == "nii2":
        path.write_bytes(nifti2(values, axes, origin))
    elif format_ == "nrrd":
        path.write_bytes(_nrrd(values, axes, origin))
    else:
        path.write_bytes(_meta(values, axes, origin))
    return path


def nifti1(
    values: Array, axes: Array, origin: Array, scale: tuple[float, float] = (1, 0), order: str = "<"
) -> bytes:
    head = bytearray(352)
    kind = values.dtype.str[1:]
    flip = np.diag([-1.0, -1.0, 1.0])
    rows = flip @ np.column_stack([axes, origin])
    put = lambda form, at, *what: struct.pack_into(order + form, head, at, *what)  # noqa: E731
    put("i", 0, 348)
    put("8h", 40, 3, *values.shape[::-1], 1, 1, 1, 1)
    put("2h", 70, _CODES[kind], 8 * values.dtype.itemsize)
    put("8f", 76, 1, *np.linalg.norm(axes, axis=0), 0, 0, 0, 0)
    put("3f", 108, 352, *scale)
    head[123] = 2
    put("h", 254, 1)
    put("12f", 280, *rows.ravel())
    head[344:348] = b"n+1\0"
    return bytes(head) + values.astype(order + kind).tobytes()


def nifti2(
    values: Array, axes: Array, origin: Array, scale: tuple[float, float] = (1, 0), order: str = "<"
) -> bytes:
    head = bytearray(544)
    kind = values.dtype.str[1:]
    rows = np.diag([-1.0, -1.0, 1.0]) @ np.column_stack([axes, origin])
    put = lambda form, at, *what: struct.pack_into(order + form, head, at, *what)  # noqa: E731
    put("i", 0, 540)
    head[4:12] = b"n+2\0\r\n\x1a\n"
    put("2h", 12, _CODES[kind], 8 * values.dtype.itemsize)
    put("8q", 16, 3, *values.shape[::-1], 1, 1, 1, 1)
    put("8d", 104, 1, *np.linalg.norm(axes, axis=0), 0, 0, 0, 0)
    put("q", 168, 544)
    put("2d", 176, *scale)
    put("i", 348, 1)
    put("12d", 400, *rows.ravel())
    put("i", 500, 2)
    return bytes(head) + values.astype(order + kind).tobytes()


def set_pixdim(data: bytearray, axis: int, size: float) -> None:
    if data[:4] == struct.pack("<i", 540):
        struct.pack_into("<d", data, 104 + 8 * axis, size)
    else:
        struct.pack_into("<f", data, 76 + 4 * axis, size)


def set_unit(data: bytearray, code: int) -> None:
    data[500 if data[:4] == struct.pack("<i", 540) else 123] = code


def without_sform(data: bytearray) -> None:
    if data[:4] == struct.pack("<i", 540):
        struct.pack_into("<i", data, 348, 0)
    else:
        struct.pack_into("<h", data, 254, 0)


def _nrrd(values: Array, axes: Array, origin: Array) -> bytes:
    listed = " ".join("(" + ",".join(f"{v:.12g}" for v in axes[:, n]) + ")" for n in range(3))
    return (
        "NRRD0004\n"
        f"type: {_NRRD[values.dtype.str[1:]]}\ndimension: 3\nspace: left-posterior-superior\n"
        f"sizes: {' '.join(str(n) for n in values.shape[::-1])}\nspace directions: {listed}\n"
        f"kinds: domain domain domain\nendian: little\nencoding: raw\n"
        f"space origin: ({','.join(f'{v:.12g}' for v in origin)})\n\n"
    ).encode() + values.tobytes()


def _meta(values: Array, axes: Array, origin: Array) -> bytes:
    sizes = np.linalg.norm(axes, axis=0)
    matrix = " ".join(f"{v:.12g}" for v in (axes / sizes).T.ravel())
    return (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        f"CompressedData = False\nTransformMatrix = {matrix}\n"
        f"Offset = {' '.join(f'{v:.12g}' for v in origin)}\nCenterOfRotation = 0 0 0\n"
        f"ElementSpacing = {' '.join(f'{v:.12g}' for v in sizes)}\n"
        f"DimSize = {' '.join(str(n) for n in values.shape[::-1])}\n"
        f"ElementType = {_META[values.dtype.str[1:]]}\nElementDataFile = LOCAL\n"
    ).encode() + values.tobytes()
