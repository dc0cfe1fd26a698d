"""slicer.app.layoutManager(): the views of a layout with their logics and sizes, without drawing.

As in qMRMLLayoutManager, a view's widget is made when its node is in a layout for the first time and lives as
long as the node; hidden widgets keep their size. Sizes come while events are handled, and not at once: first
Qt's own for a new widget, then what the splitters give, then the final one. Plot widgets are kept and hidden
likewise; each is in sight while its view is in the layout.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import slicer
from PySide6 import QtCore

from .slicer_widgets import qMRMLPlotWidget

#: Height that the bar above each view takes.
_BAR = 22
#: A widget that Qt has not laid out yet.
_NEW = (100, 30)
_SLICE, _VIEW_3D, _PLOT = "vtkMRMLSliceNode", "vtkMRMLViewNode", "vtkMRMLPlotViewNode"


class SliceWidget:
    """qMRMLSliceWidget and its view: a node, and an interactor that hears what a test says the mouse does."""

    def __init__(self, logic: Any) -> None:
        from vtkmodules.vtkRenderingUI import vtkGenericRenderWindowInteractor

        self._logic = logic
        self._interactor = vtkGenericRenderWindowInteractor()
        self.cursor: Any = None

    def mrmlSliceNode(self) -> Any:
        return self._logic.GetSliceNode()

    def sliceView(self) -> SliceWidget:
        return self

    def interactor(self) -> Any:
        return self._interactor

    def setViewCursor(self, cursor: Any) -> None:
        self.cursor = cursor

    def unsetViewCursor(self) -> None:
        self.cursor = None


class LayoutManager(QtCore.QObject):
    """The views in a window of one size."""

    STANDS_FOR_CXX = True
    SIGNALS = {"layoutChanged(int)": "layoutChanged"}
    layoutChanged = QtCore.Signal(int)

    def __init__(self, application_logic: Any, width: int, height: int) -> None:
        super().__init__()
        self._application = application_logic
        self._size = width, height
        self._logics: dict[str, Any] = {}
        self._pending: list[dict[str, tuple[int, int]]] = []
        self._shown: tuple[int, str] | None = None
        self._plots: dict[str, Any] = {}
        self._slice_widgets: dict[str, SliceWidget] = {}

    @property
    def plotViewCount(self) -> int:
        return len(self._plots)

    def plotWidget(self, number: int) -> Any:
        return list(self._plots.values())[number]

    def sliceViewNames(self) -> tuple[str, ...]:
        return tuple(self._logics)

    def sliceWidget(self, name: str) -> SliceWidget:
        return self._slice_widgets.setdefault(name, SliceWidget(self._logics[name]))

    def resize(self, width: int, height: int) -> None:
        """The window, or the panel beside the views, changed its size."""
        self._size = width, height
        self._shown = None

    def layout_in_use(self) -> int:
        return int(self._node().GetViewArrangement())

    def handle_events(self) -> None:
        """What happens between two turns of the event loop."""
        node = self._node()
        number = int(node.GetViewArrangement())
        shown = (number, str(node.GetLayoutDescription(number)))
        self._forget_removed()
        if shown != self._shown:
            self._shown = shown
            self._lay_out(node)
        elif self._pending:
            self._give_sizes(self._pending.pop(0))

    def close(self) -> None:
        for logic in self._logics.values():
            self._application.GetSliceLogics().RemoveItem(logic)
        self._logics.clear()
        for widget in self._plots.values():
            widget.close()
            widget.deleteLater()
        self._plots.clear()

    def rectangles(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Width and height of each view of the layout by (class, tag), the bar above it taken off."""
        text = self._node().GetLayoutDescription(self._node().GetViewArrangement())
        found: dict[tuple[str, str], tuple[int, int]] = {}
        if text:
            _divide(ElementTree.fromstring(text), *self._size, found)
        return found

    def _lay_out(self, node: Any) -> None:
        rectangles = self.rectangles()
        new = [tag for (kind, tag) in rectangles if kind == _SLICE and tag not in self._logics]
        for tag in new:
            self._make_slice_widget(tag)
        for kind, tag in rectangles:
            if kind == _VIEW_3D:
                _make_camera(tag)
        self._show_plots([tag for (kind, tag) in rectangles if kind == _PLOT])
        final = {tag: size for (kind, tag), size in rectangles.items() if kind == _SLICE}
        before_splitters = {tag: (final[tag][0] // 2, final[tag][1]) for tag in new}
        self._pending = [dict.fromkeys(new, _NEW), before_splitters, final]
        self.layoutChanged.emit(self.layout_in_use())

    def _show_plots(self, tags: list[str]) -> None:
        for tag in tags:
            if tag not in self._plots:
                self._plots[tag] = qMRMLPlotWidget()
                self._plots[tag].setAttribute(QtCore.Qt.WA_DontShowOnScreen, True)
                self._plots[tag].setMRMLPlotViewNode(_made(tag, _PLOT))
        for tag, widget in self._plots.items():
            widget.setVisible(tag in tags)

    def _give_sizes(self, sizes: dict[str, tuple[int, int]]) -> None:
        for tag, (width, height) in sizes.items():
            if tag in self._logics:
                self._logics[tag].ResizeSliceNode(width, height)

    def _make_slice_widget(self, tag: str) -> None:
        node = slicer.mrmlScene.GetSingletonNode(tag, _SLICE)
        if node is None:
            return
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLApplicationLogic(self._application)
        logic.SetMRMLScene(slicer.mrmlScene)
        logic.SetSliceNode(node)
        logic.SetSliceCompositeNode(_composite(tag))
        self._application.GetSliceLogics().AddItem(logic)
        self._logics[tag] = logic

    def _forget_removed(self) -> None:
        for tag, logic in list(self._logics.items()):
            node = logic.GetSliceNode()
            if node is None or node.GetScene() is None:
                self._application.GetSliceLogics().RemoveItem(logic)
                self._slice_widgets.pop(tag, None)
                del self._logics[tag]
        for tag, widget in list(self._plots.items()):
            node = widget.mrmlPlotViewNode()
            if node is None or node.GetScene() is None:
                widget.setMRMLPlotViewNode(_made(tag, _PLOT) if not widget.isHidden() else None)
                if widget.mrmlPlotViewNode() is None:
                    widget.deleteLater()
                    del self._plots[tag]

    def _node(self) -> Any:
        return slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")


def _composite(tag: str) -> Any:
    """A slice logic of Slicer finds the composite node of its view, or makes it."""
    return _made(tag, "vtkMRMLSliceCompositeNode")


def _made(tag: str, kind: str) -> Any:
    """The view's node, made where it is not there."""
    scene = slicer.mrmlScene
    node = scene.GetSingletonNode(tag, kind)
    if node is None:
        node = scene.CreateNodeByClass(kind)
        node.UnRegister(None)
        node.SetSingletonTag(tag)
        node.SetLayoutName(tag)
        node = scene.AddNode(node)
    return node


def _make_camera(tag: str) -> None:
    """Slicer's Cameras module gives each 3-D view a camera of its own."""
    name = "vtkMRMLCameraNode"
    if tag not in [node.GetLayoutName() for node in slicer.util.getNodesByClass(name)]:
        slicer.mrmlScene.AddNewNodeByClass(name).SetLayoutName(tag)


def _divide(
    layout: ElementTree.Element, width: int, height: int, found: dict[tuple[str, str], tuple[int, int]]
) -> None:
    """Share a rectangle among the items of a layout element, by splitSize where they have one."""
    items = layout.findall("item")
    shares = [float(item.get("splitSize", "1")) for item in items]
    across = layout.get("type") == "horizontal"
    for item, share in zip(items, shares, strict=True):
        part = share / sum(shares)
        size = (round(width * part), height) if across else (width, round(height * part))
        inner, view = item.find("layout"), item.find("view")
        if inner is not None:
            _divide(inner, *size, found)
        elif view is not None:
            found[(str(view.get("class")), str(view.get("singletontag")))] = (size[0], size[1] - _BAR)
