"""Segmentations of the scene that others made, by hand or with an extension such as nnInteractive."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from MTINetLib.scene.ai_lesions import NAME
from MTINetLib.scene.scene import Scene, nodes_of_class

_OURS = "MTINet."
#: nnInteractive keeps scribbles and previews in segmentations with such names, beside its results.
_TOOLS_OF_OTHERS = "do not touch"


def newest_foreign(scene: Scene, used: Collection[Any] = ()) -> Any:
    """The last of them in which something is drawn; None for none. Those of our own results do not count.

    Args:
        used: nodes that are known to be something else, such as the liver.
    """
    found = None
    for node in nodes_of_class(scene.mrml, "vtkMRMLSegmentationNode"):
        ours = node.GetName() == NAME or any(name.startswith(_OURS) for name in node.GetAttributeNames())
        if not (ours or node in used or _TOOLS_OF_OTHERS in node.GetName()) and _is_drawn(node):
            found = node
    return found


def _is_drawn(node: Any) -> bool:
    inner = node.GetSegmentation()
    for number in range(inner.GetNumberOfSegments()):
        bounds = [0.0] * 6
        inner.GetNthSegment(number).GetBounds(bounds)
        if bounds[0] <= bounds[1]:
            return True
    return False
