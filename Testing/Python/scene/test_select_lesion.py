"""The chosen lesion in all views."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_grid
from support.shown_results import paint, shown_results

from MTINetLib.scene.layout import show_layout
from MTINetLib.scene.phase_views import slice_view_name
from MTINetLib.scene.results import Results, selected_lesion
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import segment_labels
from MTINetLib.scene.select_lesion import (
    jump_slices,
    lesion_point_ras,
    mark_lesion,
    select_lesion,
    widest_point,
)
from MTINetLib.study.phase import FOUR_PHASES

pytestmark = pytest.mark.viewer


def views(scene: Scene) -> list[Any]:
    mrml = scene.mrml
    count = mrml.GetNumberOfNodesByClass("vtkMRMLSliceNode")
    return [mrml.GetNthNodeByClass(n, "vtkMRMLSliceNode") for n in range(count)]


def user_view(scene: Scene, slicer: Any, name: str, orientation: str) -> Any:
    node = slicer.vtkMRMLSliceNode()
    node.SetSingletonTag(name)
    node.SetLayoutName(name)
    node = scene.mrml.AddNode(node)
    node.SetOrientation(orientation)
    return node


def depth(node: Any, ras: tuple[float, float, float]) -> float:
    """Distance of a point from a view's slice, mm."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    from_ras = vtkMatrix4x4()
    vtkMatrix4x4.Invert(node.GetSliceToRAS(), from_ras)
    return float(abs(from_ras.MultiplyPoint((*ras, 1.0))[2]))


@pytest.mark.parametrize("left_handed", [False, True])
def test_every_view_jumps_to_the_lesion(scene: Scene, slicer: Any, left_handed: bool) -> None:
    results, study, analysis = shown_results(scene, made_grid(left_handed=left_handed))
    show_layout(scene, results.by_phase, results.chart, results.reference)
    for name, orientation in (("Red", "Axial"), ("Green", "Coronal"), ("Yellow", "Sagittal")):
        user_view(scene, slicer, name, orientation)
    # View nodes outlive a closed scene, so earlier tests may have left more.
    wanted = {"Red", "Green", "Yellow", *(slice_view_name(phase) for phase in FOUR_PHASES)}
    assert wanted <= {node.GetLayoutName() for node in views(scene)}
    for label in (2, 1):
        select_lesion(results, label)
        point = lesion_point_ras(results, label)
        assert point is not None
        k, j, i = np.round(study.grid.to_index(np.array(point) * [-1, -1, 1])).astype(int)
        assert analysis.labels[k, j, i] == label
        areas = (analysis.labels == label).sum(axis=(1, 2))
        assert areas[k] == areas.max(), "its largest slice"
        for node in views(scene):
            assert depth(node, point) < 1e-3, node.GetLayoutName()


def test_the_jump_follows_a_transform(scene: Scene, slicer: Any) -> None:
    from vtkmodules.vtkCommonTransforms import vtkTransform

    plain, *_ = shown_results(scene)
    unmoved = lesion_point_ras(plain, 1)
    moved = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform = vtkTransform()
    transform.RotateX(25)
    transform.Translate(30, -40, 55)
    moved.SetMatrixTransformToParent(transform.GetMatrix())
    results, *_ = shown_results(scene, transform=moved)
    assert results.segmentation.GetTransformNodeID() == moved.GetID()
    assert results.ai_segmentation.GetTransformNodeID() == moved.GetID()
    view = user_view(scene, slicer, "Red", "Axial")
    select_lesion(results, 1)
    assert unmoved is not None
    expected = transform.TransformPoint(unmoved)
    assert lesion_point_ras(results, 1) == pytest.approx(expected, abs=1e-3)
    assert depth(view, expected) < 1e-3


def test_the_chosen_lesion_stands_out(scene: Scene) -> None:
    results, *_ = shown_results(scene)
    display = results.segmentation.GetDisplayNode()
    one, two = (segment_labels(results.segmentation)[label] for label in (1, 2))
    select_lesion(results, 2)
    assert selected_lesion(results) == 2
    assert display.GetSegmentOpacity2DFill(two) > 0.5 > display.GetSegmentOpacity2DFill(one)
    assert display.GetSegmentOpacity2DOutline(two) > display.GetSegmentOpacity2DOutline(one)
    assert display.GetOpacity2DFill() * display.GetSegmentOpacity2DFill(two) < 0.4, "anatomy is seen"
    select_lesion(results, None)
    assert selected_lesion(results) is None
    assert display.GetSegmentOpacity2DFill(two) == display.GetSegmentOpacity2DFill(one)
    assert display.GetSegmentVisibility(one)


def test_marking_a_lesion_moves_no_view(scene: Scene, slicer: Any) -> None:
    results, *_ = shown_results(scene)
    view = user_view(scene, slicer, "Red", "Axial")
    view.SetSliceOffset(-77)
    mark_lesion(results, 1)
    assert view.GetSliceOffset() == pytest.approx(-77)
    assert selected_lesion(results) == 1


def test_an_empty_or_unknown_lesion_moves_no_view(scene: Scene, slicer: Any) -> None:
    results, study, _ = shown_results(scene)
    view = user_view(scene, slicer, "Red", "Axial")
    view.SetSliceOffset(-77)
    paint(results, segment_labels(results.segmentation)[1], np.zeros(study.grid.shape, bool))
    for label in (1, 9):
        select_lesion(results, label)
        assert view.GetSliceOffset() == pytest.approx(-77)
    assert lesion_point_ras(results, 9) is None


def test_a_zoomed_view_pans_only_where_the_lesion_is_hidden(scene: Scene, slicer: Any) -> None:
    view = user_view(scene, slicer, "Red", "Axial")
    view.SetFieldOfView(100, 100, 1)
    jump_slices(scene.mrml, (20.0, -15.0, 40.0))
    assert (view.GetSliceToRAS().GetElement(0, 3), view.GetSliceToRAS().GetElement(1, 3)) == (0, 0)
    assert view.GetSliceOffset() == pytest.approx(40)
    jump_slices(scene.mrml, (120.0, -15.0, 45.0))
    assert view.GetSliceToRAS().GetElement(0, 3) == pytest.approx(120)


def test_the_point_is_inside_a_ring() -> None:
    mask = np.zeros((3, 9, 9), bool)
    mask[1, 1:8, 1:8] = True
    mask[1, 2:7, 2:7] = False
    mask[0, 4, 4] = True
    k, j, i = widest_point(mask, (slice(10, 13), slice(0, 9), slice(5, 14)))
    assert k == 11
    assert mask[1, j, i - 5]


def test_lesions_moved_with_their_volume_are_still_found(scene: Scene) -> None:
    from vtkmodules.vtkCommonTransforms import vtkTransform

    results, *_ = shown_results(scene)
    before = lesion_point_ras(results, 1)
    node = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    shift = vtkTransform()
    shift.Translate(0, 0, 12)
    node.SetMatrixTransformToParent(shift.GetMatrix())
    move_all(results, node.GetID())
    after = lesion_point_ras(results, 1)
    assert before is not None
    assert after == pytest.approx((before[0], before[1], before[2] + 12), abs=1e-3)


def move_all(results: Results, transform: str) -> None:
    for node in (*results.volumes, results.segmentation):
        node.SetAndObserveTransformNodeID(transform)


def test_the_views_of_the_phases_have_their_own_names() -> None:
    assert len({slice_view_name(phase) for phase in FOUR_PHASES}) == 4
