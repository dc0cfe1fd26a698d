"""A box that the mouse drew in a slice view, on grids that lie any way, and clicks under pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.slicer_scene import empty_scene

from MTINetLib.outline.marks import Marks, place
from MTINetLib.outline.stack import Stack
from MTINetLib.scene.outline_clicks import add_click, clicks, remove_clicks
from MTINetLib.scene.roi_box import add_roi, box_of_roi, drawn_box, middle_of_view
from MTINetLib.study.grid import Grid

pytestmark = pytest.mark.viewer

AXIAL = Grid((20, 64, 80), (1.5, 1.5, 5.0), (-60.0, -50.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
SIZE_MM = (36.0, 24.0)


def turned(grid: Grid, degrees: float) -> Grid:
    """About the patient's long axis and a little about another."""
    about, tilt = np.deg2rad(degrees), np.deg2rad(degrees / 2)
    one = [[np.cos(about), -np.sin(about), 0], [np.sin(about), np.cos(about), 0], [0, 0, 1]]
    two = [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
    direction = (np.array(two) @ np.array(one) @ grid.direction_matrix).ravel()
    return replace(grid, direction=tuple(map(float, direction)))


CORONAL = replace(AXIAL, direction=(1.0, 0, 0, 0, 0, 1.0, 0, -1.0, 0))
GRIDS = {"axial": AXIAL, "oblique": turned(AXIAL, 20.0), "coronal": CORONAL}


@pytest.fixture
def scene() -> Any:
    return empty_scene()


@pytest.fixture(params=GRIDS)
def grid(request: pytest.FixtureRequest) -> Grid:
    chosen: Grid = GRIDS[request.param]
    return chosen


def view_of(scene: Any, grid: Grid, through: int) -> Any:
    """A slice view of 200 x 200 pixels of 0.5 mm that looks along an axis (i, j, k) of the grid."""
    import slicer
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    node = slicer.vtkMRMLSliceNode()
    node.SetLayoutName("Test")
    node = scene.mrml.AddNode(node)
    to_ras = np.eye(4)
    axes = grid.direction_matrix[:, [(through + 1) % 3, (through + 2) % 3, through]]
    middle = grid.to_lps((np.array(grid.shape) - 1) // 2)
    to_ras[:3, :3] = np.diag((-1.0, -1.0, 1.0)) @ axes
    to_ras[:3, 3] = middle * (-1.0, -1.0, 1.0)
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(to_ras.ravel().tolist())
    node.GetSliceToRAS().DeepCopy(matrix)
    node.SetDimensions(200, 200, 1)
    node.SetFieldOfView(100.0, 100.0, 1.0)
    node.UpdateMatrices()
    return node


def drawn(scene: Any, grid: Grid, through: int) -> tuple[Any, Any, Any]:
    """The view, and middle and sizes of a box of SIZE_MM in its middle."""
    view = view_of(scene, grid, through)
    pixels = np.array(SIZE_MM) / 0.5
    first = tuple(int(value) for value in 100 - pixels / 2)
    last = tuple(int(value) for value in 100 + pixels / 2)
    return view, *drawn_box(view, last, first, grid)


def test_a_box_drawn_in_a_slice_of_the_study_is_flat_and_reaches_up_and_down(scene: Any, grid: Grid) -> None:
    _view, middle, sizes = drawn(scene, grid, 2)
    assert np.allclose(sizes, (*SIZE_MM, 2.0), atol=0.01)
    assert np.allclose(grid.to_index(middle), (np.array(grid.shape) - 1) // 2, atol=0.5)
    roi = add_roi(scene, grid, middle, sizes)
    placed = place(Marks(box_of_roi(roi, grid)), Stack.of(grid))
    assert placed.size[0] == 0.0
    assert sorted(placed.size[1:] * 1.5) == pytest.approx(sorted(SIZE_MM))


def test_a_box_drawn_across_the_slices_is_as_deep_as_its_smaller_side(scene: Any, grid: Grid) -> None:
    for through in (0, 1):
        _view, _middle, sizes = drawn(scene, grid, through)
        wanted = {0: (24.0, 36.0, 24.0), 1: (24.0, 24.0, 36.0)}[through]
        assert np.allclose(sizes, wanted, atol=0.01)


def test_a_view_that_is_tilted_against_the_slices_draws_in_the_nearest_plane(scene: Any) -> None:
    view = view_of(scene, AXIAL, 2)
    _middle, sizes = drawn_box(view, (64, 76), (136, 124), turned(AXIAL, 12.0))
    assert np.allclose(sizes, (*SIZE_MM, 2.0), atol=0.01)


def test_clicks_are_where_the_mouse_was_and_move_with_their_points(scene: Any) -> None:
    view = view_of(scene, AXIAL, 2)
    add_click(scene, view, (120, 100), inside=True)
    add_click(scene, view, (100, 100), inside=False)
    middle = AXIAL.to_lps((np.array(AXIAL.shape) - 1) // 2)
    assert np.allclose(clicks(scene, True), middle[None] + np.array([[10.0, 0, 0]]), atol=0.6)
    node = scene.mrml.GetFirstNodeByName("Outside the lesion")
    node.SetNthControlPointPositionWorld(0, 1.0, 2.0, 3.0)
    assert clicks(scene, False) == ((-1.0, -2.0, 3.0),)
    node.UnsetNthControlPointPosition(0)
    assert clicks(scene, False) == ()
    remove_clicks(scene)
    assert clicks(scene, True) == ()


def test_a_box_to_begin_with_lies_where_a_view_of_a_phase_is(scene: Any) -> None:
    import slicer

    view = slicer.vtkMRMLSliceNode()
    view.SetSingletonTag("MTINetArterial")
    view.SetLayoutName("MTINetArterial")
    view = scene.mrml.AddNode(view)
    place_lps = AXIAL.to_lps((4, 30, 30))
    view.JumpSliceByCentering(*map(float, place_lps * (-1, -1, 1)))
    assert np.allclose(middle_of_view(scene, AXIAL), place_lps)
