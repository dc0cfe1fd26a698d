"""The grid of a volume from its header alone, and whether its file can hold as many voxels as it says."""

from __future__ import annotations

from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.read import SUFFIXES, file_grid, read_volume
from MTINetLib.study.grid import Grid


def header_grid(path: Path) -> Grid:
    """The grid of a file or of a folder with one DICOM series; no pixels are kept.

    Raises:
        InputError: it cannot be one 3-D volume, or the file is cut off.
    """
    if path.is_dir() or not path.name.lower().endswith(SUFFIXES):
        return read_volume(path).grid
    try:
        return file_grid(path)
    except InputError as error:
        # Its case and column are named beside it.
        raise InputError(str(error).replace(f"The file {path}", path.name)) from error
