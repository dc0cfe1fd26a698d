"""Slicer's plot view inside a panel, with a view node that the main window's layout leaves alone."""

from __future__ import annotations

from typing import Any

import slicer

_HEIGHT = 230


class PlotView:
    """Shows a chart in ``place``, a widget with a layout; nothing where this Slicer has no such view."""

    def __init__(self, place: Any) -> None:
        self._place = place
        self._widget: Any = None
        self._node: Any = None
        place.visible = False

    def show(self, chart: Any) -> None:
        """Show a vtkMRMLPlotChartNode; None hides the plot."""
        if chart is None or chart.GetScene() is None or not hasattr(slicer, "qMRMLPlotWidget"):
            self._forget_node()
            self._place.visible = False
            return
        self._make_widget()
        self._make_node(chart)
        if self._node.GetPlotChartNodeID() != chart.GetID():
            self._node.SetPlotChartNodeID(chart.GetID())
        self._place.visible = True

    def close(self) -> None:
        self._forget_node()

    def _make_widget(self) -> None:
        if self._widget is not None:
            return
        self._widget = slicer.qMRMLPlotWidget()
        self._widget.setMRMLScene(slicer.mrmlScene)
        self._widget.setMinimumHeight(_HEIGHT)
        self._widget.setMaximumHeight(_HEIGHT)
        if hasattr(self._widget, "plotController"):
            self._widget.plotController().setVisible(False)
        self._place.layout().addWidget(self._widget)

    def _make_node(self, chart: Any) -> None:
        if self._node is not None and self._node.GetScene() is slicer.mrmlScene:
            return
        node = slicer.vtkMRMLPlotViewNode()
        node.SetName("MTINet panel plot")
        node.SetSaveWithScene(False)
        node.SetHideFromEditors(True)
        # Without these the layout would make a view of its own, and other charts would come in here.
        node.SetAndObserveParentLayoutNodeID(chart.GetID())
        node.SetDoPropagatePlotChartSelection(False)
        self._node = slicer.mrmlScene.AddNode(node)
        self._widget.setMRMLPlotViewNode(self._node)

    def _forget_node(self) -> None:
        node, self._node = self._node, None
        if node is None:
            return
        self._widget.setMRMLPlotViewNode(None)
        if node.GetScene() is not None:
            node.GetScene().RemoveNode(node)
