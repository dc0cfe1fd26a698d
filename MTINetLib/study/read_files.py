"""Reads one volume that the user names: a NIfTI, NRRD or MetaImage file, or a folder of one DICOM series."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress
from MTINetLib.study.grid import Grid
from MTINetLib.study.itk_name import itk_name
from MTINetLib.study.read_dicom import read_dicom_folder
from MTINetLib.study.read_files_nifti import bytes_per_voxel, has_bad_numbers, is_cut_off
from MTINetLib.study.recognise_candidates import candidates_among
from MTINetLib.study.source_volume import SourceVolume

SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
_DICOM_SUFFIXES = (".dcm", ".ima", "")
_MOST_VOXELS = 1_000_000_000


def read_volume(path: Path, progress: Progress | None = None) -> SourceVolume:
    """One volume in LPS.

    Args:
        path: a file with one of SUFFIXES, a DICOM file with all slices, or a folder with one series.

    Raises:
        InputError: it does not exist, cannot be read, or is not one 3-D volume of finite numbers.
    """
    if not path.exists():
        raise InputError(f"There is no file or folder {path}.")
    if path.is_dir():
        return _only_volume(path, progress)
    name = path.name.lower()
    if name.endswith(SUFFIXES):
        return _read_file(path)
    if path.suffix.lower() in _DICOM_SUFFIXES:
        return _only_volume(path, progress)
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


def _read_file(path: Path) -> SourceVolume:
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(itk_name(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise InputError(f"The file {path} cannot be read; {_reason(error)}.") from error
    size, components = reader.GetSize(), reader.GetNumberOfComponents()
    while len(size) > 3 and size[-1] == 1:
        size = size[:-1]
    if len(size) != 3 or components != 1:
        kind = f"{components} values a voxel" if components != 1 else f"{len(size)} dimensions"
        raise InputError(
            f"The file {path} has {kind}; give one file with a single 3-D volume for each phase."
        )
    if int(np.prod(size, dtype=np.float64)) > _MOST_VOXELS:
        raise InputError(
            f"The file {path} says it has {' x '.join(str(n) for n in size)} voxels; that is no MRI."
        )
    if is_cut_off(path, int(np.prod(size)) * bytes_per_voxel(reader.GetPixelID())):
        raise InputError(f"The file {path} cannot be read; it is cut off before its end, copy it again.")
    reader.SetOutputPixelType(SimpleITK.sitkFloat32)
    reader.SetExtractSize([*size, *[0] * (reader.GetDimension() - 3)])
    try:
        image = reader.Execute()
    except RuntimeError as error:
        raise InputError(f"The file {path} cannot be read; {_reason(error)}.") from error
    array = SimpleITK.GetArrayFromImage(image)
    if not np.isfinite(array).all() or has_bad_numbers(path):
        raise InputError(f"The file {path} holds values that are not finite numbers (NaN or infinity).")
    grid = Grid(
        shape=array.shape,
        spacing=image.GetSpacing(),
        origin=image.GetOrigin(),
        direction=image.GetDirection(),
    )
    return SourceVolume.of_array(array, grid, path.name)


def _reason(error: RuntimeError) -> str:
    text = str(error)
    if "orthonormal" in text.lower() or "direction cosines" in text.lower():
        return "its axes are sheared (not perpendicular), save it again without shear"
    return "it is damaged or not what its name says"
