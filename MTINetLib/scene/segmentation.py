"""Lesions as a segmentation node: one segment a lesion, coloured and coded by its class."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.findings import LesionFinding
from MTINetLib.presentation.classes import class_title, on_black, shown_class
from MTINetLib.presentation.colours import Rgb, rgb
from MTINetLib.scene.label_image import BINARY_LABELMAP, Box, Labels, Mask, cropped, label_image, read_mask
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.scene.terminology import terminology_entry
from MTINetLib.study.lesion_class import class_name

#: Segment tag that keeps the lesion's number in the label map, whatever the user renames.
LABEL_TAG = "MTINet.Label"
#: Segment tag of the class whose name and colour we gave last: what differs from them is the user's own.
CLASS_TAG = "MTINet.Class"
#: The fill lets anatomy through; a segment's own opacity multiplies it.
_FILL = 0.3
#: What a lesion that a person adds is called until it is measured.
NEW_LESION = "New lesion"
#: What Slicer and we call segments that nobody named.
_AUTOMATIC_NAME = re.compile(rf"Segment(_\d+)?|\d+ {NEW_LESION}")


def add_segmentation(
    labels: npt.NDArray[Any], lesions: Sequence[LesionFinding], reference_volume: Any
) -> Any:
    """A vtkMRMLSegmentationNode in the geometry of ``reference_volume``, with all lesions in it.

    Args:
        labels: [K, J, I] on the reference volume's grid, lesion n has the value n.
        lesions: gives each segment its name, colour and codes.
        reference_volume: the volume node that the segmentation belongs to.

    Raises:
        InputError: the labels have another size than the volume.
    """
    check_size(labels, reference_volume)
    node = empty_segmentation("Lesions", reference_volume)
    for lesion in lesions:
        found = label_in_labels(labels, lesion.label)
        if found is not None:
            add_lesion(node, lesion, *found, reference_volume)
    return node


def check_size(labels: npt.NDArray[Any], reference_volume: Any) -> None:
    """Raises InputError where labels [K, J, I] are not of the volume's size."""
    image = reference_volume.GetImageData()
    size = None if image is None else tuple(image.GetDimensions()[::-1])
    if size != labels.shape:
        raise InputError(
            f"The lesions have {' x '.join(map(str, labels.shape[::-1]))} voxels, but their volume has "
            f"{'none' if size is None else ' x '.join(map(str, size[::-1]))}: analyze it again."
        )


def empty_segmentation(name: str, reference_volume: Any) -> Any:
    """A segmentation node without segments, where the volume is: geometry and parent transform are its."""
    node = reference_volume.GetScene().AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.SetReferenceImageGeometryParameterFromVolumeNode(reference_volume)
    node.SetAndObserveTransformNodeID(reference_volume.GetTransformNodeID())
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetVisibility2DFill(True)
    display.SetVisibility2DOutline(True)
    display.SetOpacity2DFill(_FILL)
    display.SetOpacity2DOutline(1.0)
    display.SetSliceIntersectionThickness(2)
    return node


@contextmanager
def outlines_only(segmentation: Any) -> Iterator[None]:
    """No lesion is filled in slices inside the block."""
    display = segmentation.GetDisplayNode()
    before = display.GetVisibility2DFill()
    display.SetVisibility2DFill(False)
    try:
        yield
    finally:
        display.SetVisibility2DFill(before)


def label_in_labels(labels: Labels, label: int) -> tuple[Mask, Box] | None:
    """A label's mask, cropped to its box, and the box in [K, J, I]; None where it has no voxel."""
    k, j, i = labels.shape
    return cropped(np.asarray(labels == label), (slice(0, k), slice(0, j), slice(0, i)))


def add_lesion(node: Any, lesion: LesionFinding, mask: Mask, box: Box, reference_volume: Any) -> str:
    """Add a lesion's segment and give its ID; ``mask`` [k, j, i] lies at ``box`` of the volume."""
    segment = slicer_module().vtkSegment()
    segment.SetTag(LABEL_TAG, str(lesion.label))
    dress_segment(segment, lesion.label, lesion.lesion_class)
    segment.AddRepresentation(BINARY_LABELMAP, label_image(mask, box, reference_volume))
    inner = node.GetSegmentation()
    segment_id = str(inner.GenerateUniqueSegmentID(f"lesion_{lesion.label}"))
    inner.AddSegment(segment, segment_id)
    return segment_id


def dress_segment(segment: Any, label: int, lesion_class: str) -> None:
    """Name, colour and codes of the class; what the user chose instead of ours or Slicer's stays."""
    old = _class_before(segment)
    name = segment.GetName() or ""
    fresh = old is None and (not name or _AUTOMATIC_NAME.fullmatch(name) is not None)
    if fresh or (old is not None and name == _name(label, old)):
        segment.SetName(_name(label, lesion_class))
    if fresh or (old is not None and np.allclose(segment.GetColor(), rgb(on_black(old)), atol=5e-3)):
        segment.SetColor(rgb(on_black(lesion_class)))
    if fresh or (old is not None and shown_class(old).code[0] in segment.GetTerminology()):
        segment.SetTerminology(terminology_entry(lesion_class))
    segment.SetTag(CLASS_TAG, lesion_class)


def _class_before(segment: Any) -> str | None:
    """The class that we dressed a segment in last; scenes of older versions say ``HCC`` for ``hcc``."""
    text = segment_tag(segment, CLASS_TAG)
    return class_name(text) if text else None


def segment_name(lesion: LesionFinding) -> str:
    """``1 HCC``: the lesion's number and class."""
    return _name(lesion.label, lesion.lesion_class)


@dataclass(frozen=True)
class SegmentedLesion:
    """A lesion as it stands in the scene now, perhaps corrected, renamed or recoloured by a person.

    Args:
        label: its number; None for a segment that a person added.
        segment_id, name: of the segment.
        colour: red, green, blue from 0 to 1.
        mask: [K, J, I] on the grid of the reference volume.
    """

    label: int | None
    segment_id: str
    name: str
    colour: Rgb
    mask: npt.NDArray[np.bool_]


def read_lesions(segmentation: Any, reference_volume: Any) -> tuple[SegmentedLesion, ...]:
    """All segments with a voxel in them, in the order of the segmentation."""
    inner = segmentation.GetSegmentation()
    lesions = []
    for segment_id in segment_ids(segmentation):
        mask = lesion_mask(segmentation, segment_id, reference_volume)
        if mask.any():
            segment = inner.GetSegment(segment_id)
            red, green, blue = segment.GetColor()
            label = segment_label(segment)
            lesions.append(SegmentedLesion(label, segment_id, segment.GetName(), (red, green, blue), mask))
    return tuple(lesions)


def segment_ids(segmentation: Any) -> tuple[str, ...]:
    """All segments in their order."""
    inner = segmentation.GetSegmentation()
    return tuple(inner.GetNthSegmentID(n) for n in range(inner.GetNumberOfSegments()))


def segment_label(segment: Any) -> int | None:
    """The lesion's number; None for a segment that has none yet."""
    text = segment_tag(segment, LABEL_TAG)
    return int(text) if text is not None and text.isdigit() and int(text) > 0 else None


def segment_labels(segmentation: Any) -> dict[int, str]:
    """Segment IDs by lesion number; of two segments with one number (a copy) the first has it."""
    found: dict[int, str] = {}
    for segment_id in segment_ids(segmentation):
        label = segment_label(segmentation.GetSegmentation().GetSegment(segment_id))
        if label is not None:
            found.setdefault(label, segment_id)
    return found


def lesion_mask(segmentation: Any, segment_id: str, reference_volume: Any) -> npt.NDArray[np.bool_]:
    """One segment's voxels [K, J, I] on the grid of ``reference_volume``."""
    whole = np.zeros(reference_volume.GetImageData().GetDimensions()[::-1], dtype=np.bool_)
    found = read_mask(segmentation, segment_id, reference_volume)
    if found is not None:
        mask, box = found
        whole[box] = mask
    return whole


def segment_tag(segment: Any, name: str) -> str | None:
    from vtkmodules.vtkCommonCore import reference

    value = reference("")
    return str(value) if segment.GetTag(name, value) else None


def _name(label: int, lesion_class: str) -> str:
    return f"{label} {class_title(lesion_class)}"
