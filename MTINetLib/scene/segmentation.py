"""Lesions as a segmentation node: one segment a lesion, coloured and coded by its class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.findings import LesionFinding
from MTINetLib.report.colours import ON_BLACK, Rgb, rgb
from MTINetLib.report.words import class_title
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.scene.terminology import terminology_entry

#: Segment tag that keeps the lesion's number in the label map, whatever the user renames.
LABEL_TAG = "MTINet.Label"


def add_segmentation(
    labels: npt.NDArray[Any], lesions: Sequence[LesionFinding], reference_volume: Any
) -> Any:
    """A vtkMRMLSegmentationNode in the geometry of ``reference_volume``.

    Args:
        labels: [K, J, I] on the reference volume's grid, lesion n has the value n.
        lesions: gives each segment its name, colour and codes.
        reference_volume: the volume node that the segmentation belongs to.
    """
    slicer = slicer_module()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Lesions")
    node.SetReferenceImageGeometryParameterFromVolumeNode(reference_volume)
    node.CreateDefaultDisplayNodes()
    for lesion in lesions:
        _add_segment(slicer, node, lesion, labels == lesion.label, reference_volume)
    display = node.GetDisplayNode()
    display.SetVisibility2DFill(False)
    display.SetVisibility2DOutline(True)
    display.SetOpacity2DOutline(1.0)
    display.SetSliceIntersectionThickness(2)
    return node


def segment_name(lesion: LesionFinding) -> str:
    """``1 HCC``: the lesion's number and class."""
    return f"{lesion.label} {class_title(lesion.lesion_class)}"


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
    labels = {segment_id: label for label, segment_id in segment_labels(segmentation).items()}
    inner = segmentation.GetSegmentation()
    lesions = []
    for index in range(inner.GetNumberOfSegments()):
        segment_id = inner.GetNthSegmentID(index)
        mask = lesion_mask(segmentation, segment_id, reference_volume)
        if mask.any():
            segment = inner.GetSegment(segment_id)
            red, green, blue = segment.GetColor()
            label = labels.get(segment_id)
            lesions.append(SegmentedLesion(label, segment_id, segment.GetName(), (red, green, blue), mask))
    return tuple(lesions)


def segment_labels(segmentation: Any) -> dict[int, str]:
    """Segment IDs by lesion number, read from the segments' own tags."""
    from vtkmodules.vtkCommonCore import reference

    found: dict[int, str] = {}
    inner = segmentation.GetSegmentation()
    for index in range(inner.GetNumberOfSegments()):
        segment_id = inner.GetNthSegmentID(index)
        value = reference("")
        if inner.GetSegment(segment_id).GetTag(LABEL_TAG, value):
            found[int(str(value))] = segment_id
    return found


def lesion_mask(segmentation: Any, segment_id: str, reference_volume: Any) -> npt.NDArray[np.bool_]:
    """One segment's voxels [K, J, I] on the grid of ``reference_volume``."""
    slicer = slicer_module()
    with _no_display_node_left(slicer.mrmlScene):
        array = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, segment_id, reference_volume)
    return np.asarray(array) > 0


@contextmanager
def _no_display_node_left(scene: Any) -> Iterator[None]:
    """slicer.util works over a label map node for a moment and forgets that node's display node."""
    name = "vtkMRMLLabelMapVolumeDisplayNode"
    before = {scene.GetNthNodeByClass(n, name).GetID() for n in range(scene.GetNumberOfNodesByClass(name))}
    yield
    for node in [scene.GetNthNodeByClass(n, name) for n in range(scene.GetNumberOfNodesByClass(name))]:
        if node.GetID() not in before:
            scene.RemoveNode(node)


def _add_segment(
    slicer: Any, node: Any, lesion: LesionFinding, mask: npt.NDArray[np.bool_], reference_volume: Any
) -> None:
    name = segment_name(lesion)
    colour = rgb(ON_BLACK[lesion.lesion_class])
    segment_id = node.GetSegmentation().AddEmptySegment(f"lesion_{lesion.label}", name, colour)
    voxels = mask.astype(np.uint8)
    with _no_display_node_left(slicer.mrmlScene):
        slicer.util.updateSegmentBinaryLabelmapFromArray(voxels, node, segment_id, reference_volume)
    segment = node.GetSegmentation().GetSegment(segment_id)
    segment.SetName(name)
    segment.SetColor(colour)
    segment.SetTag(LABEL_TAG, str(lesion.label))
    segment.SetTerminology(terminology_entry(lesion.lesion_class))
