"""The liver as a segmentation node of its own: editing it never takes from the lesions, nor they from it."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from MTINetLib.presentation.colours import LIVER_ON_BLACK, rgb
from MTINetLib.scene.label_image import BINARY_LABELMAP, Mask, cropped, label_image
from MTINetLib.scene.segmentation import empty_segmentation, lesion_mask, segment_ids
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.scene.terminology import liver_entry

NAME = "Liver"
_SEGMENT = "liver"
#: Attribute of the node: the mark of its mask as it was outlined first.
_MARK = "MTINet.LiverMark"
#: A surface that lets the lesions through.
_OPACITY_3D = 0.25


def add_liver(mask: Mask, geometry: Any) -> Any:
    """A vtkMRMLSegmentationNode with one segment, drawn as a thin outline; ``mask`` is [K, J, I]."""
    node = empty_segmentation(NAME, geometry)
    segment = slicer_module().vtkSegment()
    segment.SetName(NAME)
    segment.SetColor(rgb(LIVER_ON_BLACK))
    segment.SetTerminology(liver_entry())
    found = cropped(np.asarray(mask), tuple(slice(0, size) for size in mask.shape))  # type: ignore[arg-type]
    if found is not None:
        segment.AddRepresentation(BINARY_LABELMAP, label_image(*found, geometry))
    node.GetSegmentation().AddSegment(segment, _SEGMENT)
    display = node.GetDisplayNode()
    display.SetVisibility2DFill(False)
    display.SetSliceIntersectionThickness(1)
    display.SetOpacity3D(_OPACITY_3D)
    node.SetAttribute(_MARK, outline_mark(np.asarray(mask)))
    return node


def outline_mark(mask: Mask) -> str:
    """Equal marks, equal masks."""
    return f"{int(mask.sum())}:{zlib.crc32(np.packbits(mask).tobytes()):08x}"


def is_first_outline(node: Any, mark: str) -> bool:
    """Whether this is the mark of the liver as it was outlined first."""
    return bool(node.GetAttribute(_MARK) == mark)


def liver_mask(node: Any, geometry: Any) -> Mask:
    """The liver as it stands in the scene, [K, J, I]: all segments of the node together."""
    whole: Mask = np.zeros(geometry.GetImageData().GetDimensions()[::-1], dtype=np.bool_)
    for segment_id in segment_ids(node):
        whole |= lesion_mask(node, segment_id, geometry)
    return whole


def liver_segment(node: Any) -> str:
    """The ID of the segment that is edited."""
    ids = segment_ids(node)
    return _SEGMENT if _SEGMENT in ids else (ids or ("",))[0]
