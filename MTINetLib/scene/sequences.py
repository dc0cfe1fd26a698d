"""Volume sequences: their time points as volume nodes that stay."""

from __future__ import annotations

from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.scene.sequence_times import times_of_sequence

#: Node attribute with a volume's time in seconds, on a clock that all volumes of its study share.
TIME_ATTRIBUTE = "MTINet.TimeSeconds"
#: Node attribute with the number of the time point in its sequence, from 1.
TIME_POINT_ATTRIBUTE = "MTINet.TimePoint"
#: Node reference from a time point to the vtkMRMLSequenceNode that it came from.
SEQUENCE_ROLE = "MTINet.Sequence"

_SEQUENCE = "vtkMRMLSequenceNode"
_BROWSER = "vtkMRMLSequenceBrowserNode"
_DICOM_INSTANCES = "DICOM.instanceUIDs"


def volume_sequences(scene: Scene) -> tuple[Any, ...]:
    """The vtkMRMLSequenceNodes of the scene with two or more scalar volumes."""
    return tuple(node for node in nodes_of_class(scene.mrml, _SEQUENCE) if len(volume_items(node)) > 1)


def volumes_of_sequence(sequence_node: Any) -> tuple[Any, ...]:
    """The time points as volume nodes of the scene, in the order of the sequence.

    They share their voxels with the sequence (no copy is made), stand under the same transform as the
    volume that a browser shows, and carry :data:`TIME_ATTRIBUTE` where the index is a time. Asking again
    gives the same nodes.

    Args:
        sequence_node: a vtkMRMLSequenceNode, a vtkMRMLSequenceBrowserNode, or the volume that one shows.

    Raises:
        InputError: it is no sequence, or holds no scalar volumes.
    """
    sequence = sequence_of(sequence_node)
    items = volume_items(sequence) if sequence is not None else ()
    if not items:
        name = "nothing" if sequence_node is None else f"'{sequence_node.GetName()}'"
        raise InputError(f"{name[:1].upper()}{name[1:]} is no sequence of volumes: choose a volume sequence.")
    known = {node.GetAttribute(TIME_POINT_ATTRIBUTE): node for node in time_points_in_scene(sequence)}
    times = times_of_sequence(sequence)
    transform = shown_transform(sequence)
    nodes = []
    for number in items:
        node = known.get(str(number + 1))
        if node is None:
            node = _add_time_point(sequence, number, times[number])
        node.SetAndObserveTransformNodeID(transform)
        nodes.append(node)
    return tuple(nodes)


def time_points_in_scene(sequence: Any) -> tuple[Any, ...]:
    """The nodes that :func:`volumes_of_sequence` made before and that are still there."""
    volumes = nodes_of_class(sequence.GetScene(), "vtkMRMLScalarVolumeNode")
    return tuple(node for node in volumes if node.GetNodeReference(SEQUENCE_ROLE) is sequence)


def sequence_of(node: Any) -> Any:
    """The sequence node that a node is, browses or shows; None if it has to do with none."""
    if node is None:
        return None
    if node.IsA(_SEQUENCE):
        return node
    if node.IsA(_BROWSER):
        return next((sequence for sequence in _sequences_of(node) if volume_items(sequence)), None)
    for browser in nodes_of_class(node.GetScene(), _BROWSER):
        sequence = browser.GetSequenceNode(node) if browser.IsProxyNodeID(node.GetID()) else None
        if sequence is not None:
            return sequence
    return None


def changes_with_browser(node: Any) -> bool:
    """Whether a volume node shows one time point after the other of a sequence with several."""
    if node.GetNodeReference(SEQUENCE_ROLE) is not None:
        return False
    sequence = sequence_of(node)
    return sequence is not None and sequence.GetNumberOfDataNodes() > 1


def _add_time_point(sequence: Any, number: int, time_s: float | None) -> Any:
    source = sequence.GetNthDataNode(number)
    when = f"time point {number + 1}" if time_s is None else f"{time_s:g} s"
    node = sequence.GetScene().AddNewNodeByClass("vtkMRMLScalarVolumeNode", f"{sequence.GetName()} {when}")
    before = node.StartModify()
    node.CopyOrientation(source)
    node.SetAndObserveImageData(source.GetImageData())
    node.SetAttribute(TIME_POINT_ATTRIBUTE, str(number + 1))
    node.SetNodeReferenceID(SEQUENCE_ROLE, sequence.GetID())
    if time_s is not None:
        node.SetAttribute(TIME_ATTRIBUTE, f"{time_s:.6g}")
    instances = source.GetAttribute(_DICOM_INSTANCES)
    if instances:
        node.SetAttribute(_DICOM_INSTANCES, instances)
    node.EndModify(before)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetAndObserveColorNodeID("vtkMRMLColorTableNodeGrey")
    return node


def shown_transform(sequence: Any) -> str | None:
    """The ID of the transform that the volume shown by a browser is under."""
    for browser in nodes_of_class(sequence.GetScene(), _BROWSER):
        browses = browser.IsSynchronizedSequenceNodeID(sequence.GetID(), True)
        shown = browser.GetProxyNode(sequence) if browses else None
        if shown is not None and shown.GetTransformNodeID():
            return str(shown.GetTransformNodeID())
    return None


def volume_items(sequence: Any) -> tuple[int, ...]:
    """Numbers of the data nodes that are scalar volumes with an image."""
    found = []
    for number in range(sequence.GetNumberOfDataNodes()):
        node = sequence.GetNthDataNode(number)
        if node is not None and node.GetClassName() == "vtkMRMLScalarVolumeNode" and node.GetImageData():
            found.append(number)
    return tuple(found)


def _sequences_of(browser: Any) -> tuple[Any, ...]:
    from vtkmodules.vtkCommonCore import vtkCollection

    found = vtkCollection()
    browser.GetSynchronizedSequenceNodes(found, True)
    return tuple(found.GetItemAsObject(number) for number in range(found.GetNumberOfItems()))
