"""Volumes under transforms that no grid can follow: shear, and everything that bends."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.scene.node_geometry import (
    grid_of_matrix,
    is_sheared,
    own_matrix,
    refuse_flat,
    shape_of,
    straightened,
    world_matrix,
)
from MTINetLib.study.grid import FloatArray, Grid

Volume = npt.NDArray[np.float32]

#: A step of the main thread takes about this long (s).
_STEP_S = 0.03
#: Points a side at which the new place of a volume is looked up.
_POINTS = 9
#: The resampled volume has at most this many times the voxels of the source.
_LARGEST_GROWTH = 6.0
#: Index units below which a bound is rounding, not a voxel more.
_ROUNDING = 1e-4


def resample_steps(node: Any) -> Generator[None, None, tuple[Volume, Grid]]:
    """Interpolate a volume linearly where its transforms put it; the node and the scene are not changed.

    The grid follows the volume as a whole, so that it has about its voxel size and number of slices, and
    is grown until all of the volume fits in. Under shear the slices stay on their planes. Voxels that the
    volume does not reach are NaN.

    Raises:
        InputError: the transform blows the volume up beyond all measure.
    """
    name = str(node.GetName())
    matrix, shape = _target(node)
    grid = grid_of_matrix(matrix, shape, name)
    reslice = _reslice(node, matrix)
    volume = np.empty(shape, dtype=np.float32)
    first, slices = 0, 1
    while first < shape[0]:
        began = time.perf_counter()
        last = min(first + slices, shape[0])
        reslice.SetOutputExtent(0, shape[2] - 1, 0, shape[1] - 1, first, last - 1)
        reslice.Update()
        volume[first:last] = _voxels(reslice.GetOutput())
        took = max(time.perf_counter() - began, 1e-4)
        slices = max(1, min(2 * slices, int(slices * _STEP_S / took)))
        first = last
        if first < shape[0]:
            yield
    return volume, grid


def _target(node: Any) -> tuple[FloatArray, tuple[int, int, int]]:
    """The new grid's 4 x 4 matrix from index to world RAS, and its shape (K, J, I)."""
    name, shape = str(node.GetName()), shape_of(node)
    points = _spread(shape)
    linear = world_matrix(node)
    if linear is None:
        world = _moved(node, points)
        if not np.isfinite(world).all():
            raise InputError(f"The transform of the volume '{name}' cannot be followed: harden or remove it.")
        linear = _fitted(points, world, own_matrix(node))
    else:
        world = points @ linear[:3, :3].T + linear[:3, 3]
    refuse_flat(linear, name)
    matrix = straightened(linear) if is_sheared(linear) else linear
    index = (world - matrix[:3, 3]) @ np.linalg.inv(matrix[:3, :3]).T
    low = np.floor(index.min(axis=0) + _ROUNDING)
    size = np.ceil(index.max(axis=0) - low - _ROUNDING) + 1
    if float(np.prod(size)) > _LARGEST_GROWTH * float(np.prod(shape)) + 1e5:
        raise InputError(
            f"The transform of the volume '{name}' spreads it to {np.prod(size) / np.prod(shape):.0f} times "
            "its size: check the transform, or harden it."
        )
    moved = matrix.copy()
    moved[:3, 3] += matrix[:3, :3] @ low
    return moved, (int(size[2]), int(size[1]), int(size[0]))


def _spread(shape: tuple[int, int, int]) -> FloatArray:
    """Indices (i, j, k) all over a volume with its corners, [n, 3]."""
    axes = [np.linspace(0.0, count - 1.0, _POINTS) for count in shape[::-1]]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def _moved(node: Any, indices: FloatArray) -> FloatArray:
    """Where the node's parent transforms put voxels (i, j, k), world RAS in mm, [n, 3]."""
    from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

    to_world = vtkGeneralTransform()
    node.GetParentTransformNode().GetTransformToWorld(to_world)
    own = own_matrix(node)
    points = indices @ own[:3, :3].T + own[:3, 3]
    return np.array([to_world.TransformPoint(*point) for point in points])


def _fitted(indices: FloatArray, world: FloatArray, own: FloatArray) -> FloatArray:
    """The 4 x 4 matrix from index to world that is nearest to a bent volume as a whole.

    An axis with a single voxel moves with the others' mean and keeps its own direction.
    """
    centre_index, centre_world = indices.mean(axis=0), world.mean(axis=0)
    several = np.ptp(indices, axis=0) > 0
    matrix = own.copy()
    offsets = indices - centre_index
    matrix[:3, :3][:, several] = np.linalg.lstsq(offsets[:, several], world - centre_world, rcond=None)[0].T
    matrix[:3, 3] = centre_world - matrix[:3, :3] @ centre_index
    return matrix


def _reslice(node: Any, target: FloatArray) -> Any:
    """A filter that fills the target grid; its output extent is still to be set."""
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkCommonTransforms import vtkGeneralTransform
    from vtkmodules.vtkImagingCore import vtkImageReslice

    image = vtkImageData()
    image.ShallowCopy(node.GetImageData())
    image.SetOrigin(0.0, 0.0, 0.0)
    image.SetSpacing(1.0, 1.0, 1.0)
    from_world = vtkGeneralTransform()
    parent = node.GetParentTransformNode()
    if parent is not None:  # else the node's own axes are sheared
        parent.GetTransformFromWorld(from_world)
    to_source = vtkGeneralTransform()
    to_source.PostMultiply()
    to_source.Concatenate(target.ravel().tolist())
    to_source.Concatenate(from_world)
    to_source.Concatenate(np.linalg.inv(own_matrix(node)).ravel().tolist())
    reslice = vtkImageReslice()
    reslice.SetInputData(image)
    reslice.SetResliceTransform(to_source)
    reslice.SetOutputOrigin(0.0, 0.0, 0.0)
    reslice.SetOutputSpacing(1.0, 1.0, 1.0)
    reslice.SetInterpolationModeToLinear()
    reslice.SetBackgroundLevel(float("nan"))
    reslice.SetOutputScalarType(10)  # VTK_FLOAT
    return reslice


def _voxels(image: Any) -> npt.NDArray[Any]:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    i, j, k = image.GetDimensions()
    return np.asarray(vtk_to_numpy(image.GetPointData().GetScalars())).reshape(k, j, i)
