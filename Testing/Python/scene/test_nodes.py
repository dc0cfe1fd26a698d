"""Volumes, segmentation, table, plot and layout of a shown study."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.made_analysis import TIMES_S, made_analysis, made_grid, made_study
from support.shown_results import paint_segment

from MTINetLib.findings import from_json
from MTINetLib.presentation.classes import on_black
from MTINetLib.presentation.colours import rgb
from MTINetLib.scene.curve_plot import curve_lines
from MTINetLib.scene.curve_table import add_curve_table
from MTINetLib.scene.layout import LAYOUT_ID, restore_layout, show_layout, show_usual_layout
from MTINetLib.scene.phase_views import slice_view_name
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import add_segmentation, lesion_mask, read_lesions, segment_labels
from MTINetLib.scene.show import FINDINGS_ATTRIBUTE, ShownStudy, show_findings, show_on_volumes
from MTINetLib.scene.volumes import add_phase_volumes
from MTINetLib.study.lesion_class import HCC
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.study.study import Study

pytestmark = pytest.mark.viewer

GRIDS = {
    "oblique": made_grid(),
    "left-handed": made_grid(left_handed=True),
    "sagittal": made_grid(degrees=(80.0, 5.0, 95.0)),
}


@pytest.fixture(params=list(GRIDS))
def study(request: pytest.FixtureRequest) -> Study:
    return made_study(GRIDS[request.param])


@pytest.fixture
def shown(scene: Scene, study: Study) -> ShownStudy:
    return show_findings(scene, study, made_analysis(study))  # type: ignore[arg-type]


def ras(node: Any, kji: tuple[int, int, int]) -> np.ndarray:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return np.array(matrix.MultiplyPoint((*kji[::-1], 1.0))[:3])


@pytest.mark.parametrize("kji", [(0, 0, 0), (23, 79, 95), (7, 20, 61)])
def test_voxels_lie_where_the_grid_says(shown: ShownStudy, study: Study, kji: tuple[int, int, int]) -> None:
    expected = study.grid.to_lps(kji) * [-1, -1, 1]
    for node in shown.volumes:
        assert ras(node, kji) == pytest.approx(expected, abs=1e-3)


def test_volumes_hold_the_voxels_of_their_phase(shown: ShownStudy, study: Study, slicer: Any) -> None:
    for phase, node in zip(FOUR_PHASES, shown.volumes, strict=True):
        assert np.array_equal(slicer.util.arrayFromVolume(node), study.phase(phase))
        assert node.GetAttribute("MTINet.Phase") == phase.value
    windows = {
        (node.GetDisplayNode().GetWindow(), node.GetDisplayNode().GetLevel()) for node in shown.volumes
    }
    assert len(windows) == 1, "one window for all phases, so that enhancement is seen"


def test_changing_the_scene_does_not_change_the_study(shown: ShownStudy, study: Study, slicer: Any) -> None:
    before = study.volumes.copy()
    slicer.util.arrayFromVolume(shown.volumes[0])[:] = -1
    assert np.array_equal(study.volumes, before)


def test_segments_are_the_lesions_voxel_by_voxel(shown: ShownStudy, study: Study) -> None:
    labels = made_analysis(study).labels
    found = segment_labels(shown.segmentation)
    assert sorted(found) == [1, 2]
    for label, segment_id in found.items():
        assert np.array_equal(lesion_mask(shown.segmentation, segment_id, shown.reference), labels == label)


def test_segments_lie_where_the_lesions_are(shown: ShownStudy, study: Study) -> None:
    for lesion in made_analysis(study).findings.lesions:
        surface_centre = shown.segmentation.GetSegmentCenterRAS(f"lesion_{lesion.label}")
        expected = np.array(lesion.centroid_lps_mm) * [-1, -1, 1]
        assert np.array(surface_centre) == pytest.approx(expected, abs=max(study.grid.spacing))


def test_segments_carry_name_colour_and_codes(shown: ShownStudy) -> None:
    one, two = read_lesions(shown.segmentation, shown.reference)
    assert (one.name, two.name) == ("1 HCC", "2 Hemangioma")
    assert one.colour == pytest.approx(rgb(on_black(HCC)))
    segmentation = shown.segmentation.GetSegmentation()
    assert "109841003" in segmentation.GetSegment("lesion_1").GetTerminology()
    assert "93469006" in segmentation.GetSegment("lesion_2").GetTerminology()
    assert "10200004" in segmentation.GetSegment("lesion_2").GetTerminology()


def test_a_corrected_and_renamed_segment_is_read_as_it_is_now(shown: ShownStudy) -> None:
    mask = np.zeros(made_grid().shape, np.uint8)
    mask[3:6, 10:20, 10:20] = 1
    paint_segment(shown.segmentation, "lesion_2", mask > 0, shown.reference)
    shown.segmentation.GetSegmentation().GetSegment("lesion_2").SetName("cyst")
    lesion = read_lesions(shown.segmentation, shown.reference)[1]
    assert (lesion.label, lesion.name) == (2, "cyst")
    assert np.array_equal(lesion.mask, mask > 0)


def test_lesions_that_touch_keep_their_own_voxels(scene: Scene) -> None:
    study = made_study()
    labels = np.zeros(study.grid.shape, np.uint8)
    labels[5:10, 20:30, 20:30], labels[5:10, 20:30, 30:40] = 1, 2
    volume = add_phase_volumes(scene, study)[2]
    node = add_segmentation(labels, made_analysis(study).findings.lesions, volume)
    for label, segment_id in segment_labels(node).items():
        assert np.array_equal(lesion_mask(node, segment_id, volume), labels == label)


def test_no_lesion_is_an_empty_segmentation(scene: Scene) -> None:
    study = made_study()
    shown = show_findings(scene, study, made_analysis(study, ()))  # type: ignore[arg-type]
    assert shown.segmentation.GetSegmentation().GetNumberOfSegments() == 0
    assert shown.chart.GetTitle() == "No lesion is chosen"
    assert shown.chart.GetNthPlotSeriesNode(0).GetName() == "no curve"
    assert read_lesions(shown.segmentation, shown.reference) == ()


def test_the_findings_travel_with_the_segmentation(shown: ShownStudy, study: Study) -> None:
    back = from_json(shown.segmentation.GetAttribute(FINDINGS_ATTRIBUTE))
    assert back.lesions[1].volume_ml == made_analysis(study).findings.lesions[1].volume_ml


def test_the_table_holds_every_curve(shown: ShownStudy, study: Study) -> None:
    table = shown.table.GetTable()

    def column(name: str) -> list[float]:
        return [table.GetColumnByName(name).GetValue(row) for row in range(4)]

    lesion = made_analysis(study).findings.lesions[1]
    assert lesion.liver_curve is not None
    assert column("Time (s)") == list(TIMES_S)
    assert column("Lesion 2 measured") == list(lesion.measured_curve.mean)
    assert column("Lesion 2 SD") == list(lesion.measured_curve.sd)
    assert column("Lesion 2 predicted") == list(lesion.predicted_curve or ())
    assert column("Lesion 2 liver") == list(lesion.liver_curve.mean)


def test_without_times_the_table_counts_the_phases(scene: Scene) -> None:
    found = made_analysis(made_study()).findings
    untimed = replace(found.study, times_s=(None, 30.0, 70.0, 180.0))
    table = add_curve_table(scene, found.lesions, untimed).GetTable()
    assert table.GetColumnByName("Time (s)") is None
    assert [table.GetColumnByName("Phase number").GetValue(row) for row in range(4)] == [1, 2, 3, 4]


def test_every_series_draws_a_column_of_the_table_over_time(shown: ShownStudy) -> None:
    assert shown.chart.GetNumberOfPlotSeriesNodes() == len(shown.results.series) == 5
    table = shown.table.GetTable()
    for series in shown.results.series:
        assert series.GetPlotTypeAsString(series.GetPlotType()) == "Scatter", "type line ignores the x column"
        assert table.GetColumnByName(series.GetXColumnName()) is not None
        assert table.GetColumnByName(series.GetYColumnName()) is not None


def test_two_lesions_of_one_class_have_two_colours_in_one_picture() -> None:
    study = made_study()
    lesions = made_analysis(study, (HCC, HCC)).findings.lesions
    lines = curve_lines(lesions, made_analysis(study).findings.study)
    assert len(lines) == 6
    assert len({line.colour for line in lines if line.sd_column}) == 2


def test_each_phase_has_its_view_and_the_users_layout_comes_back(
    scene: Scene, shown: ShownStudy, slicer: Any
) -> None:
    layout = scene.mrml.GetFirstNodeByClass("vtkMRMLLayoutNode")
    four_up = slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView
    layout.SetViewArrangement(four_up)
    assert show_layout(scene, shown.results.by_phase, shown.chart) == four_up
    assert show_layout(scene, shown.results.by_phase, shown.chart) == four_up, (
        "also when ours is there already"
    )
    assert layout.GetViewArrangement() == LAYOUT_ID
    for phase, volume in zip(FOUR_PHASES, shown.volumes, strict=True):
        name = slice_view_name(phase)
        composite = scene.mrml.GetSingletonNode(name, "vtkMRMLSliceCompositeNode")
        assert composite.GetBackgroundVolumeID() == volume.GetID()
        assert scene.mrml.GetSingletonNode(name, "vtkMRMLSliceNode").GetLayoutName() == name
    restore_layout(scene, four_up)
    assert layout.GetViewArrangement() == four_up


def test_showing_the_layout_twice_makes_no_second_views(shown: ShownStudy, scene: Scene) -> None:
    count = scene.mrml.GetNumberOfNodes()
    show_layout(scene, shown.results.by_phase, shown.chart)
    assert scene.mrml.GetNumberOfNodes() == count


def test_the_usual_layout_shows_the_reference_phase_at_the_lesion(shown: ShownStudy, scene: Scene) -> None:
    show_usual_layout(scene, shown.reference, shown.chart, (10.0, 20.0, 30.0))
    red = scene.mrml.GetNodeByID("vtkMRMLSliceNodeRed")
    assert red.GetSliceOffset() == pytest.approx(30.0)
    composite = scene.mrml.GetSingletonNode("Red", "vtkMRMLSliceCompositeNode")
    assert composite.GetBackgroundVolumeID() == shown.reference.GetID()


def test_lesions_stand_beside_their_volumes_and_the_rest_in_a_folder_there(
    shown: ShownStudy, scene: Scene
) -> None:
    hierarchy = scene.mrml.GetSubjectHierarchyNode()

    def parent(node: Any) -> int:
        return int(hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)))

    results = shown.results
    study = parent(results.segmentation)
    assert hierarchy.GetItemName(study) == "MTI-Net study"
    assert {parent(volume) for volume in results.volumes} == {study}
    (folder,) = {
        parent(node) for node in (results.ai_segmentation, results.table, results.lesion_table, results.chart)
    }
    assert hierarchy.GetItemParent(folder) == study


def test_findings_can_be_shown_on_volumes_that_are_there(scene: Scene) -> None:
    study = made_study()
    volumes = add_phase_volumes(scene, study)
    count = scene.mrml.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")
    shown = show_on_volumes(scene, study, made_analysis(study), volumes)  # type: ignore[arg-type]
    assert scene.mrml.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == count
    assert shown.reference is volumes[study.index(study.reference)]


def test_reading_masks_leaves_no_node_behind(shown: ShownStudy, scene: Scene) -> None:
    count = scene.mrml.GetNumberOfNodes()
    read_lesions(shown.segmentation, shown.reference)
    assert scene.mrml.GetNumberOfNodes() == count
