"""Results in the scene: made in steps, found again, also after the scene was saved and opened."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support.first_format import first_format
from support.made_analysis import made_analysis, made_grid, made_study
from support.node_images import finished
from support.shown_results import paint, results_in, shown_results

from MTINetLib.errors import InputError
from MTINetLib.findings import LesionFinding, StudyFindings, from_dict
from MTINetLib.scene import show_results as show_results_module
from MTINetLib.scene.edit_lesions import add_lesion, delete_lesion
from MTINetLib.scene.results import (
    FINDINGS_ATTRIBUTE,
    ai_findings,
    ai_labels,
    corrected_labels,
    find_results,
    findings_of,
    remove_results,
    selected_lesion,
    show_curve,
    shows_relative,
    update_results,
)
from MTINetLib.scene.save import load_scene, save_scene
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import add_lesion as add_segment
from MTINetLib.scene.segmentation import segment_labels
from MTINetLib.scene.select_lesion import select_lesion
from MTINetLib.scene.show_results import show_results
from MTINetLib.scene.volumes import add_phase_volumes
from MTINetLib.study.lesion_class import HCC, UNDECIDED

pytestmark = pytest.mark.viewer


def test_results_are_found_by_their_segmentation(scene: Scene) -> None:
    results, _, analysis = shown_results(scene)
    again = find_results(scene, results.segmentation)
    assert again is not None
    for name in ("volumes", "reference", "geometry", "segmentation", "ai_segmentation", "series", "chart"):
        assert getattr(again, name) == getattr(results, name), name
    assert findings_of(again) == analysis.findings
    assert ai_findings(again) == analysis.findings
    assert results_in(scene) == (again,)


def test_the_labels_come_back_as_they_went_in(scene: Scene) -> None:
    results, _, analysis = shown_results(scene)
    assert np.array_equal(corrected_labels(results), analysis.labels)
    assert np.array_equal(ai_labels(results), analysis.labels)
    assert corrected_labels(results).dtype == np.uint8


def test_findings_of_a_scene_saved_with_their_first_format_are_kept(scene: Scene) -> None:
    shown, *_ = shown_results(scene)
    shown.segmentation.SetAttribute(FINDINGS_ATTRIBUTE, json.dumps(first_format()))
    found = find_results(scene, shown.segmentation)
    assert found is not None
    assert findings_of(found) == from_dict(first_format())
    assert [lesion.label for lesion in findings_of(found).lesions] == [3]


def test_other_segmentations_are_no_results(scene: Scene) -> None:
    node = scene.mrml.AddNewNodeByClass("vtkMRMLSegmentationNode")
    assert find_results(scene, node) is None
    node.SetAttribute("MTINet.Findings", "{ spoilt")
    assert find_results(scene, node) is None
    assert results_in(scene) == ()


def test_results_without_their_volumes_are_none_any_more(scene: Scene) -> None:
    results, *_ = shown_results(scene)
    scene.mrml.RemoveNode(results.volumes[0])
    assert find_results(scene, results.segmentation) is None


def test_tables_and_plot_that_the_user_removed_are_made_again(scene: Scene) -> None:
    results, *_ = shown_results(scene)
    for node in (results.table, results.lesion_table, results.chart, results.series[1]):
        scene.mrml.RemoveNode(node)
    again = find_results(scene, results.segmentation)
    assert again is not None
    assert again.table.GetNumberOfRows() == 4
    assert again.lesion_table.GetNumberOfRows() == 2
    show_curve(again, 2)
    assert again.chart.GetNumberOfPlotSeriesNodes() == 5
    assert scene.mrml.GetNumberOfNodesByClass("vtkMRMLPlotSeriesNode") == 5, "those left over are gone"


@pytest.mark.parametrize("left_handed", [False, True])
def test_a_saved_scene_opens_again_with_corrections_and_selection(
    scene: Scene, tmp_path: Path, left_handed: bool
) -> None:
    results, study, analysis = shown_results(scene, made_grid(left_handed=left_handed))
    number = add_lesion(results)
    added = np.zeros(study.grid.shape, dtype=np.bool_)
    added[2:5, 10:14, 60:70] = True
    paint(results, segment_labels(results.segmentation)[number], added)
    corrected = corrected_labels(results)
    select_lesion(results, 2)
    show_curve(results, 2, relative=True)
    save_scene(scene, tmp_path / "größer, mit Leerzeichen.mrb")
    scene.mrml.Clear(False)
    load_scene(scene, tmp_path / "größer, mit Leerzeichen.mrb")
    (again,) = results_in(scene)
    # A left-handed stack comes back with its slices the other way round, and so do the labels on it.
    turn = slice(None, None, -1) if left_handed else slice(None)
    assert np.array_equal(corrected_labels(again), corrected[turn])
    assert np.array_equal(ai_labels(again), analysis.labels[turn])
    assert (selected_lesion(again), shows_relative(again)) == (2, True)
    for found in (findings_of(again), ai_findings(again)):
        assert found is not None
        assert found.provenance == analysis.findings.provenance
        for lesion in found.lesions:
            used = np.flatnonzero((ai_labels(again) == lesion.label).any(axis=(1, 2)))
            assert lesion.slices == (used[0], used[-1])
    assert not again.ai_segmentation.GetDisplayNode().GetVisibility()
    assert [node.GetAttribute("MTINet.Phase") for node in again.volumes] == [
        "pre",
        "arterial",
        "portal_venous",
        "delayed",
    ]
    column = again.table.GetTable().GetColumnByName("Lesion 2 measured (%)")
    assert column.IsA("vtkDoubleArray") or column.IsA("vtkTypeFloat64Array"), "numbers, not text"
    assert again.chart.GetNumberOfPlotSeriesNodes() == 5
    assert again.series[0].GetYColumnName() == "Lesion 2 measured (%)"
    assert again.lesion_table.GetTable().GetColumnByName("Class").GetValue(1) == "Hemangioma"


def test_findings_measured_again_are_shown_everywhere(scene: Scene) -> None:
    results, _, analysis = shown_results(scene)
    one, two = analysis.findings.lesions
    changed = replace(one, lesion_class=UNDECIDED, volume_ml=12.345)
    select_lesion(results, 1)
    show_curve(results, 1)
    update_results(results, replace(analysis.findings, lesions=(changed, two)))
    segment = results.segmentation.GetSegmentation().GetSegment(segment_labels(results.segmentation)[1])
    assert segment.GetName() == "1 Undecided"
    assert segment.GetColor() == pytest.approx((200 / 255,) * 3)
    assert "52988006" in segment.GetTerminology()
    table = results.lesion_table.GetTable()
    assert table.GetColumnByName("Volume (mL)").GetValue(0) == 12.35
    assert table.GetColumnByName("Class").GetValue(0) == "Undecided"
    assert results.series[0].GetName() == "1 Undecided, measured"
    assert findings_of(results).lesions[0].volume_ml == 12.345
    original = ai_findings(results)
    assert original is not None
    assert original.lesions[0].lesion_class == HCC


def test_a_name_or_colour_of_the_user_stays(scene: Scene) -> None:
    results, _, analysis = shown_results(scene)
    inner = results.segmentation.GetSegmentation()
    one, two = (inner.GetSegment(segment_labels(results.segmentation)[label]) for label in (1, 2))
    one.SetName("the large one")
    two.SetColor(0.1, 0.9, 0.2)
    update_results(results, changed_classes(analysis.findings))
    assert one.GetName() == "the large one"
    assert one.GetColor() == pytest.approx((200 / 255,) * 3)
    assert two.GetName() == "2 Undecided"
    assert two.GetColor() == pytest.approx((0.1, 0.9, 0.2))


def changed_classes(findings: StudyFindings) -> StudyFindings:
    lesions = tuple(replace(lesion, lesion_class=UNDECIDED) for lesion in findings.lesions)
    return replace(findings, lesions=lesions)


def test_a_lesion_that_is_gone_leaves_tables_and_plot(scene: Scene) -> None:
    results, _, analysis = shown_results(scene)
    select_lesion(results, 2)
    show_curve(results, 2)
    delete_lesion(results, 2)
    update_results(results, replace(analysis.findings, lesions=analysis.findings.lesions[:1]))
    assert results.lesion_table.GetNumberOfRows() == 1
    assert results.table.GetTable().GetColumnByName("Lesion 2 measured") is None
    assert results.chart.GetNumberOfPlotSeriesNodes() == 1
    assert results.chart.GetNthPlotSeriesNode(0).GetName() == "no curve"


def test_removing_results_leaves_the_volumes_and_nothing_else(scene: Scene) -> None:
    add_phase_volumes(scene, made_study())
    before = {node.GetID() for node in nodes(scene)}
    study = made_study()
    volumes = tuple(scene.mrml.GetNthNodeByClass(n, "vtkMRMLScalarVolumeNode") for n in range(4))
    results = finished(
        show_results(scene, made_analysis(study).findings, made_analysis(study).labels, volumes, volumes[2])
    )
    remove_results(results)
    left = {node.GetID() for node in nodes(scene)} - before
    assert {scene.mrml.GetNodeByID(name).GetClassName() for name in left} <= {"vtkMRMLSubjectHierarchyNode"}
    hierarchy = scene.mrml.GetSubjectHierarchyNode()
    assert hierarchy.GetItemByName("MTI-Net results") == hierarchy.GetInvalidItemID()


def test_a_run_that_ends_in_the_middle_leaves_nothing(scene: Scene) -> None:
    study = made_study()
    volumes = add_phase_volumes(scene, study)
    scene.mrml.GetSubjectHierarchyNode()  # made when it is first asked for
    count = scene.mrml.GetNumberOfNodes()
    for steps in range(1, 5):
        show = show_results(
            scene, made_analysis(study).findings, made_analysis(study).labels, volumes, volumes[2]
        )
        for _ in range(steps):
            next(show)
        show.close()
        assert scene.mrml.GetNumberOfNodes() == count


def test_labels_of_another_size_are_refused(scene: Scene) -> None:
    study = made_study()
    volumes = add_phase_volumes(scene, study)
    count = scene.mrml.GetNumberOfNodes()
    with pytest.raises(InputError, match="96 x 80 x 23 voxels"):
        finished(
            show_results(
                scene, made_analysis(study).findings, made_analysis(study).labels[1:], volumes, volumes[2]
            )
        )
    assert scene.mrml.GetNumberOfNodes() == count


def test_a_step_makes_one_lesion_or_one_kind_of_node(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    study = made_study()
    findings, labels = several_lesions(7)
    volumes = add_phase_volumes(scene, study)
    added: list[int] = []

    def counted(node: Any, lesion: LesionFinding, *rest: Any) -> str:
        added.append(lesion.label)
        return add_segment(node, lesion, *rest)

    monkeypatch.setattr(show_results_module, "add_lesion", counted)
    steps = show_results(scene, findings, labels, volumes, volumes[2])
    touched = []
    for _ in range(100):
        before = len(added)
        ended = next(steps, "ended") == "ended"
        touched.append(added[before:])
        if ended:
            break
    # One lesion a step, in both segmentations, and in no step anything of another.
    assert [labels for labels in touched if labels] == [[label, label] for label in range(1, 8)]
    # The nodes, the two tables and the plot have a step of their own each, and the last one files them.
    assert len(touched) == 1 + 7 + 3


def several_lesions(count: int) -> tuple[StudyFindings, npt.NDArray[np.uint8]]:
    """The first made lesion ``count`` times over, side by side."""
    made = made_analysis(made_study())
    labels = np.zeros_like(made.labels)
    for label in range(1, count + 1):
        labels[2:5, 10:14, 8 * label : 8 * label + 5] = label
    lesions = tuple(replace(made.findings.lesions[0], label=label) for label in range(1, count + 1))
    return replace(made.findings, lesions=lesions), labels


def test_no_lesion_at_all_is_a_result_too(scene: Scene) -> None:
    results, *_ = shown_results(scene, classes=())
    assert results.lesion_table.GetNumberOfRows() == 0
    assert not corrected_labels(results).any()
    select_lesion(results, 1)
    show_curve(results, 1)
    assert selected_lesion(results) is None
    assert find_results(scene, results.segmentation) is not None


def nodes(scene: Scene) -> list[Any]:
    return [scene.mrml.GetNthNode(n) for n in range(scene.mrml.GetNumberOfNodes())]


def test_the_scene_of_the_command_line_opens_with_its_results(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.scene import write_scene as writing

    monkeypatch.setattr(writing, "rendering_is_possible", lambda: (False, "no pictures here"))
    study = made_study()
    analysis = made_analysis(study)
    writing.write_scene(scene, tmp_path, study, analysis)  # type: ignore[arg-type]
    load_scene(scene, tmp_path / "scene.mrb")
    (results,) = results_in(scene)
    assert findings_of(results) == analysis.findings
    assert np.array_equal(corrected_labels(results), analysis.labels)
    assert selected_lesion(results) == 1
    assert results.chart.GetNumberOfPlotSeriesNodes() == 5
    assert results.reference.GetAttribute("MTINet.Phase") == "portal_venous"
