"""Our layout of four linked phases and a plot, with and without views to show it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from support.made_analysis import made_grid
from support.shown_results import shown_results

from MTINetLib.scene.fit_views import body_points, fit_views
from MTINetLib.scene.layout import (
    LAYOUT_ID,
    PLOT_VIEW,
    layout_description,
    layout_in_use,
    layout_is_shown,
    restore_layout,
    show_layout,
)
from MTINetLib.scene.phase_views import slice_view_name
from MTINetLib.scene.results import Results
from MTINetLib.scene.scene import Scene
from MTINetLib.study.phase import FOUR_PHASES

pytestmark = pytest.mark.viewer


@pytest.fixture
def results(scene: Scene) -> Results:
    return shown_results(scene, made_grid(degrees=(4.0, -3.0, 2.0)))[0]


@pytest.fixture
def logics(scene: Scene, slicer: Any, results: Results) -> Iterator[list[Any]]:
    """Slice logics as a window's views have them, of 300 x 200 pixels each."""
    show_layout(scene, results.by_phase, results.chart)
    made = []
    for node in slice_nodes(scene):
        node.SetDimensions(300, 200, 1)
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLApplicationLogic(scene.application)
        logic.SetMRMLScene(scene.mrml)
        logic.SetSliceNode(node)
        composite = scene.mrml.GetSingletonNode(node.GetLayoutName(), "vtkMRMLSliceCompositeNode")
        logic.SetSliceCompositeNode(composite)
        scene.application.GetSliceLogics().AddItem(logic)
        made.append(logic)
    yield made
    for logic in made:
        scene.application.GetSliceLogics().RemoveItem(logic)


def slice_nodes(scene: Scene) -> list[Any]:
    return [scene.mrml.GetSingletonNode(slice_view_name(phase), "vtkMRMLSliceNode") for phase in FOUR_PHASES]


def test_the_description_is_xml_with_four_slices_and_a_plot(scene: Scene) -> None:
    root = ElementTree.fromstring(layout_description(scene))
    views = [(view.get("class"), view.get("singletontag")) for view in root.iter("view")]
    assert views == [("vtkMRMLSliceNode", slice_view_name(phase)) for phase in FOUR_PHASES] + [
        ("vtkMRMLPlotViewNode", PLOT_VIEW)
    ]


def test_the_views_are_linked_to_each_other_only(scene: Scene, results: Results) -> None:
    red = scene.mrml.AddNewNodeByClass("vtkMRMLSliceNode")
    show_layout(scene, results.by_phase, results.chart)
    groups = {node.GetViewGroup() for node in slice_nodes(scene)}
    assert len(groups) == 1
    assert red.GetViewGroup() not in groups
    for phase in FOUR_PHASES:
        composite = scene.mrml.GetSingletonNode(slice_view_name(phase), "vtkMRMLSliceCompositeNode")
        assert composite.GetLinkedControl()
        assert not composite.GetDoPropagateVolumeSelection(), "a phase stays in its view, whatever is loaded"


def test_all_views_follow_the_slices_of_the_reference(scene: Scene, results: Results) -> None:
    show_layout(scene, results.by_phase, results.chart, results.reference)
    normals = {
        tuple(round(node.GetSliceToRAS().GetElement(row, 2), 5) for row in range(3))
        for node in slice_nodes(scene)
    }
    assert len(normals) == 1
    assert normals != {(0.0, 0.0, 1.0)}, "the slices are oblique"


def test_other_results_take_the_views_over(scene: Scene, results: Results) -> None:
    before = show_layout(scene, results.by_phase, results.chart)
    others, *_ = shown_results(scene)
    assert show_layout(scene, others.by_phase, others.chart) == before
    plot = scene.mrml.GetSingletonNode(PLOT_VIEW, "vtkMRMLPlotViewNode")
    assert plot.GetPlotChartNodeID() == others.chart.GetID()
    composite = scene.mrml.GetSingletonNode("MTINetDelayed", "vtkMRMLSliceCompositeNode")
    assert composite.GetBackgroundVolumeID() == others.volumes[3].GetID()


def test_a_layout_of_an_older_version_is_brought_up_to_date(scene: Scene, results: Results) -> None:
    show_layout(scene, results.by_phase, results.chart)
    node = scene.mrml.GetFirstNodeByClass("vtkMRMLLayoutNode")
    node.SetLayoutDescription(LAYOUT_ID, "<layout type='horizontal'/>")
    show_layout(scene, results.by_phase, results.chart)
    assert "MTINetArterial" in node.GetLayoutDescription(LAYOUT_ID)


def test_the_users_layout_comes_back(scene: Scene, slicer: Any, results: Results) -> None:
    restore_layout(scene, slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    assert not layout_is_shown(scene)
    before = show_layout(scene, results.by_phase, results.chart)
    assert layout_is_shown(scene)
    restore_layout(scene, before)
    assert layout_in_use(scene) == slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView


def test_the_phases_fill_their_views(scene: Scene, results: Results, logics: list[Any]) -> None:
    show_layout(scene, results.by_phase, results.chart, results.reference)
    for node in slice_nodes(scene):
        width, height = node.GetFieldOfView()[:2]
        assert height == pytest.approx(80 * 3.6, rel=0.15), "the volume's height"
        assert width / height == pytest.approx(300 / 200, rel=0.02)


def test_fitting_again_keeps_the_slice(scene: Scene, results: Results, logics: list[Any]) -> None:
    show_layout(scene, results.by_phase, results.chart, results.reference)
    offsets = []
    for node in slice_nodes(scene):
        node.SetSliceOffset(node.GetSliceOffset() + 20)
        node.SetFieldOfView(10, 10, 1)
        offsets.append(node.GetSliceOffset())
    fit_views(scene, body_points(results.reference))
    for node, offset in zip(slice_nodes(scene), offsets, strict=True):
        assert node.GetSliceOffset() == pytest.approx(offset)
        assert node.GetFieldOfView()[1] > 200


def test_without_a_window_there_is_nothing_to_fit(scene: Scene, results: Results) -> None:
    show_layout(scene, results.by_phase, results.chart)
    before = [node.GetFieldOfView() for node in slice_nodes(scene)]
    fit_views(scene, body_points(results.reference))
    assert [node.GetFieldOfView() for node in slice_nodes(scene)] == before
