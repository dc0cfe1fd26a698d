"""A hidden volume that only says where a grid lies, for lesions that no volume of the user can hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from MTINetLib.scene.node_geometry import shape_of, world_matrix
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.volumes import add_volume, ijk_to_ras
from MTINetLib.study.grid import Grid

#: mm; corners that agree so well are one grid.
_TOLERANCE_MM = 1e-2


def is_grid_of(grid: Grid, volume: Any) -> bool:
    """Whether a grid (world LPS) is the volume's own, voxel by voxel, transforms included."""
    matrix = world_matrix(volume)
    if matrix is None or shape_of(volume) != grid.shape:
        return False
    last = np.array(grid.shape[::-1]) - 1.0
    corners = np.array(np.meshgrid(*[(0.0, n) for n in last])).reshape(3, -1)
    corners = np.vstack([corners, np.ones(corners.shape[1])])
    return bool(np.abs((ijk_to_ras(grid) - matrix) @ corners).max() <= _TOLERANCE_MM)


def add_geometry(scene: Scene, grid: Grid) -> Any:
    """A hidden, empty vtkMRMLScalarVolumeNode on a grid; it is saved with the scene."""
    node = add_volume(scene, "Lesion grid", np.zeros(grid.shape, dtype=np.uint8), grid)
    node.SetHideFromEditors(True)
    return node
