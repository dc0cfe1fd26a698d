"""Volume nodes with any matrix, and what the study sees of a node."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

import numpy as np

from MTINetLib.scene.phase_images import NodeImage, node_image_steps
from MTINetLib.scene.scene import Scene

Made = TypeVar("Made")


def finished(steps: Generator[Any, Any, Made]) -> Made:
    """Take all steps at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            made: Made = end.value
            return made


def image_of(node: Any) -> NodeImage:
    """The node as the study gets it."""
    return finished(node_image_steps(node))


def add_array(
    scene: Scene,
    array: np.ndarray[Any, Any],
    ijk_to_ras: Any,
    name: str = "volume",
    kind: str = "vtkMRMLScalarVolumeNode",
) -> Any:
    """A volume node of an array [K, J, I] with this 4 x 4 matrix."""
    import slicer

    node = scene.mrml.AddNewNodeByClass(kind, name)
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(np.asarray(ijk_to_ras, float)))
    slicer.util.updateVolumeFromArray(node, array)
    return node
