"""What the views of Slicer's window show while the module is open, left, reloaded and given another scene."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MTINetLib.scene.layout import LAYOUT_3D_ID, LAYOUT_ID, layout_in_use
from MTINetLib.scene.phase_views import slice_view_name
from MTINetLib.scene.scene import Scene
from MTINetLib.study.phase import FOUR_PHASES, Phase

AddStudy = Callable[[Any], Any]
TITLES = ["Pre-contrast", "Arterial", "Portal venous", "Delayed"]


@pytest.fixture
def window(slicer_desktop: Any) -> Any:
    """A window with views."""
    return slicer_desktop.open_window()


def view(slicer: Any, phase: Phase) -> Any:
    return slicer.mrmlScene.GetSingletonNode(slice_view_name(phase), "vtkMRMLSliceNode")


def shown(slicer: Any) -> list[str | None]:
    """ID of the volume in each phase's view."""
    kind = "vtkMRMLSliceCompositeNode"
    nodes = [slicer.mrmlScene.GetSingletonNode(slice_view_name(phase), kind) for phase in FOUR_PHASES]
    return [None if node is None else node.GetBackgroundVolumeID() for node in nodes]


def titles(slicer: Any) -> list[str]:
    return [view(slicer, phase).GetLayoutLabel() for phase in FOUR_PHASES]


def places(slicer: Any) -> list[tuple[float, ...]]:
    """Where each view stands and how much it shows."""
    found = []
    for node in (view(slicer, phase) for phase in FOUR_PHASES):
        matrix = node.GetSliceToRAS()
        origin = tuple(matrix.GetElement(row, 3) for row in range(3))
        found.append((*origin, *node.GetFieldOfView()[:2]))
    return found


def live(desktop: Any, turns: int = 12) -> None:
    """Let timers, views and the module live for a while."""
    for _ in range(turns):
        desktop.process_events()
        widget = getattr(desktop.slicer.modules, "MTINetWidget", None)
        if widget is not None and widget.logic is not None:
            widget.logic.session.poll()


def assert_the_body_fills_the_views(slicer: Any, volume: Any) -> None:
    """The phantom's body lies inside each view, in its middle, and takes most of the narrower side."""
    from MTINetLib.scene.fit_views import body_points

    points = body_points(volume)
    for phase in FOUR_PHASES:
        node = view(slicer, phase)
        inverse = np.linalg.inv(slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS()))
        seen = (np.c_[points, np.ones(len(points))] @ inverse.T)[:, :2]
        width, height = node.GetFieldOfView()[:2]
        pixels = node.GetDimensions()
        axes = slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS())
        assert axes[0, 0] < -0.9, "the patient's left is on the right of the screen"
        assert axes[1, 1] > 0.9, "the front is up"
        assert width / height == pytest.approx(pixels[0] / pixels[1], rel=0.02)
        span = np.ptp(seen, axis=0)
        assert (seen.max(axis=0) + seen.min(axis=0)) / 2 == pytest.approx((0, 0), abs=1.0)
        assert 0.85 < max(span[0] / width, span[1] / height) <= 1.0


def test_each_view_shows_its_phase_as_soon_as_it_is_known_and_a_view_without_one_is_empty(
    scene: Scene, slicer_desktop: Any, window: Any, widget: Any, add_study: AddStudy
) -> None:
    slicer, session = slicer_desktop.slicer, widget.logic.session
    volumes = add_study(widget.logic).volumes
    session.choices.phases.portalVenous = None
    session.check_phases()
    live(slicer_desktop)
    assert layout_in_use(scene) == LAYOUT_ID
    ids = [node.GetID() for node in volumes]
    assert shown(slicer) == [ids[0], ids[1], None, ids[3]]
    assert titles(slicer) == ["Pre-contrast", "Arterial", "3", "Delayed"]
    session.choices.phases.portalVenous = volumes[2]
    session.check_phases()
    assert shown(slicer) == ids
    assert titles(slicer) == TITLES
    assert_the_body_fills_the_views(slicer, volumes[2])


def test_what_slicer_puts_into_all_views_stays_out_of_those_of_the_phases(
    scene: Scene, slicer_desktop: Any, window: Any, widget: Any, add_study: AddStudy
) -> None:
    """After a closed scene too, where Slicer has forgotten what the views were told."""
    slicer = slicer_desktop.slicer
    for _ in range(2):
        volumes = add_study(widget.logic).volumes
        widget.logic.session.check_phases()
        live(slicer_desktop)
        slicer_desktop.show_volume(volumes[3])
        assert shown(slicer) == [node.GetID() for node in volumes]
        slicer.mrmlScene.Clear(False)
        assert layout_in_use(scene) == slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView
        assert shown(slicer) == [None] * 4


def test_volumes_loaded_after_a_closed_scene_are_never_under_another_phase_s_title(
    scene: Scene, slicer_desktop: Any, window: Any, widget: Any, case: Any
) -> None:
    from MTINetLib.scene.volumes import add_phase_volumes

    slicer, session = slicer_desktop.slicer, widget.logic.session
    session.recognise(add_phase_volumes(scene, case.study))
    live(slicer_desktop)
    slicer.mrmlScene.Clear(False)
    live(slicer_desktop)
    volumes = add_phase_volumes(scene, case.study)
    for node in volumes:
        slicer_desktop.show_volume(node)
        assert not set(titles(slicer)) & set(TITLES)
    session.recognise(volumes)
    live(slicer_desktop)
    assert titles(slicer) == TITLES
    assert shown(slicer) == [node.GetID() for node in volumes]
    live(slicer_desktop)
    assert_the_body_fills_the_views(slicer, volumes[2])


def test_a_volume_that_somebody_puts_into_a_view_takes_the_title_away(
    slicer_desktop: Any, window: Any, widget: Any, add_study: AddStudy
) -> None:
    slicer = slicer_desktop.slicer
    volumes = add_study(widget.logic).volumes
    widget.logic.session.check_phases()
    live(slicer_desktop)
    composite = slicer.mrmlScene.GetSingletonNode("MTINetArterial", "vtkMRMLSliceCompositeNode")
    composite.SetBackgroundVolumeID(volumes[3].GetID())
    live(slicer_desktop)
    assert titles(slicer) == ["Pre-contrast", "2", "Portal venous", "Delayed"]
    composite.SetBackgroundVolumeID(volumes[1].GetID())
    live(slicer_desktop)
    assert titles(slicer) == TITLES


def test_volumes_for_something_else_do_not_bring_the_layout(
    scene: Scene, slicer_desktop: Any, window: Any, widget: Any, add_study: AddStudy
) -> None:
    widget.exit()
    before = layout_in_use(scene)
    add_study(widget.logic)
    widget.logic.session.check_phases()
    assert layout_in_use(scene) == before
    widget.enter()
    assert layout_in_use(scene) == LAYOUT_ID


def test_leaving_and_coming_back_keeps_the_slice_and_the_zoom(
    scene: Scene, slicer_desktop: Any, window: Any, widget: Any, add_study: AddStudy
) -> None:
    slicer = slicer_desktop.slicer
    widget.logic.measureMasks(add_study(widget.logic).case.labels)
    live(slicer_desktop, 120)
    move_the_views(slicer)
    before = places(slicer)
    widget.exit()
    live(slicer_desktop)
    assert layout_in_use(scene) == slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView
    widget.enter()
    live(slicer_desktop)
    assert places(slicer) == [pytest.approx(place) for place in before]


def test_a_reload_keeps_the_slice(slicer_desktop: Any, window: Any, widget: Any, add_study: AddStudy) -> None:
    slicer = slicer_desktop.slicer
    widget.logic.measureMasks(add_study(widget.logic).case.labels)
    live(slicer_desktop, 120)
    move_the_views(slicer)
    before = places(slicer)
    library = {name: value for name, value in sys.modules.items() if name.split(".")[0] == "MTINetLib"}
    try:
        widget.onReload()
        again = slicer.modules.MTINetWidget
        again.enter()
        live(slicer_desktop)
        assert again.logic.session.selected == 1
        assert places(slicer) == [pytest.approx(place) for place in before]
        again.cleanup()
    finally:  # other tests have imported the library as it was
        for name in [name for name in sys.modules if name.split(".")[0] == "MTINetLib"]:
            del sys.modules[name]
        sys.modules.update(library)


def test_an_opened_scene_shows_the_whole_body_on_the_slice_that_was_saved(
    slicer_desktop: Any, widget: Any, add_study: AddStudy, tmp_path: Path
) -> None:
    """The window opens after the scene was saved: its views have no size yet when the scene arrives."""
    slicer, logic = slicer_desktop.slicer, widget.logic
    logic.measureMasks(add_study(logic).case.labels)
    logic.session.select(2)
    offset = view(slicer, Phase.DELAYED).GetSliceOffset() + 10.0
    for phase in FOUR_PHASES:
        view(slicer, phase).SetSliceOffset(offset)
        view(slicer, phase).SetFieldOfView(90.0, 40.0, 1.0)
    saved = offset_in_file(view(slicer, Phase.DELAYED))
    path = str(tmp_path / "study.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(False)
    slicer_desktop.open_window(1100, 700)
    slicer.util.loadScene(path)
    live(slicer_desktop)
    assert titles(slicer) == TITLES
    assert shown(slicer) == [node.GetID() for node in logic.results.volumes]
    assert_the_body_fills_the_views(slicer, logic.results.reference)
    for phase in FOUR_PHASES:
        assert view(slicer, phase).GetDimensions()[0] > 500
        assert view(slicer, phase).GetSliceOffset() == pytest.approx(saved)


def offset_in_file(node: Any) -> float:
    """The offset that a saved scene holds: Slicer writes six digits of the slice's matrix."""
    matrix = node.GetSliceToRAS()
    kept = np.array([[float(f"{matrix.GetElement(i, j):.6g}") for j in (2, 3)] for i in range(3)])
    return float(kept[:, 0] @ kept[:, 1])


def test_views_are_fitted_again_while_the_window_still_settles(
    slicer_desktop: Any, window: Any, widget: Any, add_study: AddStudy
) -> None:
    """The panel grows when results arrive, and the views become narrower."""
    volumes = add_study(widget.logic).volumes
    widget.logic.session.check_phases()
    live(slicer_desktop)
    window.resize(500, 640)
    live(slicer_desktop)
    assert_the_body_fills_the_views(slicer_desktop.slicer, volumes[2])


def test_the_views_go_near_the_chosen_lesion_and_back_to_the_body(
    slicer_desktop: Any, window: Any, widget: Any, add_study: AddStudy
) -> None:
    from MTINetLib.scene.select_lesion import lesion_point_ras

    slicer, session = slicer_desktop.slicer, widget.logic.session
    widget.logic.measureMasks(add_study(widget.logic).case.labels)
    live(slicer_desktop)
    whole = places(slicer)
    for label in (1, 2):
        session.select(label)
        if label == 1:
            session.views.toggle_lesion()
        lesion = next(one for one in session.findings.lesions if one.label == label)
        point = lesion_point_ras(session.results, label)
        assert point is not None
        for phase in FOUR_PHASES:
            node = view(slicer, phase)
            width, height = node.GetFieldOfView()[:2]
            assert 2 * lesion.long_axis_mm < min(width, height) < 5 * lesion.long_axis_mm
            inverse = np.linalg.inv(slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS()))
            x, y = (inverse @ (*point, 1.0))[:2]
            assert abs(x) < width / 4
            assert abs(y) < height / 4
    session.views.toggle_lesion()
    for place, before in zip(places(slicer), whole, strict=True):
        assert place[3:] == pytest.approx(before[3:])


def test_show_3d_brings_a_3d_view_and_takes_it_away(
    scene: Scene, slicer_desktop: Any, window: Any, widget: Any, add_study: AddStudy
) -> None:
    slicer = slicer_desktop.slicer
    before = layout_in_use(scene)
    results = measured(widget, add_study)
    live(slicer_desktop)
    results.segmentation.CreateClosedSurfaceRepresentation()
    results.segmentation.GetDisplayNode().SetVisibility3D(True)
    live(slicer_desktop)
    assert layout_in_use(scene) == LAYOUT_3D_ID
    assert ("vtkMRMLViewNode", "MTINet3D") in window.rectangles()
    cameras = [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLCameraNode")
        if node.GetLayoutName() == "MTINet3D"
    ]
    bounds = [0.0] * 6
    results.segmentation.GetRASBounds(bounds)
    centre = [(bounds[2 * axis] + bounds[2 * axis + 1]) / 2 for axis in range(3)]
    assert cameras[0].GetFocalPoint() == pytest.approx(centre)
    results.segmentation.GetDisplayNode().SetVisibility3D(False)
    live(slicer_desktop)
    assert layout_in_use(scene) == LAYOUT_ID
    widget.exit()
    assert layout_in_use(scene) == before


@pytest.mark.parametrize("number", [LAYOUT_ID, LAYOUT_3D_ID])
def test_the_plot_takes_a_quarter_of_the_height_at_most(
    slicer_desktop: Any, window: Any, widget: Any, number: int
) -> None:
    slicer_desktop.slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode").SetViewArrangement(number)
    height = window.rectangles()[("vtkMRMLPlotViewNode", "MTINetPlot")][1] + 22
    assert height <= 640 / 4


def test_slicer_can_leave_a_module_that_it_has_ended(slicer_desktop: Any, widget: Any) -> None:
    widget.cleanup()
    widget.exit()
    widget.enter()
    widget.exit()


def test_an_opened_scene_says_of_the_phases_what_was_said_before(
    scene: Scene, slicer_desktop: Any, widget: Any, case: Any, tmp_path: Path
) -> None:
    from MTINetLib.scene.volumes import add_phase_volumes
    from MTINetLib.study.evidence import CHOSEN

    slicer, session = slicer_desktop.slicer, widget.logic.session
    volumes = add_phase_volumes(scene, case.study)
    session.recognise(volumes)
    session.choices.phases.delayed = volumes[0]
    session.check_phases()
    before = {phase: (c.evidence, c.confidence) for phase, c in session.proposal.phases.items()}
    assert before[Phase.DELAYED][0][0] == CHOSEN
    assert CHOSEN not in before[Phase.ARTERIAL][0]
    path = str(tmp_path / "study.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(False)
    for _ in range(2):
        slicer.util.loadScene(path, {"clear": True})
        widget.enter()
        live(slicer_desktop)
        after = {phase: (c.evidence, c.confidence) for phase, c in session.proposal.phases.items()}
        assert after == before


def measured(widget: Any, add_study: AddStudy) -> Any:
    widget.logic.measureMasks(add_study(widget.logic).case.labels)
    return widget.logic.results


def move_the_views(slicer: Any) -> None:
    """As a reader does: another slice, a little to the side, nearer."""
    for phase in FOUR_PHASES:
        node = view(slicer, phase)
        node.JumpSliceByCentering(12.0, -7.0, node.GetSliceOffset())
        node.SetSliceOffset(node.GetSliceOffset() + 9.0)
        width, height = node.GetDimensions()[:2]
        node.SetFieldOfView(width * 0.3, height * 0.3, 1.0)
