"""The plot of the panel and the one in the views: one is in sight, and it shows the chosen lesion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from MTINetLib.scene.layout import LAYOUT_ID, PLOT_VIEW, layout_in_use
from MTINetLib.scene.scene import Scene

AddStudy = Callable[[Any], Any]


@pytest.fixture
def window(slicer_desktop: Any) -> Any:
    """A window with views."""
    return slicer_desktop.open_window()


@pytest.fixture
def results(window: Any, widget: Any, add_study: AddStudy, slicer_desktop: Any) -> Iterator[Any]:
    """Two lesions, in a module that is in sight with its plot unfolded."""
    from PySide6 import QtCore

    widget.logic.measureMasks(add_study(widget.logic).case.labels)
    widget.parent.setAttribute(QtCore.Qt.WA_DontShowOnScreen, True)
    widget.parent.show()
    panel(widget).widget.collapsed = False
    live(slicer_desktop, widget)
    yield widget.logic.results
    widget.parent.hide()


def panel(widget: Any) -> Any:
    return next(one for one in widget.panels if type(one).__name__ == "PlotPanel")


def live(desktop: Any, widget: Any) -> None:
    for _ in range(10):
        desktop.process_events()
        widget.logic.session.poll()


def of_layout(window: Any) -> Any:
    """The views' own plot widget."""
    widgets = [window.plotWidget(number) for number in range(window.plotViewCount)]
    (found,) = [one for one in widgets if one.mrmlPlotViewNode().GetSingletonTag() == PLOT_VIEW]
    return found


def of_panel(widget: Any) -> Any:
    import slicer

    return panel(widget).widget.findChildren(slicer.qMRMLPlotWidget)[0]


def turn_to(desktop: Any, widget: Any, layout: int) -> None:
    node = desktop.slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    node.SetViewArrangement(layout)
    live(desktop, widget)


def test_the_panel_s_plot_gives_way_to_that_of_the_views_and_comes_back_with_the_chosen_lesion(
    scene: Scene, slicer_desktop: Any, window: Any, widget: Any, results: Any
) -> None:
    usual = slicer_desktop.slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView
    assert layout_in_use(scene) == LAYOUT_ID
    assert not of_layout(window).isHidden()
    assert panel(widget).ui.plotPlace.isHidden()
    widget.logic.session.select(2)
    turn_to(slicer_desktop, widget, usual)
    assert of_layout(window).isHidden()
    assert not panel(widget).ui.plotPlace.isHidden()
    assert of_panel(widget).plotView().drawn[0].startswith("Lesion 2")
    widget.logic.session.select(1)
    turn_to(slicer_desktop, widget, LAYOUT_ID)
    assert panel(widget).ui.plotPlace.isHidden()
    assert of_layout(window).plotView().drawn[0].startswith("Lesion 1")


def test_another_chart_in_the_views_leaves_the_panel_its_plot(
    slicer_desktop: Any, window: Any, widget: Any, results: Any
) -> None:
    chart = slicer_desktop.slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotChartNode", "somebody's own")
    of_layout(window).mrmlPlotViewNode().SetPlotChartNodeID(chart.GetID())
    widget.logic.session.select(2)
    assert not panel(widget).ui.plotPlace.isHidden()


def test_a_lesion_that_is_erased_leaves_axes_and_a_sentence_and_no_black_plot(
    slicer_desktop: Any, window: Any, widget: Any, results: Any
) -> None:
    from MTINetLib.scene.segmentation import segment_labels

    slicer = slicer_desktop.slicer
    segment = segment_labels(results.segmentation)[1]
    shape = slicer.util.arrayFromVolume(results.reference).shape
    slicer.util.updateSegmentBinaryLabelmapFromArray(
        np.zeros(shape, np.uint8), results.segmentation, segment, results.geometry
    )
    widget.logic.measureAgain()
    assert widget.logic.session.selected is None
    view = of_layout(window).plotView()
    view.Render()
    assert view.drawn == ("No lesion is chosen", "no curve")
    assert not view.black
    assert view.errors == []
    widget.logic.session.select(2)
    view.Render()
    assert view.drawn[0].startswith("Lesion 2")
    assert "no curve" not in view.drawn
    styles = slicer.vtkMRMLPlotSeriesNode
    measured = results.chart.GetNthPlotSeriesNode(0)
    assert (measured.GetLineStyle(), measured.GetMarkerStyle()) == (
        styles.LineStyleSolid,
        styles.MarkerStyleCircle,
    )


def test_nothing_of_a_closed_module_hears_of_the_layout(
    slicer_desktop: Any, window: Any, widget: Any, results: Any
) -> None:
    node = slicer_desktop.slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    node.SetViewArrangement(slicer_desktop.slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView)
    window.handle_events()
    widget.cleanup()
    for _ in range(5):
        slicer_desktop.process_events()
