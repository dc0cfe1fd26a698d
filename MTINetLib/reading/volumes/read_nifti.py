"""Reads NIfTI-1 and NIfTI-2 files and pairs: ITK resolves their names, coerces their axes and loses NaN."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.header import FileHeader, refuse_damaged, refuse_voxel_size, three_sizes
from MTINetLib.study.grid import FloatArray
from MTINetLib.study.study import Volume

SUFFIXES = (".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz")
#: The file holds two positions, and they are not the same.
TWO_POSITIONS = "two_positions"
_KINDS = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"
}  # fmt: skip
_MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_BLOCK_BYTES = 1 << 22
_LARGEST_OFFSET = 1 << 24
_LONGEST_PAIR_HEADER = 1 << 20
#: Voxel sizes and positions that differ by less than this mean the same (share, mm).
_SAME_SIZE, _SAME_PLACE_MM = 0.01, 1.0
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])


@dataclass(frozen=True, eq=False)
class NiftiHeader(FileHeader):
    """Args:
    data: the file with the voxels.
    offset: where in it they begin, unpacked.
    kind: numpy's name of their type.
    slope, intercept: value = stored x slope + intercept.
    """

    data: Path = Path()
    offset: int = 0
    kind: str = "<f4"
    slope: float = 1.0
    intercept: float = 0.0


@dataclass(frozen=True)
class _Fields:
    """The fields that both versions have, as stored."""

    order: str
    magic: bytes
    dim: tuple[int, ...]
    datatype: int
    pixdim: tuple[float, ...]
    offset: float
    scale: tuple[float, float]
    units: int
    codes: tuple[int, int]
    quatern: tuple[float, ...]
    srow: tuple[float, ...]


def read_nifti_header(path: Path) -> NiftiHeader:
    """
    Raises:
        InputError: it is no NIfTI file of 3-D volumes of numbers, or it gives no voxel size.
    """
    head, data = _pair(path)
    with _opened(head) as stream:
        fields = _fields(path, _read(stream, 540))
    single = fields.magic[:2] == b"n+"
    if not single and data is None:
        refuse_damaged(path, "it is one half of a pair, and the .img file with the voxels is not beside it")
    count = fields.dim[0]
    shape, volumes = three_sizes(path, tuple(fields.dim[1 : count + 1]))
    kind = _KINDS.get(fields.datatype)
    if kind is None:
        refuse_damaged(path, f"its values are of NIfTI's type {fields.datatype}, not one plain number each")
    smallest = (540 if fields.magic == b"n+2\0" else 348) if single else 0
    if not np.isfinite(fields.offset) or not 0 <= fields.offset <= _LARGEST_OFFSET:
        refuse_damaged(path, "it gives an absurd place of its voxels")
    axes, origin, flags = _placed(path, fields, shape)
    slope, intercept = fields.scale
    scaled = np.isfinite(slope) and slope != 0.0
    return NiftiHeader(
        path, shape, axes, origin, int(kind[1]), "pixdim", flags, volumes,
        data=head if single else cast(Path, data),
        offset=max(int(fields.offset), smallest),
        kind=fields.order + kind,
        slope=slope if scaled else 1.0,
        intercept=intercept if scaled and np.isfinite(intercept) else 0.0,
    )  # fmt: skip


def read_nifti_voxels(header: NiftiHeader, number: int = 0) -> Volume:
    """The scaled values [K, J, I] of one volume, counted from 0.

    Raises:
        InputError: the file is cut off or damaged.
    """
    with _opened(header.data) as stream:
        _leap(stream, header.offset + number * header.volume_bytes)
        stored = _read(stream, header.volume_bytes)
    return _values(header, stored)


def nifti_time_points(header: NiftiHeader) -> Iterator[Volume]:
    """As :func:`read_nifti_voxels`, of all volumes in their order; a packed file is unpacked once.

    Raises:
        InputError: the file is cut off or damaged.
    """
    with _opened(header.data) as stream:
        _leap(stream, header.offset)
        for _ in range(header.volumes):
            yield _values(header, _read(stream, header.volume_bytes))


def _values(header: NiftiHeader, stored: bytearray) -> Volume:
    if len(stored) < header.volume_bytes:
        refuse_damaged(header.path, "it is cut off before its end, copy it again")
    values = np.frombuffer(stored, dtype=header.kind).reshape(header.shape)
    if header.slope == 1.0 and header.intercept == 0.0:
        return values.astype(np.float32, copy=False)
    out = np.empty(header.shape, dtype=np.float32)
    for number, plane in enumerate(values):
        out[number] = plane.astype(np.float64) * header.slope + header.intercept
    return out


def nifti_header_bytes(path: Path) -> bytes:
    """All that stands before the voxels, extensions of the header included.

    Raises:
        InputError: it is no NIfTI file that can be read.
    """
    header = read_nifti_header(path)
    head, _ = _pair(path)
    with _opened(head) as stream:
        return bytes(_read(stream, max(header.offset, _LONGEST_PAIR_HEADER * (head != header.data))))


def nifti_is_cut_off(header: NiftiHeader) -> bool:
    """Whether the file is shorter than its header says; nothing is kept in memory."""
    left = header.offset + header.bytes_stored
    if not _is_packed(header.data):
        return header.data.stat().st_size < left
    with _opened(header.data) as stream:
        try:
            while left > 0 and (block := stream.read(min(left, _BLOCK_BYTES))):
                left -= len(block)
        except (OSError, EOFError, zlib.error):
            return True
    return left > 0


def _pair(path: Path) -> tuple[Path, Path | None]:
    """The file with the header, and the one with the voxels of a pair; no other file is ever opened."""
    name = path.name
    lower = name.lower()
    for end, other in ((".hdr", ".img"), (".img", ".hdr"), (".hdr.gz", ".img.gz"), (".img.gz", ".hdr.gz")):
        if not lower.endswith(end):
            continue
        stem, written = name[: -len(end)], name[-len(end) :]
        beside = path.with_name(stem + (other.upper() if written.isupper() else other))
        if end.startswith(".img"):
            if not beside.exists():
                refuse_damaged(path, f"its header {beside.name} is not beside it")
            return beside, path
        return path, beside if beside.exists() else None
    return path, None


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if packed:
                with gzip.open(raw) as stream:
                    yield cast(BinaryIO, stream)
            else:
                yield raw
    except OSError as error:
        raise InputError(f"The file {path} cannot be read; {error.strerror or 'it is damaged'}.") from error


def _read(stream: BinaryIO, wanted: int) -> bytearray:
    """As many bytes as there are, at most those wanted; memory grows with what is there."""
    found = bytearray()
    try:
        while len(found) < wanted and (block := stream.read(min(wanted - len(found), _BLOCK_BYTES))):
            found += block
    except (EOFError, zlib.error, gzip.BadGzipFile):
        pass
    return found


def _leap(stream: BinaryIO, count: int) -> None:
    while count > 0 and (block := _read(stream, min(count, _BLOCK_BYTES))):
        count -= len(block)


def _fields(path: Path, head: bytearray) -> _Fields:
    for order in "<>":
        for size, read in ((348, _fields_1), (540, _fields_2)):
            if len(head) >= size and struct.unpack(f"{order}i", head[:4])[0] == size:
                return read(path, order, memoryview(head))
    raise InputError(f"The file {path} cannot be read; it is damaged or not what its name says.")


def _fields_1(path: Path, order: str, head: Any) -> _Fields:
    def get(kind: str, at: int) -> tuple[Any, ...]:
        return struct.unpack_from(order + kind, head, at)

    magic = bytes(head[344:348])
    if magic not in (b"n+1\0", b"ni1\0"):
        refuse_damaged(path, "it is an old Analyze file, which does not say where left is; save it as NIfTI")
    return _checked(path, _Fields(
        order, magic, get("8h", 40), get("h", 70)[0], get("8f", 76), get("f", 108)[0], get("2f", 112),
        head[123], get("2h", 252), get("6f", 256), get("12f", 280),
    ))  # fmt: skip


def _fields_2(path: Path, order: str, head: Any) -> _Fields:
    def get(kind: str, at: int) -> tuple[Any, ...]:
        return struct.unpack_from(order + kind, head, at)

    magic = bytes(head[4:8])
    if magic not in (b"n+2\0", b"ni2\0"):
        refuse_damaged(path)
    return _checked(path, _Fields(
        order, magic, get("8q", 16), get("h", 12)[0], get("8d", 104), float(get("q", 168)[0]),
        get("2d", 176), get("i", 500)[0], get("2i", 344), get("6d", 352), get("12d", 400),
    ))  # fmt: skip


def _checked(path: Path, fields: _Fields) -> _Fields:
    if not 1 <= fields.dim[0] <= 7:
        refuse_damaged(path)
    return fields


def _placed(
    path: Path, fields: _Fields, shape: tuple[int, int, int]
) -> tuple[FloatArray, tuple[float, float, float], tuple[str, ...]]:
    """Axes and origin in LPS mm: the sform's where it is set, as NIfTI says, then the qform's."""
    unit = _MM_PER_UNIT.get(fields.units & 7)
    if unit is None:
        refuse_voxel_size(path, "gives its voxel size in an unknown unit", "xyzt_units")
    sizes = np.array(fields.pixdim[1:4]) * unit
    sized = bool(np.isfinite(sizes).all() and (sizes > 0).all())
    qform_code, sform_code = fields.codes
    quatern = _qform(fields, sizes, unit) if sized and qform_code > 0 else None
    if sform_code > 0:
        rows = np.array(fields.srow).reshape(3, 4) * unit
        chosen = _RAS_TO_LPS @ rows
        lengths = np.linalg.norm(rows[:, :3], axis=0)
        if sized and not np.allclose(lengths, sizes, rtol=_SAME_SIZE, atol=0.0):
            one, other = (" x ".join(f"{v:.4g}" for v in values) for values in (sizes, lengths))
            refuse_voxel_size(
                path, f"says two voxel sizes, {one} mm (pixdim) and {other} mm (sform)", "pixdim and sform"
            )
    elif quatern is not None:
        chosen = quatern
    elif sized:
        chosen = _RAS_TO_LPS @ np.column_stack([np.diag(sizes), np.zeros(3)])
    else:
        listed = " x ".join(f"{size:.4g}" for size in sizes)
        refuse_voxel_size(path, f"says that its voxels measure {listed} mm", "pixdim")
    differ = sform_code > 0 and quatern is not None and _apart(chosen, quatern, shape) > _SAME_PLACE_MM
    x, y, z = (float(value) for value in chosen[:, 3])
    return np.asarray(chosen[:, :3]), (x, y, z), (TWO_POSITIONS,) if differ else ()


def _qform(fields: _Fields, sizes: FloatArray, unit: float) -> FloatArray:
    b, c, d = fields.quatern[:3]
    a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    turn = np.array([
        [a*a + b*b - c*c - d*d, 2*b*c - 2*a*d, 2*b*d + 2*a*c],
        [2*b*c + 2*a*d, a*a + c*c - b*b - d*d, 2*c*d - 2*a*b],
        [2*b*d - 2*a*c, 2*c*d + 2*a*b, a*a + d*d - c*c - b*b],
    ])  # fmt: skip
    steps = sizes * np.array([1.0, 1.0, -1.0 if fields.pixdim[0] < 0 else 1.0])
    placed = np.column_stack([turn * steps, np.array(fields.quatern[3:]) * unit])
    return np.asarray(_RAS_TO_LPS @ placed, dtype=np.float64)


def _apart(one: FloatArray, other: FloatArray, shape: tuple[int, int, int]) -> float:
    """How far the same voxel lies apart, at the worst corner (mm)."""
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in shape[::-1]])).reshape(3, -1)
    return float(np.abs((one - other) @ np.vstack([corners, np.ones(corners.shape[1])])).max())
