"""Nodes out of the scene, with what belongs to them alone: display, file, place in the hierarchy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from MTINetLib.scene.hierarchy import forget_node


def remove_nodes(nodes: Iterable[Any]) -> None:
    """Remove nodes with their display and storage nodes; None and nodes that are gone already are passed."""
    for node in nodes:
        mrml = None if node is None else node.GetScene()
        if mrml is None:
            continue
        own = [node]
        if node.IsA("vtkMRMLDisplayableNode"):
            own += [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
        if node.IsA("vtkMRMLStorableNode"):
            own += [node.GetNthStorageNode(n) for n in range(node.GetNumberOfStorageNodes())]
        for one in own:
            if one is not None and one.GetScene() is mrml:
                mrml.RemoveNode(one)
        forget_node(mrml, node)
