"""A dynamic series whose curves are known exactly, in memory and in every file that one may come in."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from support.made_analysis import made_grid
from support.volume_files import nifti1

from MTINetLib.study.grid import Grid

Array = npt.NDArray[Any]
GRID = made_grid((8, 24, 32))
#: Irregular, as injections are.
TIMES_S = (0.0, 4.0, 9.5, 13.0, 30.0, 62.0, 75.0, 140.0)
LESION = (100.0, 100.0, 160.0, 260.0, 240.0, 220.0, 200.0, 150.0)
ORGAN = (200.0, 200.0, 200.0, 220.0, 300.0, 340.0, 330.0, 300.0)
BACKGROUND = 50.0


def labels(grid: Grid = GRID) -> Array:
    """1 is the lesion, 2 the organ beside it."""
    found = np.zeros(grid.shape, dtype=np.uint8)
    found[2:6, 4:20, 14:28] = 2
    found[3:5, 8:13, 6:11] = 1
    return found


def volumes(
    grid: Grid = GRID, lesion: Sequence[float] = LESION, organ: Sequence[float] = ORGAN
) -> list[Array]:
    """int16 [K, J, I]: the lesion's voxels alternate by 2 around its curve, so that SD is 2."""
    where = labels(grid)
    # An even number of voxels in each row pair, so that the mean is exact.
    swing = np.where(np.arange(np.count_nonzero(where == 1)) % 2, 2, -2)
    found = []
    for inside, beside in zip(lesion, organ, strict=True):
        volume = np.full(grid.shape, BACKGROUND)
        volume[where == 2] = beside
        volume[where == 1] = inside + swing
        found.append(volume.astype(np.int16))
    return found


def write_nifti(path: Path, arrays: Sequence[Array], grid: Grid = GRID, dim: int = 4) -> Path:
    """One 4-D file, packed if its name says so."""
    axes = grid.direction_matrix * np.array(grid.spacing)
    data = bytearray(nifti1(np.asarray(arrays[0]), axes, np.array(grid.origin)))
    del data[352:]
    struct.pack_into("<2h", data, 40, dim, grid.shape[2])
    struct.pack_into("<h", data, 48, len(arrays))
    whole = bytes(data) + b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
    path.write_bytes(gzip.compress(whole) if path.name.endswith(".gz") else whole)
    return path


def write_sequence(
    path: Path,
    arrays: Sequence[Array],
    *,
    grid: Grid = GRID,
    axis: int = 0,
    encoding: str = "raw",
    fields: Sequence[str] = (),
    unit: str = "s",
    values: Sequence[float] = TIMES_S,
) -> Path:
    """A .seq.nrrd as 3D Slicer writes it: with the time points as first axis (older) or last one."""
    steps = (grid.direction_matrix * np.array(grid.spacing)).T
    vectors = [f"({','.join(repr(float(value)) for value in step)})" for step in steps]
    sizes = [str(size) for size in grid.shape[::-1]]
    kinds, units = ["domain"] * 3, ['""'] * 3
    for words, own in (
        (vectors, "none"), (sizes, str(len(arrays))), (kinds, "list"), (units, f'"{unit}"')
    ):  # fmt: skip
        words.insert(axis, own)
    head = [
        "NRRD0005", "type: short", "dimension: 4", "space: left-posterior-superior",
        f"sizes: {' '.join(sizes)}", f"space directions: {' '.join(vectors)}", f"kinds: {' '.join(kinds)}",
        f"units: {' '.join(units)}", "endian: little", f"encoding: {encoding}",
        f"space origin: ({','.join(str(value) for value in grid.origin)})",
        f"axis {axis} index type:=numeric",
        f"axis {axis} index values:={' '.join(f'{value:g}' for value in values)}", *fields,
    ]  # fmt: skip
    stacked = np.stack(arrays, axis=-1 if axis == 0 else 0).astype("<i2").tobytes()
    body = gzip.compress(stacked) if encoding == "gzip" else stacked
    path.write_bytes("\n".join(head).encode() + b"\n\n" + body)
    return path
