"""Where our nodes stand in the subject hierarchy: lesions beside their volume, the rest in a folder there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from MTINetLib.scene.scene import Scene


def put_under_study(scene: Scene, name: str, nodes: Iterable[Any]) -> int:
    """Make a study item called ``name`` and put the nodes under it; its item ID comes back."""
    hierarchy = _hierarchy(scene.mrml)
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), name)
    for node in nodes:
        _put(hierarchy, node, study)
    return int(study)


def put_beside(volume: Any, node: Any) -> int:
    """Put a node under the parent of a volume; the parent's item ID comes back."""
    hierarchy = _hierarchy(volume.GetScene())
    item = hierarchy.GetItemByDataNode(volume)
    if item == hierarchy.GetInvalidItemID():
        item = hierarchy.CreateItem(hierarchy.GetSceneItemID(), volume)
    parent = hierarchy.GetItemParent(item)
    _put(hierarchy, node, parent)
    return int(parent)


def put_in_folder(scene: Scene, parent: int, name: str, nodes: Iterable[Any]) -> int:
    """Put nodes in a new folder under an item; the folder's item ID comes back."""
    hierarchy = _hierarchy(scene.mrml)
    folder = hierarchy.CreateFolderItem(parent, name)
    for node in nodes:
        _put(hierarchy, node, folder)
    hierarchy.SetItemExpanded(folder, False)
    return int(folder)


def folder_of(node: Any) -> int | None:
    """The folder item that a node is in; None where it is in none."""
    hierarchy = _hierarchy(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        return None
    folder = hierarchy.GetItemParent(item)
    return int(folder) if hierarchy.GetItemLevel(folder) == "Folder" else None


def remove_folder_if_empty(mrml: Any, folder: int) -> None:
    """Remove a folder item unless something is in it."""
    from vtkmodules.vtkCommonCore import vtkIdList

    hierarchy, children = _hierarchy(mrml), vtkIdList()
    hierarchy.GetItemChildren(folder, children, False)
    if children.GetNumberOfIds() == 0:
        hierarchy.RemoveItem(folder, False, False)


def forget_node(mrml: Any, node: Any) -> None:
    """Remove the item of a node that has left the scene; the application has done so by itself."""
    hierarchy = _hierarchy(mrml)
    item = hierarchy.GetItemByDataNode(node)
    if item != hierarchy.GetInvalidItemID():
        hierarchy.RemoveItem(item, False, True)


def _hierarchy(mrml: Any) -> Any:
    return mrml.GetSubjectHierarchyNode()


def _put(hierarchy: Any, node: Any, parent: int) -> None:
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():  # only the application makes items by itself
        hierarchy.CreateItem(parent, node)
    else:
        hierarchy.SetItemParent(item, parent)
