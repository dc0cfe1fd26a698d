"""The grid of a volume from its header alone, and whether its file can hold as many voxels as it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import SimpleITK

from MTINetLib.errors import InputError
from MTINetLib.study.grid import Grid
from MTINetLib.study.itk_name import itk_name
from MTINetLib.study.read_files import SUFFIXES, read_volume
from MTINetLib.study.read_files_nifti import bytes_per_voxel, is_cut_off


def header_grid(path: Path) -> Grid:
    """The grid of a file or of a folder with one DICOM series; no pixels are read.

    Raises:
        InputError: it cannot be one 3-D volume, or the file is cut off.
    """
    if path.is_dir() or not path.name.lower().endswith(SUFFIXES):
        return read_volume(path).grid
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(itk_name(path))
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
    if is_cut_off(path, voxels * bytes_per_voxel(reader.GetPixelID())):
        raise InputError(f"{path.name} is cut off before its end; copy the file again.")
    dimension = reader.GetDimension()
    direction = reader.GetDirection()
    return Grid(
        shape=(int(size[2]), int(size[1]), int(size[0])),
        spacing=tuple(reader.GetSpacing()[:3]),
        origin=tuple(reader.GetOrigin()[:3]),
        direction=tuple(direction[row * dimension + column] for row in range(3) for column in range(3)),
    )
