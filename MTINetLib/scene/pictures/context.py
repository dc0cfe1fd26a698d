"""Surfaces around the lesions for orientation: the skin, and tissue that enhances like the liver there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.report.body import body
from MTINetLib.scene.liver_node import liver_segment
from MTINetLib.scene.pictures.slice_stage import volume_to_ras
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.study.grid import FloatArray

#: Voxels of about this size are enough for a picture.
_COARSE_MM = 3.5
#: Litres; what is not of a liver's size is not shown as one.
_LIVER_LITRES = (0.4, 4.0)
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CoarseGrid:
    """Every n-th voxel of a volume node.

    Args:
        steps: n along k, j, i.
        spacing: mm between the voxels that are left, along k, j, i.
        to_ras: from (i, j, k, 1) of the coarse grid to RAS.
    """

    steps: tuple[int, int, int]
    spacing: npt.NDArray[np.float64]
    to_ras: FloatArray

    @classmethod
    def of(cls, volume: Any) -> CoarseGrid:
        spacing = np.array(volume.GetSpacing())[::-1]
        k, j, i = (max(1, round(_COARSE_MM / mm)) for mm in spacing)
        to_ras = volume_to_ras(volume) @ np.diag([i, j, k, 1.0])
        return cls((k, j, i), spacing * np.array([k, j, i]), to_ras)

    def take(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The coarse voxels of an array [K, J, I]."""
        k, j, i = self.steps
        return array[::k, ::j, ::i]


def body_surface(volume: Any) -> Any:
    """The skin as vtkPolyData in RAS."""
    grid = CoarseGrid.of(volume)
    array = np.asarray(slicer_module().util.arrayFromVolume(volume))
    return surface_of(grid.take(body(array)), grid, smooth_mm=4.0)


def own_surface(node: Any) -> Any | None:
    """The surface of the liver's segmentation node, in RAS; None where nothing is in it."""
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    node.CreateClosedSurfaceRepresentation()
    surface = vtkPolyData()
    node.GetClosedSurfaceRepresentation(liver_segment(node), surface)
    return surface if surface.GetNumberOfPoints() else None


def liver_surface(volumes: Sequence[Any], lesions: Sequence[Mask]) -> Any | None:
    """An estimate of the liver for orientation only, in RAS; None where nothing of its size is found.

    Args:
        volumes: a volume a phase.
        lesions: masks [K, J, I] on the volumes' grid.
    """
    grid = CoarseGrid.of(volumes[0])
    util = slicer_module().util
    phases = [grid.take(np.asarray(util.arrayFromVolume(volume))) for volume in volumes]
    liver = liver_like(phases, [grid.take(lesion) for lesion in lesions], grid.spacing)
    return None if liver is None else surface_of(liver, grid, smooth_mm=3.0)


def liver_like(
    phases: Sequence[npt.NDArray[Any]], lesions: Sequence[Mask], spacing: npt.NDArray[np.float64]
) -> Mask | None:
    """Voxels connected to the lesions' surroundings that enhance like them in all phases.

    Args:
        phases, lesions: [k, j, i] each.
        spacing: mm along k, j, i.
    """
    from scipy import ndimage

    found = np.any(lesions, axis=0) if lesions else np.zeros(phases[0].shape, dtype=np.bool_)
    ring = _grown(found, 15.0, spacing) & ~_grown(found, 4.0, spacing)
    if not ring.any():
        return None
    like = np.ones_like(found)
    for phase in phases:
        smooth = ndimage.gaussian_filter(np.asarray(phase, np.float32), 2.0 / spacing)
        middle = float(np.median(smooth[ring]))
        spread = max(0.12 * middle, 2.0 * float(np.median(np.abs(smooth[ring] - middle))))
        like &= np.abs(smooth - middle) < spread
    core = ndimage.distance_transform_edt(like | found, sampling=spacing) > 6.0
    regions, _ = ndimage.label(core)
    touched = np.bincount(regions[ring])
    touched[0] = 0
    if not touched.any():
        return None
    liver = _grown(regions == int(touched.argmax()), 6.5, spacing) | found
    litres = liver.sum() * float(np.prod(spacing)) / 1e6
    return liver if _LIVER_LITRES[0] <= litres <= _LIVER_LITRES[1] else None


def surface_of(mask: Mask, grid: CoarseGrid, *, smooth_mm: float) -> Any:
    """The smoothed surface of the largest part of a coarse mask, in RAS, closed at the volume's faces."""
    from scipy import ndimage
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import (
        vtkFlyingEdges3D,
        vtkPolyDataConnectivityFilter,
        vtkWindowedSincPolyDataFilter,
    )

    smooth = ndimage.gaussian_filter(mask.astype(np.float32), smooth_mm / grid.spacing)
    closed = np.pad(smooth, 1)
    image = vtkImageData()
    image.SetDimensions(*closed.shape[::-1])
    image.SetOrigin(-1.0, -1.0, -1.0)
    image.GetPointData().SetScalars(numpy_to_vtk(closed.ravel(), deep=True))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.5)
    largest = vtkPolyDataConnectivityFilter()
    largest.SetInputConnection(edges.GetOutputPort())
    largest.SetExtractionModeToLargestRegion()
    polished = vtkWindowedSincPolyDataFilter()
    polished.SetInputConnection(largest.GetOutputPort())
    polished.SetNumberOfIterations(15)
    polished.SetPassBand(0.08)
    return _placed(polished, grid.to_ras)


def _placed(source: Any, to_ras: FloatArray) -> Any:
    from vtkmodules.vtkCommonTransforms import vtkTransform
    from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter

    transform = vtkTransform()
    transform.SetMatrix([float(value) for value in to_ras.ravel()])
    placed = vtkTransformPolyDataFilter()
    placed.SetInputConnection(source.GetOutputPort())
    placed.SetTransform(transform)
    placed.Update()
    return placed.GetOutput()


def _grown(mask: Mask, by_mm: float, spacing: npt.NDArray[np.float64]) -> Mask:
    from scipy import ndimage

    near: Mask = ndimage.distance_transform_edt(~mask, sampling=spacing) <= by_mm
    return near & bool(mask.any())
