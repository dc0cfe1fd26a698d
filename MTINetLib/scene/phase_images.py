"""What the study is made of: volume nodes of the scene as images with their place in the world."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.scene.node_geometry import (
    grid_of_matrix,
    is_sheared,
    refuse_flat,
    refuse_stored_otherwise,
    shape_of,
    world_matrix,
)
from MTINetLib.scene.resample_node import resample_steps
from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.scene.sequences import changes_with_browser
from MTINetLib.scene.sequences import volumes_of_sequence as volumes_of_sequence
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.study.grid import Grid

#: A flag of the study: a phase lies where no grid can follow its axes or transform, and was interpolated.
RESAMPLED_TRANSFORM = "resampled_transform"
_SCALAR_VOLUME = "vtkMRMLScalarVolumeNode"
_OTHER_KINDS = {
    "vtkMRMLLabelMapVolumeNode": "a label map",
    "vtkMRMLVectorVolumeNode": "a colour or vector volume",
    "vtkMRMLStreamingVolumeNode": "a video stream",
    "vtkMRMLMultiVolumeNode": "a multi-volume; load it again as a volume sequence",
}


@dataclass(frozen=True, eq=False)
class NodeImage:
    """One volume node as the study sees it.

    Args:
        array: [K, J, I] in the volume's own number type. It is the node's own memory, not a copy, unless
            ``resampled``: read it before the node changes, and never write to it.
        grid: world LPS, with all parent transforms. ``array[k, j, i]`` is the voxel (i, j, k) of the node,
            unless ``resampled``.
        description: the node's name.
        resampled: the node's axes are sheared, or a transform that no grid can follow moves it, and the
            image was brought onto a grid of its own. A mask of it belongs on ``grid`` in the world, not
            on the node's voxels.
    """

    array: npt.NDArray[Any]
    grid: Grid
    description: str
    resampled: bool = False


def node_image_steps(volume_node: Any) -> Generator[None, None, NodeImage]:
    """The voxels of a volume node and where they lie, in steps of about 30 ms; the scene is not changed.

    Only resampling needs more than one step.

    Raises:
        InputError: there is no such node, it is no scalar volume, has no image data, holds values that are
            not finite, or its transform cannot be followed.
    """
    reason = why_unusable(volume_node)
    if reason is not None:
        raise InputError(reason)
    name = str(volume_node.GetName())
    array = node_array(volume_node)
    _refuse_bad_numbers(array, name)
    refuse_stored_otherwise(volume_node)
    matrix = world_matrix(volume_node)
    if matrix is not None:
        refuse_flat(matrix, name)
    if matrix is None or is_sheared(matrix):
        resampled, grid = yield from resample_steps(volume_node)
        return NodeImage(resampled, grid, name, resampled=True)
    return NodeImage(array, grid_of_matrix(matrix, shape_of(volume_node), name), name)


def candidate_volumes(scene: Scene) -> tuple[Any, ...]:
    """The volume nodes of the scene that may be phases, in the scene's order.

    Hidden nodes, other kinds of volumes, and volumes that show a sequence's time points in turn are left
    out: they change with the browser (:func:`volumes_of_sequence` makes nodes that stay).
    """
    return tuple(node for node in scalar_volumes(scene) if not changes_with_browser(node))


def scalar_volumes(scene: Scene) -> tuple[Any, ...]:
    """All scalar volumes with an image that the user can see in selectors."""
    nodes = nodes_of_class(scene.mrml, _SCALAR_VOLUME)
    return tuple(node for node in nodes if not node.GetHideFromEditors() and why_unusable(node) is None)


def why_unusable(volume_node: Any) -> str | None:
    """A sentence why a node cannot be a phase at all, None if it can; the pixels are not looked at."""
    if volume_node is None or volume_node.GetScene() is None:
        return "No volume is chosen, or it was deleted: choose a volume of the scene."
    name = str(volume_node.GetName())
    kind = volume_node.GetClassName()
    if kind != _SCALAR_VOLUME:
        what = _OTHER_KINDS.get(kind, "no scalar volume")
        return f"'{name}' cannot be a phase, it is {what}: choose a grey-value MR volume."
    image = volume_node.GetImageData()
    if image is None or image.GetPointData().GetScalars() is None or min(image.GetDimensions()) < 1:
        return f"The volume '{name}' has no image data: load it again or choose another one."
    if image.GetNumberOfScalarComponents() != 1:
        return f"'{name}' cannot be a phase, it has several values per voxel: choose a grey-value MR volume."
    return None


def node_array(volume_node: Any) -> npt.NDArray[Any]:
    """The node's own voxels [K, J, I], not a copy."""
    array: npt.NDArray[Any] = slicer_module().util.arrayFromVolume(volume_node)
    return array


def _refuse_bad_numbers(array: npt.NDArray[Any], name: str) -> None:
    if has_bad_numbers(array):
        raise InputError(
            f"The volume '{name}' holds infinite values: load or export it again, with NaN where there is no "
            "image."
        )


def has_bad_numbers(array: npt.NDArray[Any]) -> bool:
    """Whether an array holds infinity; NaN says that there is no image."""
    if array.dtype.kind != "f" or array.size == 0:
        return False
    # Neither needs a copy.
    return bool(np.isinf(np.fmin.reduce(array, axis=None)) or np.isinf(np.fmax.reduce(array, axis=None)))
