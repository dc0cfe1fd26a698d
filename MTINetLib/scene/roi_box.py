"""A markups ROI as a box along the axes of a study, one to begin with, and one drawn in a slice view."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.outline.stack import Stack
from MTINetLib.scene.node_geometry import to_array
from MTINetLib.scene.phase_views import slice_view_name, viewed_phases
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.scene.volumes import LPS_TO_RAS
from MTINetLib.study.grid import Grid

#: Name of the node that is made.
ROI_NAME = "Box around a lesion"
#: A box that is drawn in a slice of the study is this part of a slice thick.
_IN_ONE_SLICE = 0.4
_VIEW = "vtkMRMLSliceNode"
_Point = tuple[float, float, float]
_Array = npt.NDArray[np.float64]


def box_of_roi(roi: Any, grid: Grid) -> tuple[_Point, _Point]:
    """Two opposite corners in mm, LPS in the world, of a box whose sides run along the grid's axes.

    An ROI that is turned against the grid keeps its middle and its sizes; each side goes to the axis of the
    grid along which it lies most.
    """
    to_world = LPS_TO_RAS @ to_array(roi.GetObjectToWorldMatrix())
    lengths = _along_grid(to_world[:3, :3] * np.array(roi.GetSize()), grid)
    half = grid.direction_matrix @ (lengths / 2)
    return _point(to_world[:3, 3] - half), _point(to_world[:3, 3] + half)


def drawn_box(
    view: Any, first_xy: tuple[int, int], last_xy: tuple[int, int], grid: Grid
) -> tuple[_Point, _Point]:
    """Middle in mm LPS, and sizes in mm along the grid's axes i, j, k, of a box that the mouse drew.

    In a slice of the study it is flat, and the lesion is looked for up and down; across the slices it is as
    deep as its smaller side.

    Args:
        view: the vtkMRMLSliceNode that the mouse was in.
        first_xy, last_xy: where it was pressed and let go, pixels from the lower left.
    """
    to_lps = LPS_TO_RAS @ to_array(view.GetXYToRAS())
    first, last = (to_lps @ np.array([*xy, 0.0, 1.0]) for xy in (first_xy, last_xy))
    axes = (LPS_TO_RAS @ to_array(view.GetSliceToRAS()))[:3, :3]
    right, up = np.abs(axes[:, :2].T @ (last - first)[:3])
    through = int(np.argmax(np.abs(grid.direction_matrix.T @ axes[:, 2])))
    stack = Stack.of(grid)
    flat = through == 2 - stack.frame.axes[stack.along]
    depth = _IN_ONE_SLICE * grid.spacing[through] if flat else min(right, up)
    sizes = _along_grid(axes * np.array([right, up, depth]), grid)
    return _point((first + last)[:3] / 2), _point(sizes)


def _along_grid(sides: _Array, grid: Grid) -> _Array:
    """Lengths in mm along i, j, k of a box whose sides are the columns of a matrix."""
    lengths = np.linalg.norm(sides, axis=0)
    along = np.abs(grid.direction_matrix.T @ (sides / np.maximum(lengths, 1e-9)))
    orders = permutations(range(3))
    order = max(orders, key=lambda one: sum(along[axis, side] for axis, side in enumerate(one)))
    return np.asarray(lengths[list(order)])


def add_roi(scene: Scene, grid: Grid, middle_lps: _Point, size_mm: _Point) -> Any:
    """An ROI along the grid's axes, to be drawn around a lesion."""
    roi = slicer_module().vtkMRMLMarkupsROINode()
    roi.SetName(ROI_NAME)
    roi = scene.mrml.AddNode(roi)
    roi.CreateDefaultDisplayNodes()
    display = roi.GetDisplayNode()
    display.SetFillVisibility(False)  # the lesion is to be seen
    display.SetPropertiesLabelVisibility(False)
    place_roi(roi, grid, middle_lps, size_mm)
    return roi


def place_roi(roi: Any, grid: Grid, middle_lps: _Point, size_mm: _Point) -> None:
    """Give an ROI another place and other sizes along the grid's axes."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = grid.direction_matrix, middle_lps
    matrix = vtkMatrix4x4()
    matrix.DeepCopy((LPS_TO_RAS @ pose).ravel().tolist())
    roi.SetAndObserveObjectToNodeMatrix(matrix)
    roi.SetSize(*size_mm)


def middle_of_view(scene: Scene, grid: Grid) -> _Point:
    """Where a slice view's middle lies, in mm LPS; the middle of the study where no view shows the study.

    A view of a phase comes before Slicer's own axial one.
    """
    views = [scene.mrml.GetSingletonNode(slice_view_name(phase), _VIEW) for phase in viewed_phases(scene)]
    for view in (*views, scene.mrml.GetSingletonNode("Red", _VIEW)):
        if view is None:
            continue
        seen = (LPS_TO_RAS @ to_array(view.GetSliceToRAS()))[:3, 3]
        if ((grid.to_index(seen) >= 0) & (grid.to_index(seen) <= np.array(grid.shape) - 1)).all():
            return _point(seen)
    return _point(grid.to_lps((np.array(grid.shape) - 1) / 2))


def _point(values: _Array) -> _Point:
    x, y, z = (float(value) for value in values)
    return x, y, z
