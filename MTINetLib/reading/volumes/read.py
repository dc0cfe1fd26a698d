"""Reads one volume that the user names: a NIfTI, NRRD or MetaImage file, or a folder of one DICOM series."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress
from MTINetLib.reading.candidates import candidates_among
from MTINetLib.reading.dicom.read import read_dicom_folder
from MTINetLib.reading.other_files import is_archive
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.geometry import FileGeometry, geometry_of
from MTINetLib.reading.volumes.header import (
    FileHeader,
    refuse_damaged,
    refuse_more_than_a_study,
    refuse_several,
)
from MTINetLib.reading.volumes.read_itk import SUFFIXES as ITK_SUFFIXES
from MTINetLib.reading.volumes.read_itk import itk_is_cut_off, read_itk_header, read_itk_voxels
from MTINetLib.reading.volumes.read_nifti import SUFFIXES as NIFTI_SUFFIXES
from MTINetLib.reading.volumes.read_nifti import (
    NiftiHeader,
    nifti_is_cut_off,
    read_nifti_header,
    read_nifti_voxels,
)
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Volume

SUFFIXES = (*NIFTI_SUFFIXES, *ITK_SUFFIXES)
_DICOM_SUFFIXES = (".dcm", ".ima", "")
PACKED_SUFFIXES = (".dcm.gz", ".ima.gz")


def read_volume(path: Path, progress: Progress | None = None) -> SourceVolume:
    """One volume in LPS.

    Args:
        path: a file with one of SUFFIXES, a DICOM file with all slices, or a folder with one series (or the
            DICOMDIR in it).

    Raises:
        InputError: it does not exist, cannot be read, or is not one 3-D volume of numbers; NaN says that
            there is no image.
    """
    if not path.exists():
        raise InputError(f"There is no file or folder {path}.")
    if path.is_dir():
        return _only_volume(path, progress)
    name = path.name.lower()
    if name.endswith(SUFFIXES):
        return _read_file(path)
    if path.suffix.lower() in _DICOM_SUFFIXES or name.endswith(PACKED_SUFFIXES):
        return _only_volume(path, progress)
    if is_archive(path):
        raise InputError(
            f"The archive {path} is no volume; unpack it and name the file or folder of this phase, or give "
            "it as INPUT if it holds the whole study."
        )
    raise InputError(
        f"The file {path} is of no kind that can be read; give a NIfTI (.nii, .nii.gz), NRRD (.nrrd) or "
        "MetaImage (.mha) file, or a folder with one DICOM series."
    )


def _only_volume(folder: Path, progress: Progress | None) -> SourceVolume:
    volumes = read_dicom_folder(folder, progress)
    if len(volumes) > 1:
        # A Dixon set or a localizer beside the phase does not make the user's word ambiguous.
        volumes = candidates_among(volumes)[0] or volumes
    if len(volumes) > 1:
        names = "; ".join(f"'{volume.name}'" for volume in volumes[:12])
        raise InputError(
            f"The folder {folder} holds {len(volumes)} volumes ({names}); "
            "give a folder with one series of one phase."
        )
    if volumes[0].problem is not None:
        raise InputError(volumes[0].problem)
    return volumes[0]


def file_grid(path: Path) -> Grid:
    """The grid of a volume file from its header alone, after a look whether the file is whole.

    Raises:
        InputError: it cannot be one 3-D volume, or the file is cut off.
    """
    return _described_alone(path)[1].grid


def header_geometry(path: Path) -> FileGeometry:
    """Where the voxels of a volume file lie, from its header alone; they are not looked at.

    Raises:
        VoxelSizeError, ShearedError: the header gives no voxel size, or axes that cannot be straightened.
        InputError: it cannot be read.
    """
    return geometry_of(file_header(path))


def read_label_map(path: Path) -> SourceVolume:
    """Like :func:`read_volume`, for labels: they are never mixed where axes have to be straightened."""
    if path.is_dir() or not path.name.lower().endswith(SUFFIXES):
        return read_volume(path)
    header, geometry = _described_alone(path)
    labels = _voxels(header)
    if np.isnan(labels).any():
        raise InputError(f"The file {path} holds values that are not numbers (NaN), which are no labels.")
    return _source(path, geometry.nearest(labels), geometry)


def volumes_of_file(path: Path, description: str) -> list[SourceVolume]:
    """All volumes of a file with one of SUFFIXES; several are the time points of one series.

    Their voxels are read when they are asked for.

    Raises:
        InputError: it cannot be read.
    """
    header = file_header(path)
    refuse_more_than_a_study(header)
    header = _whole(header)
    geometry = geometry_of(header)

    def volume(number: int) -> SourceVolume:
        return SourceVolume(
            grid=geometry.grid,
            description=description,
            read=lambda: geometry.interpolate(_voxels(header, number)),
            time_point=None if header.volumes == 1 else number + 1,
            flags=geometry.flags,
        )

    return [volume(number) for number in range(header.volumes)]


def _read_file(path: Path) -> SourceVolume:
    header, geometry = _described_alone(path)
    return _source(path, geometry.interpolate(_voxels(header)), geometry)


def _described_alone(path: Path) -> tuple[FileHeader, FileGeometry]:
    header = file_header(path)
    refuse_several(header)
    return _whole(header), geometry_of(header)


def file_header(path: Path) -> FileHeader:
    """What the header of a file with one of SUFFIXES says.

    Raises:
        InputError: there is no such file, or it is none of 3-D volumes.
    """
    if not path.exists():
        raise InputError(f"There is no file or folder {path}.")
    if path.name.lower().endswith(NIFTI_SUFFIXES):
        return read_nifti_header(path)
    return read_itk_header(path)


def _whole(header: FileHeader) -> FileHeader:
    cut_off = nifti_is_cut_off(header) if isinstance(header, NiftiHeader) else itk_is_cut_off(header)
    if cut_off:
        refuse_damaged(header.path, "it is cut off before its end, copy it again")
    return header


def _voxels(header: FileHeader, number: int = 0) -> Volume:
    if isinstance(header, NiftiHeader):
        voxels = read_nifti_voxels(header, number)
    else:
        voxels = read_itk_voxels(header, number)
    return not_infinite(header, voxels)


def not_infinite(header: FileHeader, voxels: Volume) -> Volume:
    """The voxels themselves.

    Raises:
        InputError: some are infinite.
    """
    if np.isinf(voxels).any():
        raise InputError(f"The file {header.path} holds infinite values; write NaN where there is no image.")
    return voxels


def _source(path: Path, array: Volume, geometry: FileGeometry) -> SourceVolume:
    return replace(SourceVolume.of_array(array, geometry.grid, path.name), flags=geometry.flags)
