"""What the header of a volume file says, whatever its format: sizes, values, and where the voxels lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.study.grid import FloatArray

_MOST_VOXELS = 1_000_000_000
#: Of a series that is read one volume at a time, and of a study, whose phases are looked at all at once.
_MOST_TIME_POINTS, _MOST_VOLUMES = 10_000, 100
#: How one file with several volumes becomes files that can be named phase by phase.
HOW_TO_SPLIT = (
    "split it into one file for each phase (in 3D Slicer: load it as a sequence and save its volumes)"
)


class VoxelSizeError(InputError):
    """A file does not say how large its voxels are."""


@dataclass(frozen=True, eq=False)
class FileHeader:
    """A header with one 3-D volume, or several one behind the other on one grid.

    Args:
        shape: (K, J, I) of one volume.
        axes: steps from voxel to voxel along i, j, k as columns, LPS mm, [3, 3]; not judged yet.
        origin: LPS mm of the first voxel's centre.
        voxel_bytes: of one voxel as it is stored.
        size_field: what the format calls the voxel size, for people.
        flags: doubts, see phases/README.md.
    """

    path: Path
    shape: tuple[int, int, int]
    axes: FloatArray
    origin: tuple[float, float, float]
    voxel_bytes: int
    size_field: str
    flags: tuple[str, ...] = ()
    volumes: int = 1

    @property
    def volume_bytes(self) -> int:
        """Of the voxels of one volume, unpacked."""
        return self.shape[0] * self.shape[1] * self.shape[2] * self.voxel_bytes

    @property
    def bytes_stored(self) -> int:
        """Of all voxels, unpacked."""
        return self.volume_bytes * self.volumes


def three_sizes(path: Path, sizes: tuple[int, ...], components: int = 1) -> tuple[tuple[int, int, int], int]:
    """Sizes along i, j, k, ... as the shape (K, J, I) of a volume, and how many volumes there are.

    Raises:
        InputError: it is not of three or four dimensions with one value a voxel, or larger than any MRI.
    """
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes = sizes[:-1]
    if components != 1:
        raise InputError(f"The file {path} has {components} values a voxel; {_ONE_EACH}.")
    if len(sizes) not in (3, 4):
        raise InputError(f"The file {path} has {len(sizes)} dimensions; {_ONE_EACH}.")
    volumes = sizes[3] if len(sizes) == 4 else 1
    if (
        min(sizes) < 1
        or float(np.prod(sizes[:3], dtype=np.float64)) > _MOST_VOXELS
        or volumes > _MOST_TIME_POINTS
    ):
        listed = " x ".join(str(size) for size in sizes)
        raise InputError(f"The file {path} says it has {listed} voxels; that is no MRI.")
    return (sizes[2], sizes[1], sizes[0]), volumes


def refuse_more_than_a_study(header: FileHeader) -> None:
    """
    Raises:
        InputError: the file has more volumes or voxels than the phases of a study.
    """
    if header.volumes > _MOST_VOLUMES or header.bytes_stored > _MOST_VOXELS * header.voxel_bytes:
        raise InputError(
            f"The file {header.path} has {header.volumes} volumes, more than any study of the liver's "
            f"phases; {_ONE_EACH}."
        )


def refuse_several(header: FileHeader) -> None:
    """
    Raises:
        InputError: the file has several volumes.
    """
    if header.volumes == 1:
        return
    raise InputError(
        f"The file {header.path} has 4 dimensions, that is {header.volumes} volumes in one file; "
        f"{HOW_TO_SPLIT} and say of each which phase it is; where they are as many as the model's phases, "
        "mtinet analyze also takes the whole file as INPUT, with --assume-order."
    )


_ONE_EACH = "give one file with a single 3-D volume for each phase"


def refuse_damaged(path: Path, why: str = "it is damaged or not what its name says") -> NoReturn:
    raise InputError(f"The file {path} cannot be read; {why}.")


def refuse_voxel_size(path: Path, said: str, field: str) -> NoReturn:
    """Never take a library's default for a measurement."""
    raise VoxelSizeError(
        f"The file {path} {said}, so nothing in it can be measured; write the true size in mm into its "
        f"header ({field}), or convert the DICOM images again."
    )
