"""Write volumes and label maps as NIfTI, NRRD or MHA with the whole geometry of their grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK

from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.itk_name import itk_name
from MTINetLib.study.grid import Grid
from MTINetLib.write_whole import whole_file

SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")


def write_label_map(path: Path, labels: npt.NDArray[Any], grid: Grid) -> None:
    """Write labels [K, J, I] compressed, as uint8, or as uint16 above 255.

    Raises:
        InputError: the suffix is unknown or the file cannot be written.
    """
    highest = int(labels.max(initial=0))
    if int(labels.min(initial=0)) < 0 or highest > np.iinfo(np.uint16).max:
        raise ValueError("labels must lie between 0 and 65535")
    _write(path, labels.astype(np.uint8 if highest <= 255 else np.uint16), grid, compress=True)


def write_volume(path: Path, array: npt.NDArray[Any], grid: Grid) -> None:
    """Write a volume [K, J, I]; floats are kept as float32, integers as they are.

    Raises:
        InputError: the suffix is unknown or the file cannot be written.
    """
    kept = array.astype(np.float32) if np.issubdtype(array.dtype, np.floating) else array
    _write(path, kept, grid, compress=path.name.lower().endswith(".nii.gz"))


def smallest_type(volume: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """int16 where that loses nothing, which halves the file."""
    whole = np.rint(volume)
    fits = np.array_equal(whole, volume) and whole.min() >= -32768 and whole.max() <= 32767
    kept: npt.NDArray[Any] = whole.astype(np.int16) if fits else volume
    return kept


def _write(path: Path, array: npt.NDArray[Any], grid: Grid, *, compress: bool) -> None:
    if array.shape != grid.shape:
        raise ValueError(f"the array has shape {array.shape}, its grid {grid.shape}")
    if not path.name.lower().endswith(SUFFIXES):
        raise InputError(f"{path.name} cannot be written: use a name that ends in {', '.join(SUFFIXES)}.")
    image: Any = SimpleITK.GetImageFromArray(np.ascontiguousarray(array))
    image.SetSpacing(grid.spacing)
    image.SetOrigin(grid.origin)
    image.SetDirection(grid.direction)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as beside:
            SimpleITK.WriteImage(image, itk_name(beside), useCompression=compress)
    except (RuntimeError, OSError) as error:
        raise InputError(f"{path} cannot be written: check that the folder exists and has space.") from error
