"""A sequence, volumes, segments, ROIs and points of the scene as a series and its regions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import dynamic_series as made
from support.node_images import add_array
from support.outlined import outlined

from MTINetLib.curves.measure import CurveRequest, measure_curves
from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.time_points import time_points_of_file
from MTINetLib.scene.curve_nodes import PART_ATTRIBUTE, curves_chart, show_curves, show_voxel
from MTINetLib.scene.curve_series import (
    box_region_of,
    point_regions_of,
    segment_regions_of,
    series_of_sequence,
    series_of_volumes,
)
from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.scene.volumes import add_volume, ijk_to_ras

pytestmark = pytest.mark.viewer

ARRAYS = made.volumes()
STILL = CurveRequest(watch_motion=False)


def add_sequence(scene: Scene, unit: str = "s") -> Any:
    sequence = scene.mrml.AddNewNodeByClass("vtkMRMLSequenceNode", "dynamic")
    sequence.SetIndexUnit(unit)
    for array, time in zip(ARRAYS, made.TIMES_S, strict=True):
        node = add_array(scene, array, ijk_to_ras(made.GRID), "frame")
        sequence.SetDataNodeAtValue(node, f"{time:g}")
        scene.mrml.RemoveNode(node)
    return sequence


def add_segments(scene: Scene) -> Any:
    volume = add_volume(scene, "where", ARRAYS[0], made.GRID)
    return outlined(volume, made.labels(), {1: "lesion", 2: "organ"})


def test_segments_along_a_sequence(scene: Scene, slicer: Any) -> None:
    series = series_of_sequence(add_sequence(scene))
    before = scene.mrml.GetNumberOfNodes()
    segmentation = add_segments(scene)
    added = scene.mrml.GetNumberOfNodes()
    regions = list(segment_regions_of(scene, segmentation, series.points[0].grid))
    assert scene.mrml.GetNumberOfNodes() == added > before, "nothing is left behind"
    found = measure_curves(series, regions, STILL)
    assert found.times_s == made.TIMES_S
    assert [region.name for region in found.regions] == ["lesion", "organ"]
    np.testing.assert_allclose(found.regions[0].mean, made.LESION)
    np.testing.assert_allclose(found.regions[1].mean, made.ORGAN)


def test_an_index_that_is_no_time_gives_no_times(scene: Scene) -> None:
    assert series_of_sequence(add_sequence(scene, unit="")).times_s == (None,) * 8


def test_volumes_under_a_transform_lie_where_it_puts_them(scene: Scene, slicer: Any) -> None:
    nodes = [add_volume(scene, f"t{number}", array, made.GRID) for number, array in enumerate(ARRAYS[:3])]
    transform = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[:3, 3] = 5.0, -7.0, 11.0
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    for node in nodes:
        node.SetAndObserveTransformNodeID(transform.GetID())
    grid = series_of_volumes(nodes).points[0].grid
    moved = np.array([-5.0, 7.0, 11.0])
    np.testing.assert_allclose(grid.to_lps((1, 2, 3)), made.GRID.to_lps((1, 2, 3)) + moved)


def test_what_bends_or_has_no_image_is_refused(scene: Scene) -> None:
    node = add_volume(scene, "t0", ARRAYS[0], made.GRID)
    other = scene.mrml.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    with pytest.raises(InputError, match="'empty' has no image data"):
        series_of_volumes([node, other])
    bending = scene.mrml.AddNewNodeByClass("vtkMRMLBSplineTransformNode")
    node.SetAndObserveTransformNodeID(bending.GetID())
    with pytest.raises(InputError, match="'t0' lies under a transform that bends or shears it"):
        series_of_volumes([node, node])


def test_a_turned_roi_and_points_are_where_slicer_shows_them(scene: Scene, slicer: Any) -> None:
    to_ras = ijk_to_ras(made.GRID)
    centre = to_ras @ np.array([8.0, 10.0, 4.0, 1.0])
    roi = scene.mrml.AddNewNodeByClass("vtkMRMLMarkupsROINode", "box")
    axes = to_ras[:3, :3] / np.linalg.norm(to_ras[:3, :3], axis=0)
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = axes, centre[:3]
    roi.SetSize(3 * 3.4, 5 * 3.6, 1.0)
    roi.SetAndObserveObjectToNodeMatrix(slicer.util.vtkMatrixFromArray(matrix))
    points = scene.mrml.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "points")
    points.AddControlPoint(*centre[:3], "here")
    series = series_of_sequence(add_sequence(scene))
    box, here = measure_curves(series, [box_region_of(roi), *point_regions_of(points)], STILL).regions
    assert (box.name, here.name) == ("box", "here")
    assert here.mean == tuple(float(array[4, 10, 8]) for array in ARRAYS)
    assert box.mean == tuple(float(array[4, 8:13, 7:10].mean()) for array in ARRAYS)


def test_a_sequence_that_slicer_wrote_is_read_with_its_times(
    scene: Scene, slicer: Any, tmp_path: Path
) -> None:
    storage = slicer.vtkMRMLVolumeSequenceStorageNode()
    path = tmp_path / "dynamic.seq.nrrd"
    storage.SetFileName(str(path))
    assert storage.WriteData(add_sequence(scene))
    found = time_points_of_file(path)
    assert found.times_s == made.TIMES_S
    assert found.grid.matches(made.GRID)
    np.testing.assert_array_equal(list(found.read()), ARRAYS)


def lines_of(chart: Any) -> list[Any]:
    return [chart.GetNthPlotSeriesNode(number) for number in range(chart.GetNumberOfPlotSeriesNodes())]


def test_the_chart_has_a_line_for_each_region_and_newer_curves_replace_older_ones(
    scene: Scene, slicer: Any
) -> None:
    series = series_of_sequence(add_sequence(scene))
    regions = list(segment_regions_of(scene, add_segments(scene), series.points[0].grid))
    found = measure_curves(series, regions, STILL)
    chart = show_curves(scene, found, relative=False)
    (lesion, organ) = lines_of(chart)
    assert (lesion.GetYColumnName(), organ.GetYColumnName()) == ("lesion", "organ")
    table = lesion.GetTableNode().GetTable()
    column = table.GetColumnByName("lesion")
    assert [column.GetValue(row) for row in range(8)] == pytest.approx(list(made.LESION))
    assert show_curves(scene, measure_curves(series, regions[:1], STILL), relative=True) is chart
    (only,) = lines_of(chart)
    assert only.GetYColumnName() == "lesion (%)"
    assert only.GetTableNode().GetTable().GetColumnByName("lesion (%)").GetValue(3) == pytest.approx(160.0)
    ours = [
        node
        for node in nodes_of_class(scene.mrml, "vtkMRMLPlotSeriesNode")
        if node.GetAttribute(PART_ATTRIBUTE)
    ]
    assert len(ours) == 1
    assert curves_chart(scene) is chart


def test_the_voxel_under_the_mouse_comes_and_goes_without_a_trace_in_the_saved_scene(
    scene: Scene, slicer: Any
) -> None:
    series = series_of_sequence(add_sequence(scene))
    found = measure_curves(series, list(segment_regions_of(scene, add_segments(scene), made.GRID)), STILL)
    chart = show_curves(scene, found, relative=False)
    show_voxel(scene, chart, found, made.LESION, relative=False)
    assert len(lines_of(chart)) == 3
    voxel = lines_of(chart)[2]
    assert not voxel.GetSaveWithScene()
    assert not voxel.GetTableNode().GetSaveWithScene()
    show_voxel(scene, chart, found, None, relative=False)
    assert len(lines_of(chart)) == 2
