"""Slicer's plot view inside a panel, with a view node that the main window's layout leaves alone."""

from __future__ import annotations

from typing import Any

import slicer

_HEIGHT = 220


class PlotView:
    """Shows a chart in ``place``, a widget with a layout; nothing where this Slicer has no such view, or
    where the main window's layout shows the chart already."""

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
        mrml = chart.GetScene()
        self._make_widget(mrml)
        self._make_node(mrml)
        if self._node.GetPlotChartNodeID() != chart.GetID():
            # Without an owner the main layout would make a view of its own for this node.
            self._node.SetAndObserveParentLayoutNodeID(chart.GetID())
            if self._node.GetScene() is None:
                self._node = mrml.AddNode(self._node)
                self._widget.setMRMLPlotViewNode(self._node)
            self._node.SetPlotChartNodeID(chart.GetID())
        elsewhere = [widget for widget in _widgets_of_layout(chart) if not widget.isHidden()]
        self._place.visible = not elsewhere  # one plot is enough, and the larger one is
        for widget in (self._widget, *elsewhere):
            widget.plotView().fitToContent()  # a signal and a percentage have no axis in common

    def render(self) -> None:
        """Draw what changed while a plot was out of sight: Slicer's view keeps its old picture by itself."""
        chart = None if self._node is None else self._node.GetPlotChartNode()
        if chart is None:
            return
        for widget in (self._widget, *_widgets_of_layout(chart)):
            view = widget.plotView()
            if widget.visible and hasattr(view, "renderWindow"):
                view.fitToContent()
                view.renderWindow().Render()

    def close(self) -> None:
        self._forget_node()

    def _make_widget(self, mrml: Any) -> None:
        if self._widget is not None:
            return
        self._widget = slicer.qMRMLPlotWidget()
        self._widget.setMRMLScene(mrml)
        self._widget.setMinimumHeight(_HEIGHT)
        self._widget.setMaximumHeight(_HEIGHT)
        if hasattr(self._widget, "plotController"):
            self._widget.plotController().setVisible(False)
        self._place.layout().addWidget(self._widget)

    def _make_node(self, mrml: Any) -> None:
        if self._node is not None and self._node.GetScene() is mrml:
            return
        self._forget_node()
        self._node = slicer.vtkMRMLPlotViewNode()
        self._node.SetName("MTINet panel plot")
        self._node.SetSaveWithScene(False)
        self._node.SetHideFromEditors(True)
        # Charts that are shown in all views would come in here too.
        self._node.SetDoPropagatePlotChartSelection(False)

    def _forget_node(self) -> None:
        node, self._node = self._node, None
        if node is None:
            return
        # The widget keeps a bare pointer: it must let go before the node is freed.
        self._widget.setMRMLPlotViewNode(None)
        if node.GetScene() is not None:
            node.GetScene().RemoveNode(node)


def _widgets_of_layout(chart: Any) -> list[Any]:
    """The main window's plot widgets that show the chart."""
    manager = slicer.app.layoutManager()
    if manager is None:
        return []
    widgets = [manager.plotWidget(number) for number in range(manager.plotViewCount)]
    nodes = [(widget, widget.mrmlPlotViewNode()) for widget in widgets if widget is not None]
    return [
        widget for widget, node in nodes if node is not None and node.GetPlotChartNodeID() == chart.GetID()
    ]
