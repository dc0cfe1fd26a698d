"""The volumes of one file in their order, one at a time: a series may be larger than the memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from MTINetLib.reading.volumes.geometry import geometry_of
from MTINetLib.reading.volumes.header import FileHeader, refuse_damaged, refuse_more_than_a_study
from MTINetLib.reading.volumes.index_times import Times, times_of_index
from MTINetLib.reading.volumes.nrrd_time_points import nrrd_layout, nrrd_time_points
from MTINetLib.reading.volumes.read import file_header, not_infinite
from MTINetLib.reading.volumes.read_itk import (
    NRRD_SUFFIXES,
    header_fields,
    itk_is_cut_off,
    read_itk_voxels,
)
from MTINetLib.reading.volumes.read_nifti import NiftiHeader, nifti_time_points
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Volume


@dataclass(frozen=True, eq=False)
class FileTimePoints:
    """One or more volumes on one grid.

    Args:
        times_s: seconds after the first, as far as the file's own index says so; NIfTI's fourth pixdim is
            often the repetition time, so that it is not taken for a clock.
        flags: doubts about the geometry, see phases/README.md.
        read: gives the volumes from the first on, float32 [K, J, I], NaN where there is no image.
    """

    path: Path
    grid: Grid
    times_s: Times
    flags: tuple[str, ...]
    read: Callable[[], Iterator[Volume]] = field(repr=False)


def time_points_of_file(path: Path) -> FileTimePoints:
    """A NIfTI, NRRD or MetaImage file of one volume or of many; no voxel is read yet.

    Raises:
        InputError: it cannot be read; reading its volumes may raise it too.
    """
    header = file_header(path)
    geometry = geometry_of(header)

    def usable(voxels: Volume) -> Volume:
        return geometry.interpolate(not_infinite(header, voxels))

    def read() -> Iterator[Volume]:
        # No name is given to a volume, for it would be held while the next one is read.
        return map(usable, _stored(header))

    return FileTimePoints(path, geometry.grid, _times(header), geometry.flags, read)


def _stored(header: FileHeader) -> Iterator[Volume]:
    if isinstance(header, NiftiHeader):
        return nifti_time_points(header)
    layout = nrrd_layout(header) if _is_nrrd(header) else None
    if layout is not None:
        return nrrd_time_points(header, layout)
    return _by_itk(header)


def _by_itk(header: FileHeader) -> Iterator[Volume]:
    """MetaImage, and NRRD as seldom written: ITK may read all of the file for each volume."""
    refuse_more_than_a_study(header)
    if itk_is_cut_off(header):
        refuse_damaged(header.path, "it is cut off before its end, copy it again")
    return (read_itk_voxels(header, number) for number in range(header.volumes))


def _times(header: FileHeader) -> Times:
    nothing: Times = (None,) * header.volumes
    if header.volumes == 1 or not _is_nrrd(header):
        return nothing
    fields = header_fields(header.path, ":")
    kinds = fields.get("kinds", "").lower().split()
    axis = kinds.index("list") if "list" in kinds else len(kinds) - 1
    values = fields.get(f"axis {axis} index values", "").split()
    units = re.findall(r'"([^"]*)"', fields.get("units", ""))
    unit = units[axis] if axis < len(units) else fields.get(f"axis {axis} index unit", "")
    if len(values) != header.volumes:
        values = [str(number) for number in range(header.volumes)]
    return times_of_index(values, unit, lambda name: fields.get(name.lower()))


def _is_nrrd(header: FileHeader) -> bool:
    return header.path.name.lower().endswith(NRRD_SUFFIXES)
