"""A liver in the module: given by a node, shown, edited and measured again, and moved along the curve."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.corrected_session import corrected_session, settle
from support.made_analysis import made_analysis, made_labels, made_study
from support.shown_results import paint_segment
from support.waiting import wait_until

from MTINetLib.errors import InputError
from MTINetLib.pipeline.liver import given_liver
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.scene.scene import Scene
from MTINetLib.study.study import Study

pytestmark = pytest.mark.viewer


@pytest.fixture(scope="module")
def study() -> Study:
    return made_study()


def liver_mask(study: Study) -> np.ndarray:
    k, j, i = np.meshgrid(*[np.linspace(-1, 1, n) for n in study.grid.shape], indexing="ij")
    return ((k / 0.9) ** 2 + ((j + 0.05) / 0.55) ** 2 + ((i + 0.3) / 0.45) ** 2) < 1


@pytest.fixture
def session(scene: Scene, worker: Any, study: Study) -> Any:
    made = made_analysis(study)
    liver = given_liver(liver_mask(study), "liver of before", study)
    findings = remeasure(study, made.labels, made.findings, liver=liver)
    provenance = replace(findings.provenance, corrected_by_person=False)
    analysis = replace(made, findings=replace(findings, provenance=provenance), liver=liver)
    return corrected_session(scene, worker, study, analysis)


def paint_liver(session: Any, mask: np.ndarray) -> None:
    paint_segment(session.results.liver, "liver", mask, session.results.reference)


def test_the_liver_is_a_node_of_its_own_that_is_found_again(session: Any, study: Study) -> None:
    from MTINetLib.scene.liver_node import liver_mask as of_node
    from MTINetLib.scene.results import find_results

    results = session.results
    assert np.array_equal(of_node(results.liver, results.geometry), liver_mask(study))
    found = find_results(session.scene, results.segmentation)
    assert found.liver is results.liver
    display = results.liver.GetDisplayNode()
    assert not display.GetVisibility2DFill()


def test_an_edited_liver_is_measured_again_and_said_to_be(session: Any, study: Study) -> None:
    before = session.findings.liver
    mask = liver_mask(study)
    half = mask.copy()
    half[:12] = False
    paint_liver(session, half)
    settle(session, lambda: session.findings.liver.edited_by_person)
    told = session.findings.liver
    whole = half | (made_labels(study.grid) > 0)
    assert told.volume_ml == pytest.approx(whole.sum() * study.grid.voxel_volume_mm3 / 1000)
    assert (told.origin, told.source) == (before.origin, before.source)
    assert session.findings.lesions[0].liver_overlap < 0.9
    assert session.findings.provenance.corrected_by_person

    paint_liver(session, mask)
    settle(session, lambda: not session.findings.liver.edited_by_person)
    assert session.findings.liver == before


def test_lesions_and_liver_do_not_take_voxels_from_each_other(session: Any, study: Study) -> None:
    from MTINetLib.scene.liver_node import liver_mask as of_node
    from MTINetLib.scene.results import corrected_labels

    session.correction.delete(2)
    settle(session)
    results = session.results
    assert np.array_equal(of_node(results.liver, results.geometry), liver_mask(study))
    assert set(np.unique(corrected_labels(results))) == {0, 1}
    session.correction.revert_all()
    settle(session)
    assert set(np.unique(corrected_labels(results))) == {0, 1, 2}
    assert results.liver.GetSegmentation().GetNumberOfSegments() == 1


def test_a_report_holds_the_liver_of_now(session: Any, study: Study, tmp_path: Path) -> None:
    session.reports.write(tmp_path, ("json", "labels", "csv"))
    settle(session)
    folder = session.reports.folder
    assert {"liver.nii.gz", "liver.csv"} <= {file.name for file in folder.iterdir()}


def add_segmentation(session: Any, parts: dict[str, np.ndarray]) -> Any:
    """A segmentation of the user with these segments."""
    from MTINetLib.scene.segmentation import empty_segmentation

    reference = session.results.reference
    node = empty_segmentation("TotalSegmentator", reference)
    for name, mask in parts.items():
        segment = node.GetSegmentation().AddEmptySegment("", name)
        paint_segment(node, segment, mask, reference)
    return node


def analyzed(session: Any, model: Path) -> Any:
    session.choices.model = str(model)
    session.start_analysis()
    wait_until(lambda: not session.busy, session.poll, lambda: str(session.state))
    return session.findings


def test_a_segmentation_of_the_scene_gives_the_liver_by_its_name(
    session: Any, study: Study, model: Path
) -> None:
    mask = liver_mask(study)
    spleen = np.zeros_like(mask)
    spleen[:, :6, :6] = True
    session.choices.liver = add_segmentation(session, {"spleen": spleen, "liver": mask})
    findings = analyzed(session, model)
    assert session.error is None
    assert (findings.liver.origin, findings.liver.source) == ("given", "TotalSegmentator")
    assert findings.liver.volume_ml == pytest.approx(mask.sum() * study.grid.voxel_volume_mm3 / 1000)
    assert session.analyzed.liver.anatomy is not None


def test_a_node_that_does_not_tell_is_asked_about(session: Any, study: Study, model: Path) -> None:
    mask = liver_mask(study)
    other = np.zeros_like(mask)
    other[:, :6, :6] = True
    session.choices.liver = add_segmentation(session, {"Segment_1": other, "Segment_2": mask})
    before = session.findings
    analyzed(session, model)
    assert isinstance(session.error, InputError)
    assert "does not say which of its parts is the liver" in str(session.error)
    assert session.findings is before
    session.choices.liverPart = "2"
    session.error = None
    findings = analyzed(session, model)
    assert session.error is None
    assert findings.liver.source == "TotalSegmentator"


def test_a_label_map_on_another_grid_gives_the_liver(session: Any, study: Study, model: Path) -> None:
    from MTINetLib.scene.slicer_core import slicer_module
    from MTINetLib.scene.volumes import ijk_to_ras

    slicer = slicer_module()
    grid = replace(study.grid, shape=(24, 70, 80), origin=tuple(study.grid.to_lps((0, 4, 6))))
    node = session.scene.mrml.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "liver map")
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(ijk_to_ras(grid)))
    mask = liver_mask(study)
    slicer.util.updateVolumeFromArray(node, mask[:, 4:74, 6:86].astype(np.uint8))
    session.choices.liver = node
    findings = analyzed(session, model)
    assert session.error is None
    kept = mask.copy()
    kept[:, :4] = kept[:, 74:] = False
    kept[:, :, :6] = kept[:, :, 86:] = False
    from MTINetLib.scene.liver_node import liver_mask as of_node

    assert np.array_equal(of_node(session.results.liver, session.results.geometry), kept)
    assert findings.liver.source == "liver map"
