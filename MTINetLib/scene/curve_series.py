"""A series of the scene and the regions of its nodes, for curves: voxels are looked at where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from MTINetLib.curves.regions import BoxRegion, Lps, PointRegion, Region, SegmentRegion
from MTINetLib.curves.series import Array, SeriesPoint, TimeSeries
from MTINetLib.errors import InputError
from MTINetLib.scene.geometry_node import add_geometry
from MTINetLib.scene.node_geometry import (
    grid_of_matrix,
    is_sheared,
    own_matrix,
    shape_of,
    to_array,
    world_matrix,
)
from MTINetLib.scene.phase_images import node_array, why_unusable
from MTINetLib.scene.remove_nodes import remove_nodes
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import lesion_mask, segment_ids
from MTINetLib.scene.sequence_times import times_of_sequence
from MTINetLib.scene.sequences import shown_transform, volume_items
from MTINetLib.scene.volumes import LPS_TO_RAS
from MTINetLib.study.grid import FloatArray, Grid


def series_of_sequence(sequence: Any) -> TimeSeries:
    """The items of a vtkMRMLSequenceNode; they are not added to the scene.

    Raises:
        InputError: it holds no two volumes, or lies under a transform that bends.
    """
    items = volume_items(sequence)
    nodes = [sequence.GetNthDataNode(number) for number in items]
    times = times_of_sequence(sequence)
    return _series(nodes, [times[number] for number in items], _above(sequence), "the index of the sequence")


def series_of_volumes(nodes: Sequence[Any]) -> TimeSeries:
    """Volume nodes in the order of time, at times that the user has to give.

    Raises:
        InputError: one is no volume with an image, lies under a transform that bends, or there are too few.
    """
    for node in nodes:
        reason = why_unusable(node)
        if reason is not None:
            raise InputError(reason)
    return _series(nodes, [None] * len(nodes), None, "")


def _series(
    nodes: Sequence[Any], times: Sequence[float | None], above: FloatArray | None, source: str
) -> TimeSeries:
    points = tuple(
        SeriesPoint(str(node.GetName() or f"time point {number}"), _grid(node, above), time)
        for number, (node, time) in enumerate(zip(nodes, times, strict=True), start=1)
    )

    def read() -> Iterator[Array]:
        return map(node_array, nodes)

    return TimeSeries(points, read, source if None not in times else "")


def _grid(node: Any, above: FloatArray | None) -> Grid:
    """Where the voxels lie in the world; ``above``: 4 x 4 of a transform that the node does not know."""
    name = str(node.GetName())
    matrix = world_matrix(node) if above is None else above @ own_matrix(node)
    if matrix is None or is_sheared(matrix):
        raise InputError(
            f"The volume '{name}' lies under a transform that bends or shears it: harden or remove it first."
        )
    return grid_of_matrix(matrix, shape_of(node), name)


def _above(sequence: Any) -> FloatArray | None:
    """Of the transform that the volume shown by a browser is under; None for none."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    transform_id = shown_transform(sequence)
    transform = None if transform_id is None else sequence.GetScene().GetNodeByID(transform_id)
    if transform is None:
        return None
    if not transform.IsTransformToWorldLinear():
        raise InputError(
            f"The sequence '{sequence.GetName()}' lies under a transform that bends it: harden or remove it "
            "first."
        )
    matrix = vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(matrix)
    return to_array(matrix)


def segment_regions_of(scene: Scene, segmentation: Any, grid: Grid) -> Iterator[Region]:
    """The segments that have a voxel on a grid, one after the other: each may take a while."""
    inner = segmentation.GetSegmentation()
    geometry = add_geometry(scene, grid)
    geometry.SetSaveWithScene(False)
    try:
        for segment_id in segment_ids(segmentation):
            mask = lesion_mask(segmentation, segment_id, geometry)
            if mask.any():
                yield SegmentRegion.of(str(inner.GetSegment(segment_id).GetName()), mask, grid)
    finally:
        remove_nodes([geometry])


def box_region_of(roi: Any) -> Region:
    """A vtkMRMLMarkupsROINode, with its turns."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    to_node, sizes = to_array(roi.GetObjectToNodeMatrix()), roi.GetSize()
    parent = roi.GetParentTransformNode()
    if parent is not None:
        if not parent.IsTransformToWorldLinear():
            raise InputError(f"'{roi.GetName()}' lies under a transform that bends it: harden it first.")
        matrix = vtkMatrix4x4()
        parent.GetMatrixTransformToWorld(matrix)
        to_node = to_array(matrix) @ to_node
    lps = (LPS_TO_RAS @ to_node)[:3]
    lengths = np.linalg.norm(lps[:, :3], axis=0)
    width, depth, height = (float(size * length) for size, length in zip(sizes, lengths, strict=True))
    return BoxRegion(str(roi.GetName()), _lps(lps[:, 3]), (width, depth, height), lps[:, :3] / lengths)


def point_regions_of(points: Any) -> list[Region]:
    """The control points of a vtkMRMLMarkupsFiducialNode that were placed."""
    found: list[Region] = []
    for number in range(points.GetNumberOfControlPoints()):
        if points.GetNthControlPointPositionStatus(number) == points.PositionDefined:
            ras = [0.0, 0.0, 0.0]
            points.GetNthControlPointPositionWorld(number, ras)
            found.append(PointRegion(str(points.GetNthControlPointLabel(number)), lps_of(ras)))
    return found


def lps_of(ras: Sequence[float]) -> Lps:
    return (-float(ras[0]), -float(ras[1]), float(ras[2]))


def _lps(values: FloatArray) -> Lps:
    return (float(values[0]), float(values[1]), float(values[2]))
