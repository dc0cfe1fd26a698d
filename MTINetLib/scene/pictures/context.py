"""Surfaces around the lesions for orientation: the skin, and tissue that enhances like the liver there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.scene.pictures.slice_stage import volume_to_ras
from MTINetLib.scene.slicer_core import slicer_module

#: Voxels of about this size are enough for a picture.
_COARSE_MM = 3.0
#: Litres; what is not of a liver's size is not shown as one.
_LIVER_LITRES = (0.4, 4.0)
Mask = npt.NDArray[np.bool_]


def body_surface(volume: Any) -> Any:
    """The skin as vtkPolyData in RAS."""
    array = np.asarray(slicer_module().util.arrayFromVolume(volume))
    low, high = np.percentile(array[::2, ::2, ::2], (2, 99))
    return surface_of(array.astype(np.float32), volume, float(low + 0.12 * (high - low)), smooth_mm=6.0)


def liver_surface(volumes: Sequence[Any], lesions: Sequence[Mask]) -> Any | None:
    """An estimate of the liver for orientation only, in RAS; None where nothing of its size is found."""
    mask = liver_like(volumes, lesions)
    if mask is None:
        return None
    return surface_of(mask.astype(np.float32), volumes[0], 0.5, smooth_mm=3.0)


def liver_like(volumes: Sequence[Any], lesions: Sequence[Mask]) -> Mask | None:
    """Voxels connected to the lesions' surroundings that enhance like them in all four phases."""
    from scipy import ndimage

    if not lesions:
        return None
    found = np.any(lesions, axis=0)
    spacing = np.array(volumes[0].GetSpacing())[::-1]
    util = slicer_module().util
    phases = [
        ndimage.gaussian_filter(np.asarray(util.arrayFromVolume(volume), np.float32), 2.0 / spacing)
        for volume in volumes
    ]
    ring = _grown(found, 15.0, spacing) & ~_grown(found, 4.0, spacing)
    if not ring.any():
        return None
    like = np.ones_like(found)
    for phase in phases:
        middle = float(np.median(phase[ring]))
        spread = max(0.12 * middle, 2.0 * float(np.median(np.abs(phase[ring] - middle))))
        like &= np.abs(phase - middle) < spread
    core = ndimage.distance_transform_edt(like | found, sampling=spacing) > 6.0
    regions, _ = ndimage.label(core)
    touched = np.bincount(regions[_grown(found, 15.0, spacing)])
    touched[0] = 0
    if not touched.any():
        return None
    liver = _grown(regions == int(touched.argmax()), 6.5, spacing) | found
    litres = liver.sum() * float(np.prod(spacing)) / 1e6
    return liver if _LIVER_LITRES[0] <= litres <= _LIVER_LITRES[1] else None


def surface_of(array: npt.NDArray[np.float32], volume: Any, value: float, *, smooth_mm: float) -> Any:
    """The largest surface of the smoothed array at ``value``, in RAS, closed at the faces of the volume."""
    from scipy import ndimage
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import (
        vtkFlyingEdges3D,
        vtkPolyDataConnectivityFilter,
        vtkWindowedSincPolyDataFilter,
    )

    spacing = np.array(volume.GetSpacing())[::-1]
    smooth = ndimage.gaussian_filter(array, smooth_mm / spacing)
    steps = [max(1, round(_COARSE_MM / mm)) for mm in spacing]
    coarse = np.pad(smooth[:: steps[0], :: steps[1], :: steps[2]], 1, constant_values=min(0.0, value - 1))
    image = vtkImageData()
    image.SetDimensions(*coarse.shape[::-1])
    image.SetSpacing(*[float(step) for step in steps[::-1]])
    image.SetOrigin(*[-float(step) for step in steps[::-1]])
    image.GetPointData().SetScalars(numpy_to_vtk(coarse.ravel(), deep=True))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, value)
    largest = vtkPolyDataConnectivityFilter()
    largest.SetInputConnection(edges.GetOutputPort())
    largest.SetExtractionModeToLargestRegion()
    polished = vtkWindowedSincPolyDataFilter()
    polished.SetInputConnection(largest.GetOutputPort())
    polished.SetNumberOfIterations(15)
    polished.SetPassBand(0.08)
    return _placed(polished, volume)


def _placed(source: Any, volume: Any) -> Any:
    from vtkmodules.vtkCommonTransforms import vtkTransform
    from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter

    transform = vtkTransform()
    transform.SetMatrix([float(value) for value in volume_to_ras(volume).ravel()])
    placed = vtkTransformPolyDataFilter()
    placed.SetInputConnection(source.GetOutputPort())
    placed.SetTransform(transform)
    placed.Update()
    return placed.GetOutput()


def _grown(mask: Mask, by_mm: float, spacing: npt.NDArray[np.float64]) -> Mask:
    from scipy import ndimage

    near: Mask = ndimage.distance_transform_edt(~mask, sampling=spacing) <= by_mm
    return near
