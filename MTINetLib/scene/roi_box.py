"""A markups ROI as a box along the axes of a study, and one to begin with."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.scene.node_geometry import to_array
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.scene.volumes import LPS_TO_RAS
from MTINetLib.study.grid import Grid

#: Name of the node that is made.
ROI_NAME = "Box around a lesion"
_Point = tuple[float, float, float]


def box_of_roi(roi: Any, grid: Grid) -> tuple[_Point, _Point]:
    """Two opposite corners in mm, LPS in the world, of a box whose sides run along the grid's axes.

    An ROI that is turned against the grid keeps its middle and its sizes; each side goes to the axis of the
    grid along which it lies most.
    """
    to_world = LPS_TO_RAS @ to_array(roi.GetObjectToWorldMatrix())
    sides = to_world[:3, :3] * np.array(roi.GetSize())
    lengths = np.linalg.norm(sides, axis=0)
    along = np.abs(grid.direction_matrix.T @ (sides / np.maximum(lengths, 1e-9)))
    orders = permutations(range(3))
    order = max(orders, key=lambda one: sum(along[axis, side] for axis, side in enumerate(one)))
    half = grid.direction_matrix @ (lengths[list(order)] / 2)
    return _point(to_world[:3, 3] - half), _point(to_world[:3, 3] + half)


def add_roi(scene: Scene, grid: Grid, middle_lps: _Point, size_mm: _Point) -> Any:
    """An ROI along the grid's axes, to be drawn around a lesion."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    roi = slicer_module().vtkMRMLMarkupsROINode()
    roi.SetName(ROI_NAME)
    roi = scene.mrml.AddNode(roi)
    roi.CreateDefaultDisplayNodes()
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = grid.direction_matrix, middle_lps
    matrix = vtkMatrix4x4()
    matrix.DeepCopy((LPS_TO_RAS @ pose).ravel().tolist())
    roi.SetAndObserveObjectToNodeMatrix(matrix)
    roi.SetSize(*size_mm)
    return roi


def middle_of_view(scene: Scene, grid: Grid) -> _Point:
    """Where the axial view's middle lies, in mm LPS; the middle of the study where that is out of it."""
    view = scene.mrml.GetFirstNodeByName("Red")
    middle = grid.to_lps((np.array(grid.shape) - 1) / 2)
    if view is not None and view.IsA("vtkMRMLSliceNode"):
        seen = (LPS_TO_RAS @ to_array(view.GetSliceToRAS()))[:3, 3]
        if ((grid.to_index(seen) >= 0) & (grid.to_index(seen) <= np.array(grid.shape) - 1)).all():
            middle = seen
    return _point(middle)


def _point(values: npt.NDArray[np.float64]) -> _Point:
    x, y, z = (float(value) for value in values)
    return x, y, z
