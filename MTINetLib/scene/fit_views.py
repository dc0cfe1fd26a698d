"""What our slice views have in sight: the body, which fills them, or one lesion with what lies around it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from MTINetLib.report.body import body
from MTINetLib.scene.label_image import Box, ijk_to_local_ras, read_mask
from MTINetLib.scene.phase_views import slice_view_name, viewed_phases
from MTINetLib.scene.results import Results
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import segment_labels
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.study.grid import FloatArray

#: World RAS in mm, [points, 3].
Points = FloatArray
#: What is fitted is this much smaller than the view.
_MARGIN = 1.06
#: The body is looked for in about so many voxels along each axis; a step of 20 ms.
_BODY_SAMPLES = (16, 128, 128)
#: Around a lesion: so many of its diameters are in sight, and at least so many mm.
_AROUND, _LEAST_MM = 3.0, 60.0


def body_points(volume: Any) -> Points:
    """Corners of the box that the body fills in a volume; those of the volume where nothing stands out."""
    array = slicer_module().util.arrayFromVolume(volume)
    steps = [max(1, size // wanted) for size, wanted in zip(array.shape, _BODY_SAMPLES, strict=True)]
    sample = np.nan_to_num(np.asarray(array[tuple(slice(None, None, step) for step in steps)], np.float32))
    inside = body(sample)
    box: list[slice] = []
    for axis, step in enumerate(steps):
        found = np.flatnonzero(inside.any(axis=tuple(other for other in range(3) if other != axis)))
        box.append(slice(int(found[0]) * step, min(int(found[-1] + 1) * step, array.shape[axis])))
    return _corners((box[0], box[1], box[2]), volume)


def lesion_points(results: Results, label: int) -> Points | None:
    """Corners of a lesion's box with what lies around it; None where the lesion has no voxel."""
    segment_id = segment_labels(results.segmentation).get(label)
    if segment_id is None:
        return None
    found = read_mask(results.segmentation, segment_id, results.geometry)
    if found is None:
        return None
    corners = _corners(found[1], results.geometry)
    centre = (corners.min(axis=0) + corners.max(axis=0)) / 2
    half = max(_AROUND * float(np.ptp(corners, axis=0).max()), _LEAST_MM) / 2
    around: Points = centre + half * np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
    return around


def fit_views(scene: Scene, points: Points) -> None:
    """Let points fill our slice views, on the slice that each shows; nothing happens where no window is.

    Slicer gives new views their size only when it handles its events, so this is to be called once more
    when the views have it (:func:`view_sizes`).
    """
    for node in shown_slice_views(scene):
        _fit(node, points)


def is_fitted(node: Any, points: Points) -> bool:
    """Whether the points are in sight in a view, in its middle, and fill it."""
    seen = _seen(node, points)
    width, height = node.GetFieldOfView()[:2]
    across, up = np.ptp(seen, axis=0)
    off = np.abs(seen.max(axis=0) + seen.min(axis=0)).max() / 2
    return bool(off < 0.05 * min(width, height) and 0.85 < max(across / width, up / height) <= 1.0)


def view_sizes(scene: Scene) -> tuple[tuple[int, int], ...]:
    """Width and height in pixels of those of our slice views that a window shows."""
    return tuple((node.GetDimensions()[0], node.GetDimensions()[1]) for node in shown_slice_views(scene))


def shown_slice_views(scene: Scene) -> list[Any]:
    """The nodes of those of our slice views that a window shows."""
    names = [slice_view_name(phase) for phase in viewed_phases(scene)]
    nodes = [scene.mrml.GetSingletonNode(name, "vtkMRMLSliceNode") for name in names]
    shown = scene.application.GetSliceLogic
    return [node for node in nodes if node is not None and shown(node) is not None]


def _fit(node: Any, points: Points) -> None:
    seen = _seen(node, points)
    x, y = (seen.min(axis=0) + seen.max(axis=0)) / 2
    width, height = (max(1, pixels) for pixels in node.GetDimensions()[:2])
    across, up = np.ptp(seen, axis=0)
    mm_per_pixel = _MARGIN * max(across / width, up / height)
    node.JumpSliceByCentering(*node.GetSliceToRAS().MultiplyPoint((x, y, 0.0, 1.0))[:3])
    node.SetFieldOfView(width * mm_per_pixel, height * mm_per_pixel, node.GetFieldOfView()[2])
    node.UpdateMatrices()


def _seen(node: Any, points: Points) -> FloatArray:
    """Where points lie in a view, mm from its middle: across and up."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    from_ras = vtkMatrix4x4()
    vtkMatrix4x4.Invert(node.GetSliceToRAS(), from_ras)
    return np.array([from_ras.MultiplyPoint((*point, 1.0))[:2] for point in points])


def _corners(box: Box, volume: Any) -> Points:
    """World RAS of the outer corners of a box of voxels."""
    edges = [(part.start - 0.5, part.stop - 0.5) for part in box]
    matrix = ijk_to_local_ras(volume)
    corners = []
    for k, j, i in itertools.product(*edges):
        world = [0.0, 0.0, 0.0]
        volume.TransformPointToWorld((matrix @ (i, j, k, 1.0))[:3].tolist(), world)
        corners.append(world)
    return np.array(corners)
