"""NRRD and MetaImage: where the voxels lie is read from the header itself, the voxels by ITK.

ITK coerces sheared axes, and gives 1 mm where the file gives no voxel size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import SimpleITK

from MTINetLib.reading.volumes.header import FileHeader, refuse_damaged, refuse_voxel_size, three_sizes
from MTINetLib.reading.volumes.itk_name import itk_name
from MTINetLib.study.grid import FloatArray
from MTINetLib.study.study import Volume

NRRD_SUFFIXES, META_SUFFIXES = (".nrrd", ".nhdr"), (".mha", ".mhd")
SUFFIXES = (*NRRD_SUFFIXES, *META_SUFFIXES)
_LONGEST_HEADER = 1 << 16
#: Zlib packs zeros a thousand times, and nothing better than that.
_LARGEST_RATIO = 1100
_SIGNS = {"right": -1.0, "left": 1.0, "anterior": -1.0, "posterior": 1.0, "superior": 1.0, "inferior": -1.0}
_SHORT_SPACES = {
    "ras": "right-anterior-superior",
    "las": "left-anterior-superior",
    "lps": "left-posterior-superior",
}
_LPS_AXES = ({"right", "left"}, {"anterior", "posterior"}, {"superior", "inferior"})
_MM_PER_UNIT = {"mm": 1.0, "millimeter": 1.0, "millimeters": 1.0, "m": 1000.0, "cm": 10.0, "um": 0.001,
                "µm": 0.001, "micrometer": 0.001, "micron": 0.001, "microns": 0.001, "": 1.0}  # fmt: skip
_VECTOR = re.compile(r"none|\([^)]*\)")

Origin = tuple[float, float, float]


def read_itk_header(path: Path) -> FileHeader:
    """
    Raises:
        InputError: it has no 3-D volumes of numbers, it gives no voxel size, or it is damaged.
    """
    reader = _reader(path)
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        refuse_damaged(path)
    sizes, components = tuple(int(n) for n in reader.GetSize()), reader.GetNumberOfComponents()
    is_nrrd = path.name.lower().endswith(NRRD_SUFFIXES)
    fields = header_fields(path, ":" if is_nrrd else "=")
    _refuse_elsewhere(path, fields)
    if is_nrrd and "list" in fields.get("kinds", "").lower().split():
        # A list of volumes, as 3D Slicer saves a sequence; ITK takes it for values of one voxel.
        sizes, components = (*sizes, components), 1
    shape, volumes = three_sizes(path, sizes, components)
    if is_nrrd:
        axes, origin, field = *_nrrd_place(path, fields), "space directions"
    else:
        axes, origin, field = *_meta_place(path, fields), "ElementSpacing"
    size = int(SimpleITK.Image([1, 1, 1], reader.GetPixelID()).GetSizeOfPixelComponent())
    return FileHeader(path, shape, axes, origin, size, field, volumes=volumes)


def read_itk_voxels(header: FileHeader, number: int = 0) -> Volume:
    """The values [K, J, I] of one volume, counted from 0.

    Raises:
        InputError: the file is damaged.
    """
    reader = _reader(header.path)
    reader.ReadImageInformation()
    further, listed = reader.GetDimension() - 3, reader.GetNumberOfComponents() > 1
    reader.SetOutputPixelType(SimpleITK.sitkVectorFloat32 if listed else SimpleITK.sitkFloat32)
    reader.SetExtractSize([*header.shape[::-1], *[0] * further])
    reader.SetExtractIndex([0, 0, 0, *([number, *[0] * (further - 1)] if further else [])])
    try:
        image = reader.Execute()
    except RuntimeError:
        refuse_damaged(header.path)
    if listed:
        image = SimpleITK.VectorIndexSelectionCast(image, number)
    return np.asarray(SimpleITK.GetArrayFromImage(image), dtype=np.float32)


def itk_is_cut_off(header: FileHeader) -> bool:
    """Only what no packing could do is found; .nhdr and .mhd refer to another file for their voxels."""
    if not header.path.name.lower().endswith((".nrrd", ".mha")):
        return False
    return header.path.stat().st_size * _LARGEST_RATIO < header.bytes_stored


def _refuse_elsewhere(path: Path, fields: Mapping[str, str]) -> None:
    """A file that seems whole never opens another one."""
    names = (fields.get(name, "") for name in ("data file", "datafile", "elementdatafile"))
    if path.suffix.lower() in (".nrrd", ".mha") and any(name.upper() not in ("", "LOCAL") for name in names):
        refuse_damaged(path, "it says that its voxels lie in another file, as only .nhdr and .mhd files may")


def _reader(path: Path) -> SimpleITK.ImageFileReader:
    reader = SimpleITK.ImageFileReader()
    # Named, so that no other part of ITK may take the file for its own.
    reader.SetImageIO("NrrdImageIO" if path.name.lower().endswith(NRRD_SUFFIXES) else "MetaImageIO")
    reader.SetFileName(itk_name(path))
    return reader


def header_fields(path: Path, separator: str) -> Mapping[str, str]:
    """The lines of the text that such a file begins with, names in lower case."""
    with path.open("rb") as file:
        text = file.read(_LONGEST_HEADER).decode("latin-1")
    found: dict[str, str] = {}
    for line in text.splitlines()[0 if separator == "=" else 1 :]:
        if not line.strip() and separator == ":":
            break
        name, mark, value = line.partition(separator)
        if mark and not line.startswith("#"):
            found.setdefault(name.strip().lower(), value.lstrip("=").strip())
        if name.strip().lower() == "elementdatafile":
            break
    return found


def _numbers(path: Path, text: str, count: int) -> FloatArray:
    try:
        numbers = np.array([float(word) for word in text.replace(",", " ").split()])
    except ValueError:
        refuse_damaged(path)
    if len(numbers) < count:
        refuse_damaged(path)
    return numbers


def _nrrd_place(path: Path, fields: Mapping[str, str]) -> tuple[FloatArray, Origin]:
    """Axes and origin in LPS mm."""
    if "space directions" not in fields:
        sizes = _numbers(path, fields["spacings"], 3)[:3] if "spacings" in fields else None
        if sizes is None or not (np.isfinite(sizes).all() and (sizes > 0).all()):
            refuse_voxel_size(path, "says no voxel size", "space directions")
        return np.diag(sizes), (0.0, 0.0, 0.0)
    signs = _signs(path, fields)
    scale = signs * _nrrd_units(path, fields)
    vectors = [_vector(path, text) for text in _VECTOR.findall(fields["space directions"]) if text != "none"]
    if len(vectors) < 3:
        refuse_voxel_size(path, "says no voxel size for one of its axes", "space directions")
    axes = np.stack(vectors[:3], axis=1) * scale[:, None]
    x, y, z = _vector(path, fields.get("space origin", "(0,0,0)")) * scale
    return axes, (float(x), float(y), float(z))


def _vector(path: Path, text: str) -> FloatArray:
    return _numbers(path, text.strip().strip("()"), 3)[:3]


def _signs(path: Path, fields: Mapping[str, str]) -> FloatArray:
    """What turns the file's space into LPS; without a name ITK and Slicer take it for LPS."""
    name = fields.get("space", "").lower()
    words = _SHORT_SPACES.get(name, name).split("-")
    if not name:
        return np.ones(3)
    if len(words) < 3 or any(word not in pair for word, pair in zip(words, _LPS_AXES, strict=False)):
        refuse_damaged(path, f"its space '{name}' is not that of a patient (such as left-posterior-superior)")
    return np.array([_SIGNS[word] for word in words[:3]])


def _nrrd_units(path: Path, fields: Mapping[str, str]) -> FloatArray:
    units = re.findall(r'"([^"]*)"', fields.get("space units", ""))[:3] or ["mm"] * 3
    scale = [_MM_PER_UNIT.get(unit.strip().lower()) for unit in units]
    if len(scale) < 3 or None in scale:
        refuse_voxel_size(path, "gives its voxel size in an unknown unit", "space units")
    return np.array(scale, dtype=np.float64)


def _meta_place(path: Path, fields: Mapping[str, str]) -> tuple[FloatArray, Origin]:
    """Axes and origin in mm; a MetaImage's coordinates are LPS."""
    count = int(_numbers(path, fields.get("ndims", ""), 1)[0])
    told = fields.get("elementspacing", fields.get("elementsize"))
    sizes = None if told is None else _numbers(path, told, 3)[:3]
    if sizes is None or not (np.isfinite(sizes).all() and (sizes > 0).all()):
        refuse_voxel_size(path, "says no voxel size", "ElementSpacing")
    named = (fields[name] for name in ("transformmatrix", "rotation", "orientation") if name in fields)
    told = next(named, None)
    # One axis after the other.
    matrix = np.eye(count) if told is None else _numbers(path, told, count * count).reshape(count, count)
    axes = matrix[:3, :3].T
    lengths = np.linalg.norm(axes, axis=0)
    if np.isfinite(lengths).all() and not np.allclose(lengths, 1.0, atol=1e-3):
        refuse_damaged(
            path, "its axes (TransformMatrix) are not of length 1, so its voxel size is not certain"
        )
    named = (fields[name] for name in ("offset", "position", "origin") if name in fields)
    x, y, z = _numbers(path, next(named, "0 0 0"), 3)[:3]
    return axes * sizes, (float(x), float(y), float(z))
