"""Slicer's own widgets as far as panels touch them. The editor keeps its nodes and draws nothing."""

from __future__ import annotations

from typing import Any

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from .stand_in_widget import setters_of, stored


@setters_of
class qMRMLWidget(QtWidgets.QWidget):
    """A widget that hands the scene on to those that are connected to it."""

    SIGNALS = {"mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged"}
    mrmlSceneChanged = QtCore.Signal(object)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._scene: Any = None

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)


@setters_of
class qSlicerWidget(qMRMLWidget):
    """The same."""


#: Keys of the editor while its shortcuts are installed.
EDITOR_KEYS = (*"1234567890ZYQWI", "Esc", "Space", "Ctrl+Z", "Ctrl+Y", "/", "*", ",", ".", ">", "<")


@setters_of
class qMRMLSegmentEditorWidget(qMRMLWidget):
    """Embedded editor: the parameter node is set before the scene, and nodes only when both are there."""

    SIGNALS = {
        "mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged",
        "currentSegmentIDChanged(QString)": "currentSegmentIDChanged",
        "segmentationNodeChanged(vtkMRMLSegmentationNode*)": "segmentationNodeChanged",
        "sourceVolumeNodeChanged(vtkMRMLVolumeNode*)": "sourceVolumeNodeChanged",
    }
    currentSegmentIDChanged = QtCore.Signal(str)
    segmentationNodeChanged = QtCore.Signal(object)
    sourceVolumeNodeChanged = QtCore.Signal(object)

    segmentationNodeSelectorVisible = stored(bool, True)
    sourceVolumeNodeSelectorVisible = stored(bool, True)
    switchToSegmentationsButtonVisible = stored(bool, True)
    undoEnabled = stored(bool, True)
    maximumNumberOfUndoStates = stored(int, 10)
    readOnly = stored(bool, False)
    autoShowSourceVolumeNode = stored(bool, True)
    defaultTerminologyEntrySettingsKey = stored(str, "")
    defaultTerminologyEntry = stored(str, "")
    jumpToSelectedSegmentEnabled = stored(bool, False)
    unorderedEffectsVisible = stored(bool, True)
    effectColumnCount = stored(int, 0)
    effectButtonStyle = stored(int, 0)
    # What tests look at; declared, for other attributes cannot be set on a widget.
    shortcuts_installed = False
    shortcuts: tuple[Any, ...] = ()
    views_observed = False
    undone = 0

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._node: Any = None
        self._effect = ""
        self._order: list[str] = []
        label = QtWidgets.QLabel("Segment Editor (drawn by Slicer)", self)
        label.setAlignment(QtCore.Qt.AlignCenter)
        column = QtWidgets.QVBoxLayout(self)
        column.addWidget(label)
        self.setMinimumHeight(540)  # as high as Slicer's own with the brush in hand and Masking unfolded

    def setMRMLScene(self, scene: Any) -> None:
        if scene is not None and self._node is None:
            raise AssertionError("the segment editor's parameter node must be set before the scene")
        super().setMRMLScene(scene)

    def mrmlSegmentEditorNode(self) -> Any:
        return self._node

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        self._node = node

    def segmentationNode(self) -> Any:
        return self._node.GetSegmentationNode() if self._node is not None else None

    def setSegmentationNode(self, node: Any) -> None:
        self._ready("setSegmentationNode")
        self._node.SetAndObserveSegmentationNode(node)
        self.segmentationNodeChanged.emit(node)

    def sourceVolumeNode(self) -> Any:
        return self._node.GetSourceVolumeNode() if self._node is not None else None

    def setSourceVolumeNode(self, node: Any) -> None:
        self._ready("setSourceVolumeNode")
        if self._node.GetSegmentationNode() is None and node is not None:
            raise AssertionError("set the segmentation before its source volume")
        self._node.SetAndObserveSourceVolumeNode(node)
        self.sourceVolumeNodeChanged.emit(node)

    def currentSegmentID(self) -> str:
        return (self._node.GetSelectedSegmentID() or "") if self._node is not None else ""

    def setCurrentSegmentID(self, id_: str) -> None:
        self._ready("setCurrentSegmentID")
        self._node.SetSelectedSegmentID(id_)
        self.currentSegmentIDChanged.emit(id_)

    def setActiveEffectByName(self, name: str) -> None:
        self._effect = name

    def setActiveEffect(self, effect: Any) -> None:
        if effect is not None:
            raise AssertionError("the stand-in has no effects: use setActiveEffectByName")
        self._effect = ""

    def activeEffect(self) -> Any:
        return self._effect or None

    def setEffectNameOrder(self, names: Any) -> None:
        self._order = list(names)

    def effectNameOrder(self) -> list[str]:
        return self._order

    def setupViewObservations(self) -> None:
        self.views_observed = True

    def removeViewObservations(self) -> None:
        self.views_observed = False

    def installKeyboardShortcuts(self, parent: Any = None) -> None:
        self.uninstallKeyboardShortcuts()
        self.shortcuts_installed = True
        window = slicer.util.mainWindow() if parent is None else parent
        if isinstance(window, QtWidgets.QWidget):
            self.shortcuts = tuple(QtGui.QShortcut(QtGui.QKeySequence(key), window) for key in EDITOR_KEYS)
            self.shortcuts[EDITOR_KEYS.index("Z")].activated.connect(self.undo)

    def uninstallKeyboardShortcuts(self) -> None:
        self.shortcuts_installed = False
        for shortcut in self.shortcuts:
            shortcut.setParent(None)
            shortcut.deleteLater()
        self.shortcuts = ()

    def updateWidgetFromMRML(self) -> None:
        """Nothing is drawn."""

    def rotateSliceViewsToSegmentation(self) -> None:
        """There are no slice views."""

    def saveStateForUndo(self) -> None:
        self._ready("saveStateForUndo")

    def undo(self) -> None:
        self.undone += 1

    def redo(self) -> None:
        self.undone -= 1

    def _ready(self, what: str) -> None:
        if self._node is None or self._scene is None:
            raise AssertionError(f"{what} needs the parameter node and the scene first")


class PlotView:
    """qMRMLPlotView: what it drew last, as the title and the names of the lines, and what VTK logged.

    As vtkPlotLine and vtkPlotPoints do: a line of one point and a missing column are errors at each drawing.
    As vtkChartXY does: a chart without a line draws nothing, and the view is black.
    """

    def __init__(self, widget: Any) -> None:
        self._widget = widget
        self.drawn: tuple[str, ...] = ()
        self.black = True
        self.errors: list[str] = []

    def fitToContent(self) -> None:
        """Only the ranges of the axes change."""

    def scene(self) -> Any:
        return self

    def renderWindow(self) -> Any:
        return self

    def SetDirty(self, _dirty: bool) -> None:
        """The next drawing is a new one."""

    def Render(self) -> None:
        node = self._widget.mrmlPlotViewNode()
        chart = None if node is None else node.GetPlotChartNode()
        if chart is None or not self._widget.isVisible():
            return
        lines = [chart.GetNthPlotSeriesNode(n) for n in range(chart.GetNumberOfPlotSeriesNodes())]
        self.black = not lines
        self.drawn = (chart.GetTitle(), *(line.GetName() for line in lines))
        for line in lines:
            column = line.GetTableNode().GetTable().GetColumnByName(line.GetYColumnName() or "")
            if column is None:
                self.errors.append("No Y column is set (index 1).")
            elif column.GetNumberOfTuples() < 2:
                self.errors.append("Attempted to paint a line with <2 points.")


@setters_of
class qMRMLPlotWidget(qMRMLWidget):
    """Remembers its view node; its view draws when it is asked to and in sight, and not else."""

    def plotView(self) -> Any:
        if "_view" not in self.__dict__:
            self.__dict__["_view"] = PlotView(self)
        return self.__dict__["_view"]

    def setMRMLPlotViewNode(self, node: Any) -> None:
        self.__dict__["_plot_view"] = node

    def mrmlPlotViewNode(self) -> Any:
        return self.__dict__.get("_plot_view")


@setters_of
class qMRMLTableView(QtWidgets.QTableView):
    """Remembers its table node."""

    def setMRMLScene(self, scene: Any) -> None:
        self.__dict__["_scene"] = scene

    def setMRMLTableNode(self, node: Any) -> None:
        self.__dict__["_table"] = node

    def mrmlTableNode(self) -> Any:
        return self.__dict__.get("_table")


WIDGETS = (qMRMLWidget, qSlicerWidget, qMRMLSegmentEditorWidget, qMRMLPlotWidget, qMRMLTableView)
