"""Masks in and out of segments, cropped to their box: milliseconds where a whole volume takes tens."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.study.grid import FloatArray

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[Any]
Box = tuple[slice, slice, slice]
#: Slicer's name of the representation; the same in every version.
BINARY_LABELMAP = "Binary labelmap"
#: Voxels; two grids that agree so well at all corners are one grid.
_TOLERANCE = 1e-3


def label_image(mask: Mask, box: Box, reference_volume: Any) -> Any:
    """A vtkOrientedImageData of ones inside ``mask``, in the volume's own (untransformed) RAS.

    Args:
        mask: [k, j, i], the part inside ``box``.
        box: where it lies in the volume's voxels [K, J, I].
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    to_ras = vtkMatrix4x4()
    reference_volume.GetIJKToRASMatrix(to_ras)
    image = slicer_module().vtkOrientedImageData()
    k, j, i = ((part.start, part.stop - 1) for part in box)
    image.SetExtent(*i, *j, *k)
    scalars = numpy_to_vtk(np.ascontiguousarray(mask, dtype=np.uint8).ravel(), deep=True)
    scalars.SetName("ImageScalars")
    image.GetPointData().SetScalars(scalars)
    image.SetImageToWorldMatrix(to_ras)
    return image


def write_mask(segmentation: Any, segment_id: str, mask: Mask, box: Box, reference_volume: Any) -> None:
    """Replace a segment's voxels; other segments, also those that share its image, keep theirs."""
    logic = slicer_module().vtkSlicerSegmentationsModuleLogic
    if not mask.any():  # ClearSegment would leave Slicer's Undo nothing to restore
        mask, box = np.zeros((1, 1, 1), np.bool_), (slice(0, 1),) * 3
    image = label_image(mask, box, reference_volume)
    logic.SetBinaryLabelmapToSegment(image, segmentation, segment_id, logic.MODE_REPLACE)


def read_mask(segmentation: Any, segment_id: str, reference_volume: Any) -> tuple[Mask, Box] | None:
    """A segment's voxels as (mask [k, j, i], its box in the volume [K, J, I]); None where it has none.

    A segment on another grid, or under another transform, is resampled to the nearest voxel.
    """
    segment = segmentation.GetSegmentation().GetSegment(segment_id)
    image = segment.GetRepresentation(BINARY_LABELMAP)
    if image is not None and image.GetNumberOfPoints() == 0:
        return None
    shift = None if image is None else _shift(image, segmentation, reference_volume)
    if shift is None:
        whole = _resampled(segmentation, segment_id, reference_volume)
        return cropped(whole, tuple(slice(0, size) for size in whole.shape))  # type: ignore[arg-type]
    from vtkmodules.util.numpy_support import vtk_to_numpy

    scalars = image.GetPointData().GetScalars()
    if scalars is None:
        return None
    extent = image.GetExtent()
    sizes = [extent[2 * axis + 1] - extent[2 * axis] + 1 for axis in (2, 1, 0)]
    starts = [extent[2 * axis] + shift[axis] for axis in (2, 1, 0)]
    inside = vtk_to_numpy(scalars).reshape(sizes) == segment.GetLabelValue()
    shape = reference_volume.GetImageData().GetDimensions()[::-1]
    # A person may paint beyond the volume in Slicer; there is nothing to measure there.
    used = [slice(max(0, -a), min(n, whole - a)) for a, n, whole in zip(starts, sizes, shape, strict=True)]
    if any(part.stop <= part.start for part in used):
        return None
    box = tuple(slice(a + part.start, a + part.stop) for a, part in zip(starts, used, strict=True))
    return cropped(inside[tuple(used)], box)  # type: ignore[arg-type]


def cropped(mask: Mask, box: Box) -> tuple[Mask, Box] | None:
    """The smallest part of a mask that has a voxel, and where it lies; None if it is empty."""
    parts: list[slice] = []
    for axis, place in enumerate(box):
        found = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        if found.size == 0:
            return None
        first, last = int(found[0]), int(found[-1])
        mask = mask[(slice(None),) * axis + (slice(first, last + 1),)]
        parts.append(slice(place.start + first, place.start + last + 1))
    return np.ascontiguousarray(mask), (parts[0], parts[1], parts[2])


def ijk_to_local_ras(volume: Any) -> FloatArray:
    """4 x 4 matrix from voxel index (i, j, k, 1) to the volume's own RAS, without parent transforms."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return _array(matrix)


def _shift(image: Any, segmentation: Any, volume: Any) -> tuple[int, int, int] | None:
    """Voxels (i, j, k) from the image's index to the volume's; None where the two are not one grid."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    if segmentation.GetTransformNodeID() != volume.GetTransformNodeID():
        return None
    matrix = vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    between = np.linalg.inv(ijk_to_local_ras(volume)) @ _array(matrix)
    shift = np.round(between[:3, 3]).astype(int)
    expected = np.eye(4)
    expected[:3, 3] = shift
    far = float(max(volume.GetImageData().GetDimensions()))
    if np.abs(between - expected)[:3, :3].max() * far + np.abs(between - expected)[:3, 3].max() > _TOLERANCE:
        return None
    return int(shift[0]), int(shift[1]), int(shift[2])


def _resampled(segmentation: Any, segment_id: str, volume: Any) -> Mask:
    from vtkmodules.vtkCommonCore import vtkStringArray

    slicer, mrml, wanted = slicer_module(), segmentation.GetScene(), vtkStringArray()
    wanted.InsertNextValue(segment_id)
    node = mrml.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "resampled lesion")
    try:
        logic = slicer.vtkSlicerSegmentationsModuleLogic
        if not logic.ExportSegmentsToLabelmapNode(segmentation, wanted, node, volume):
            raise InputError(f"A segment of '{segmentation.GetName()}' has no mask that can be read.")
        return np.asarray(slicer.util.arrayFromVolume(node)) > 0
    finally:
        display = node.GetDisplayNode()
        for one in (None if display is None else display.GetColorNode(), display, node):
            if one is not None:
                mrml.RemoveNode(one)


def _array(matrix: Any) -> FloatArray:
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
