"""Where our nodes stand in the subject hierarchy: one folder a study, the segmentation beside its volumes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from MTINetLib.scene.slicer_core import slicer_module


def put_under_study(name: str, nodes: Iterable[Any]) -> int:
    """Make a study item called ``name`` and put the nodes under it; its item ID comes back."""
    hierarchy = slicer_module().mrmlScene.GetSubjectHierarchyNode()
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), name)
    for node in nodes:
        item = hierarchy.GetItemByDataNode(node)
        if item == hierarchy.GetInvalidItemID():  # only the application makes items by itself
            hierarchy.CreateItem(study, node)
        else:
            hierarchy.SetItemParent(item, study)
    return int(study)
