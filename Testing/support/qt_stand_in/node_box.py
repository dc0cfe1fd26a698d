"""qMRMLNodeComboBox on the real events of the scene."""

from __future__ import annotations

from typing import Any

import shiboken6
import slicer
from PySide6 import QtCore, QtWidgets
from vtkmodules.util.misc import calldata_type
from vtkmodules.util.vtkConstants import VTK_OBJECT

from .stand_in_widget import setters_of, stored

_scene_class = slicer.vtkMRMLScene


@setters_of
class qMRMLNodeComboBox(QtWidgets.QWidget):
    """Lists the nodes of a type. Without a scene it is disabled and empty, as in Slicer."""

    SIGNALS = {
        "currentNodeChanged(vtkMRMLNode*)": "currentNodeChanged",
        "currentNodeChanged(bool)": "currentNodeValid",
        "currentNodeIDChanged(QString)": "currentNodeIDChanged",
        "nodeActivated(vtkMRMLNode*)": "nodeActivated",
        "nodeAdded(vtkMRMLNode*)": "nodeAdded",
        "nodeAddedByUser(vtkMRMLNode*)": "nodeAddedByUser",
        "nodeAboutToBeRemoved(vtkMRMLNode*)": "nodeAboutToBeRemoved",
    }
    currentNodeChanged = QtCore.Signal(object)
    currentNodeValid = QtCore.Signal(bool)
    currentNodeIDChanged = QtCore.Signal(str)
    nodeActivated = QtCore.Signal(object)
    nodeAdded = QtCore.Signal(object)
    nodeAddedByUser = QtCore.Signal(object)
    nodeAboutToBeRemoved = QtCore.Signal(object)

    showHidden = stored(bool, False)
    showChildNodeTypes = stored(bool, True)
    hideChildNodeTypes = stored("QStringList", [])
    baseName = stored(str, "")
    addEnabled = stored(bool, True)
    removeEnabled = stored(bool, True)
    editEnabled = stored(bool, False)
    renameEnabled = stored(bool, False)
    selectNodeUponCreation = stored(bool, True)
    interactionNodeSingletonTag = stored(str, "")

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._scene: Any = None
        self._tags: list[Any] = []
        self._types: list[str] = []
        self._none = False
        self._none_text = "None"
        self._attributes: list[tuple[str, str, Any]] = []
        self._ids: list[str] = []
        self._rows: list[str] = []
        self._current = ""
        self._box = QtWidgets.QComboBox(self)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box)
        self._box.activated.connect(self._chosen)
        self._box.setEnabled(False)

    def _write_types(self, types: Any) -> None:
        self._types = list(types)
        self._fill()

    def _write_none(self, enabled: bool) -> None:
        self._none = enabled
        self._fill()

    def _write_none_text(self, text: str) -> None:
        self._none_text = text
        self._fill()

    nodeTypes = QtCore.Property("QStringList", lambda s: s._types, _write_types)
    noneEnabled = QtCore.Property(bool, lambda s: s._none, _write_none)
    noneDisplay = QtCore.Property(str, lambda s: s._none_text, _write_none_text)
    currentNodeID = QtCore.Property(str, lambda s: s._current, lambda s, v: s.setCurrentNode(v))

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        if scene is self._scene:
            return
        if self._scene is not None:
            for tag in self._tags:
                self._scene.RemoveObserver(tag)
        self._scene = scene
        self._box.setEnabled(scene is not None)
        if scene is not None:
            event = _scene_class  # with the priorities that qMRMLSceneModel has
            self._tags = [
                scene.AddObserver(event.NodeAddedEvent, self._node_added, 10.0),
                scene.AddObserver(event.NodeAboutToBeRemovedEvent, self._node_goes, -10.0),
                scene.AddObserver(event.NodeRemovedEvent, self._node_added, 10.0),
                scene.AddObserver(event.EndImportEvent, self._scene_replaced),
                scene.AddObserver(event.EndCloseEvent, self._scene_replaced),
            ]
        self._fill()

    def addAttribute(self, node_type: str, name: str, value: Any = None) -> None:
        self._attributes.append((node_type, name, value))
        self._fill()

    def currentNode(self) -> Any:
        return self._scene.GetNodeByID(self._current) if self._scene is not None and self._current else None

    def setCurrentNode(self, node: Any) -> None:
        id_ = node if isinstance(node, str) else ("" if node is None else node.GetID() or "")
        self._select(id_ if id_ in self._ids else "")

    def setCurrentNodeIndex(self, index: int) -> None:
        self._select(self._ids[index])

    def nodeCount(self) -> int:
        return len(self._ids)

    def nodeFromIndex(self, index: int) -> Any:
        return self._scene.GetNodeByID(self._ids[index])

    def addNode(self, class_name: str = "") -> Any:
        node = self._scene.AddNewNodeByClass(class_name or self._types[0], self.baseName)
        self._select(node.GetID())
        self.nodeAddedByUser.emit(node)
        return node

    def removeCurrentNode(self) -> None:
        self._scene.RemoveNode(self.currentNode())

    def _node_added(self, *_: Any) -> None:
        # While a scene is read, Slicer's box does not know the new nodes.
        if self._alive() and not (self._scene.IsImporting() or self._scene.IsClosing()):
            self._fill()

    @calldata_type(VTK_OBJECT)
    def _node_goes(self, _caller: Any, _event: str, node: Any) -> None:
        """Qt turns to the row that takes the place of the current one; that is another volume."""
        if not self._alive() or self._scene.IsClosing() or node.GetID() != self._current:
            return
        place = self._ids.index(self._current)
        self._ids.remove(self._current)
        self._box.removeItem(place + self._none)
        del self._rows[place + self._none]
        self._select(self._ids[min(place, len(self._ids) - 1)] if self._ids else "")

    def _scene_replaced(self, *_: Any) -> None:
        """Slicer's box forgets all nodes after an import, the current one too, and lists them anew."""
        if self._alive():
            self._ids = []
            self._select("")
            self._fill()

    def _alive(self) -> bool:
        if shiboken6.isValid(self):
            return True
        for tag in self.__dict__["_tags"]:  # Qt has deleted the widget with its parent
            self.__dict__["_scene"].RemoveObserver(tag)
        return False

    def _nodes(self) -> list[Any]:
        """Those to list, in the order of the scene, which is asked after every node that comes or goes."""
        scene, types = self._scene, self._types
        if scene is None:
            return []
        found = {}
        for type_ in types:
            for place in range(scene.GetNumberOfNodesByClass(type_)):
                node = scene.GetNthNodeByClass(place, type_)
                found[node.GetID()] = node
        if not found:
            return []
        nodes = sorted(found.values(), key=scene.IsNodePresent) if len(types) > 1 else [*found.values()]
        hidden, without, attributes = self.showHidden, self.hideChildNodeTypes, self._attributes
        return [
            node
            for node in nodes
            if (hidden or not node.GetHideFromEditors())
            and not any(node.IsA(type_) for type_ in without)
            and all(_has(node, name, value) for type_, name, value in attributes if node.IsA(type_))
        ]

    def _fill(self) -> None:
        nodes = self._nodes()
        self._ids = [node.GetID() for node in nodes]
        rows = [self._none_text] * self._none + [node.GetName() or "" for node in nodes]
        if rows != self._rows:
            self._rows = rows
            blocked = self._box.blockSignals(True)
            self._box.clear()
            self._box.addItems(rows)
            self._box.blockSignals(blocked)
        kept = self._current if self._current in self._ids else ""
        if not kept and self._ids and not self._none:
            kept = self._ids[0]
        self._select(kept, show_always=True)

    def _select(self, id_: str, show_always: bool = False) -> None:
        changed = id_ != self._current
        if changed or show_always:
            self._current = id_
            blocked = self._box.blockSignals(True)
            self._box.setCurrentIndex(self._ids.index(id_) + self._none if id_ else (0 if self._none else -1))
            self._box.blockSignals(blocked)
        if changed:
            self.currentNodeChanged.emit(self.currentNode())
            self.currentNodeValid.emit(bool(id_))
            self.currentNodeIDChanged.emit(id_)

    def _chosen(self, index: int) -> None:
        place = index - self._none
        self._select(self._ids[place] if place >= 0 else "")
        self.nodeActivated.emit(self.currentNode())


def _has(node: Any, name: str, value: Any) -> bool:
    """Whether a node has an attribute, of that value unless it is None."""
    there = node.GetAttribute(name)
    return there is not None if value is None else there == str(value)
