"""The chosen lesion: all slice views go there, and it stands out among the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from MTINetLib.scene.label_image import Box, Mask, read_mask
from MTINetLib.scene.results import SELECTED_ATTRIBUTE, Results, show_curve
from MTINetLib.scene.scene import nodes_of_class
from MTINetLib.scene.segmentation import segment_ids, segment_labels

__all__ = ["lesion_point_ras", "mark_lesion", "select_lesion", "show_curve"]

#: (fill, outline) opacities of a segment: nothing chosen, the chosen one, the others.
_PLAIN, _CHOSEN, _OTHERS = (0.3, 0.9), (0.75, 1.0), (0.0, 0.55)
#: A view is centred on the lesion only if it lies outside this part of the view's width and height.
_COMFORTABLE = 0.8


def select_lesion(results: Results, label: int | None) -> None:
    """Jump all slice views to a lesion and highlight it; None, or a number unknown: no lesion stands out."""
    segment_id = mark_lesion(results, label)
    point = None if segment_id is None else _point(results, segment_id)
    if point is not None:
        jump_slices(results.segmentation.GetScene(), point)


def mark_lesion(results: Results, label: int | None) -> str | None:
    """The same without a jump of the views; gives the lesion's segment, None where no lesion stands out."""
    segment_id = None if label is None else segment_labels(results.segmentation).get(label)
    results.segmentation.SetAttribute(SELECTED_ATTRIBUTE, None if segment_id is None else str(label))
    _highlight(results.segmentation, segment_id)
    return segment_id


def lesion_point_ras(results: Results, label: int) -> tuple[float, float, float] | None:
    """Where to look at a lesion, world RAS in mm; None where it has no voxel."""
    segment_id = segment_labels(results.segmentation).get(label)
    return None if segment_id is None else _point(results, segment_id)


def jump_slices(mrml: Any, ras: tuple[float, float, float]) -> None:
    """Show the slice through a point in all slice views, ours and the user's; pan only where it is hidden."""
    for node in nodes_of_class(mrml, "vtkMRMLSliceNode"):
        node.JumpSliceByOffsetting(*ras)
        if not _in_view(node, ras):
            node.JumpSliceByCentering(*ras)


def widest_point(mask: Mask, box: Box) -> tuple[int, int, int]:
    """Index (k, j, i) of a voxel of a mask: in its largest slice, as close to the centre there as can be."""
    areas = mask.sum(axis=(1, 2))
    k = int(areas.argmax())
    inside = np.argwhere(mask[k])
    j, i = inside[int(((inside - inside.mean(axis=0)) ** 2).sum(axis=1).argmin())]
    return box[0].start + k, box[1].start + int(j), box[2].start + int(i)


def _point(results: Results, segment_id: str) -> tuple[float, float, float] | None:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    found = read_mask(results.segmentation, segment_id, results.geometry)
    if found is None:
        return None
    k, j, i = widest_point(*found)
    to_ras = vtkMatrix4x4()
    results.geometry.GetIJKToRASMatrix(to_ras)
    local = to_ras.MultiplyPoint((i, j, k, 1.0))[:3]
    world = [0.0, 0.0, 0.0]
    results.geometry.TransformPointToWorld(local, world)
    return world[0], world[1], world[2]


def _highlight(segmentation: Any, chosen: str | None) -> None:
    display = segmentation.GetDisplayNode()
    if display is None:
        segmentation.CreateDefaultDisplayNodes()
        display = segmentation.GetDisplayNode()
    was = display.StartModify()
    for segment_id in segment_ids(segmentation):
        if chosen is None:
            fill, outline = _PLAIN
        else:
            fill, outline = _CHOSEN if segment_id == chosen else _OTHERS
        display.SetSegmentOpacity2DFill(segment_id, fill)
        display.SetSegmentOpacity2DOutline(segment_id, outline)
    display.EndModify(was)


def _in_view(node: Any, ras: tuple[float, float, float]) -> bool:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    from_ras = vtkMatrix4x4()
    vtkMatrix4x4.Invert(node.GetSliceToRAS(), from_ras)
    x, y = from_ras.MultiplyPoint((*ras, 1.0))[:2]
    width, height = node.GetFieldOfView()[:2]
    return bool(abs(x) <= _COMFORTABLE * width / 2 and abs(y) <= _COMFORTABLE * height / 2)
