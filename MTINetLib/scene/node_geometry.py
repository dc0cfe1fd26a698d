"""Where the voxels of a volume node lie in the world, with all its parent transforms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.geometry import ShearedError
from MTINetLib.reading.volumes.header import VoxelSizeError
from MTINetLib.reading.volumes.read import SUFFIXES, header_geometry
from MTINetLib.scene.volumes import LPS_TO_RAS
from MTINetLib.study.grid import FloatArray, Grid

#: Largest cosine between two axes that still count as perpendicular. What lies below is the rounding of
#: direction cosines in files; it is kept as it is, so that positions stay exact.
LARGEST_COSINE = 1e-3


def own_matrix(node: Any) -> FloatArray:
    """4 x 4 matrix from voxel index (i, j, k, 1) to the RAS of the node's parent transform, in mm."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return to_array(matrix)


def world_matrix(node: Any) -> FloatArray | None:
    """4 x 4 matrix from voxel index (i, j, k, 1) to world RAS; None under a transform that is not linear."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    parent = node.GetParentTransformNode()
    if parent is None:
        return own_matrix(node)
    if not parent.IsTransformToWorldLinear():
        return None
    to_world = vtkMatrix4x4()
    parent.GetMatrixTransformToWorld(to_world)
    matrix: FloatArray = to_array(to_world) @ own_matrix(node)
    return matrix


def shape_of(node: Any) -> tuple[int, int, int]:
    """Number of voxels (K, J, I)."""
    i, j, k = node.GetImageData().GetDimensions()
    return int(k), int(j), int(i)


def grid_of_matrix(matrix: FloatArray, shape: tuple[int, int, int], name: str) -> Grid:
    """The grid of a 4 x 4 matrix from index to RAS in mm whose axes are perpendicular.

    Raises:
        InputError: the matrix is singular or not finite; ``name`` says whose it is.
    """
    spacing = refuse_flat(matrix, name)
    lps = LPS_TO_RAS @ matrix
    direction = lps[:3, :3] / spacing + 0.0  # no negative zeros
    return Grid(
        shape=shape,
        spacing=(float(spacing[0]), float(spacing[1]), float(spacing[2])),
        origin=(float(lps[0, 3]), float(lps[1, 3]), float(lps[2, 3])),
        direction=tuple(float(value) for value in direction.ravel()),  # type: ignore[arg-type]
    )


def refuse_flat(matrix: FloatArray, name: str) -> FloatArray:
    """The voxel size along i, j, k in mm.

    Raises:
        InputError: the voxels have no volume, or the matrix holds values that are no numbers.
    """
    spacing: FloatArray = np.linalg.norm(matrix[:3, :3], axis=0)
    usable = np.isfinite(matrix).all() and spacing.min() > 1e-6
    if not usable or abs(np.linalg.det(matrix[:3, :3] / spacing)) < 1e-3:
        raise InputError(
            f"The volume '{name}' has voxels without a volume: check its spacing and its transform."
        )
    return spacing


def is_sheared(matrix: FloatArray) -> bool:
    """Whether the axes of a 4 x 4 matrix are not perpendicular."""
    axes = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    cosines = np.abs(axes.T @ axes - np.eye(3))
    return bool(cosines.max() > LARGEST_COSINE)


def straightened(matrix: FloatArray) -> FloatArray:
    """A 4 x 4 matrix with perpendicular axes and the same slices.

    The rows of voxels (i) keep their direction, the slices their planes and distances, and the
    handedness stays; only where the slices lie along their planes and the columns change.
    """
    i, j, k = matrix[:3, :3].T
    row = i / np.linalg.norm(i)
    column = j - (j @ row) * row
    column_mm = float(np.linalg.norm(column))
    normal = np.cross(row, column / column_mm)
    slice_mm = float(k @ normal)
    straight = np.eye(4)
    straight[:3, 0], straight[:3, 1], straight[:3, 2] = i, column, slice_mm * normal
    straight[:3, 3] = matrix[:3, 3]
    return straight


def rough_grid(node: Any) -> Grid:
    """Where the volume lies, without the bending of non-linear transforms and without shear.

    For comparing volumes and looking at pixels, never for measuring.

    Raises:
        InputError: see :func:`grid_of_matrix`.
    """
    matrix = world_matrix(node)
    if matrix is None:
        matrix = own_matrix(node)
    name = str(node.GetName())
    refuse_flat(matrix, name)
    refuse_stored_otherwise(node)
    return grid_of_matrix(straightened(matrix) if is_sheared(matrix) else matrix, shape_of(node), name)


def refuse_stored_otherwise(node: Any) -> None:
    """Refuse a place that a reader made up: 1 mm for a voxel size that is missing, and sheared axes coerced.

    The file that the node was read from is asked, where it is a volume file that is still there.

    Raises:
        InputError: the node says something that its file does not.
    """
    storage = node.GetStorageNode()
    name = storage.GetFullNameFromFileName() if storage is not None else None
    if not name or not str(name).lower().endswith(SUFFIXES) or not Path(name).is_file():
        return
    own = own_matrix(node)
    try:
        coerced = header_geometry(Path(name)).to_stored is not None
    except VoxelSizeError:
        if np.array_equal(np.linalg.norm(own[:3, :3], axis=0), np.ones(3)):
            raise
        return  # somebody gave the size here
    except ShearedError:
        coerced = True
    except InputError:
        return  # it changed since it was read
    if coerced and not is_sheared(own):
        raise InputError(
            f"The file {name} of the volume '{node.GetName()}' has axes that are not perpendicular, and they "
            "were changed when it was loaded, so its voxels lie elsewhere: give the file to mtinet analyze, "
            "or convert the DICOM images again."
        )


def to_array(matrix: Any) -> FloatArray:
    """A vtkMatrix4x4 as an array [4, 4]."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
