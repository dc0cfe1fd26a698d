"""A segmentation of the scene as the start: the masks are taken, the network says what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.corrected_session import settle
from support.made_analysis import made_study
from support.shown_results import paint_segment

from MTINetLib.scene.scene import Scene
from MTINetLib.study.lesion_class import UNDECIDED
from MTINetLib.study.phase import FOUR_PHASES

pytestmark = pytest.mark.viewer


@pytest.fixture
def session(scene: Scene, worker: Any, model: Path) -> Any:
    from MTINetLib.scene.volumes import add_phase_volumes
    from MTINetLib.session.choices import Choices, choose_volume
    from MTINetLib.session.session import Session

    choices = Choices(alignment="off", model=str(model), device="cpu")
    for phase, node in zip(FOUR_PHASES, add_phase_volumes(scene, made_study()), strict=True):
        choose_volume(choices, phase, node)
    return Session(scene, choices, worker)


def masks() -> dict[str, np.ndarray[Any, Any]]:
    """As Slicer's reader names the segments of our SEG, and one that a person drew; two overlap."""
    shape = made_study().grid.shape
    found = {}
    for name, (k, j, i), size in (
        ("5 HCC", (2, 10, 12), 8),
        ("drawn", (5, 26, 30), 6),
        ("2 HCC", (2, 14, 16), 3),
    ):
        mask = np.zeros(shape, np.uint8)
        mask[k : k + 2, j : j + size, i : i + size] = 1
        found[name] = mask
    return found


def add_segmentation(scene: Scene, reference: Any, segments: dict[str, np.ndarray[Any, Any]]) -> Any:
    node = scene.mrml.AddNewNodeByClass("vtkMRMLSegmentationNode", "SEG of another day")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
    for name, mask in segments.items():
        segment = node.GetSegmentation().AddEmptySegment("", name)
        paint_segment(node, segment, mask > 0, reference)
    return node


def test_the_masks_are_taken_with_their_numbers_and_the_network_reads_them(
    scene: Scene, session: Any
) -> None:
    from MTINetLib.scene.results import corrected_labels
    from MTINetLib.scene.segmentation import segment_ids, segment_label

    drawn = masks()
    node = add_segmentation(scene, session.choices.phases.portalVenous, drawn)
    session.start_from(node)
    assert session.busy
    settle(session)
    labels = corrected_labels(session.results)
    expected = np.where(drawn["2 HCC"], 2, np.where(drawn["5 HCC"], 5, np.where(drawn["drawn"], 1, 0)))
    np.testing.assert_array_equal(labels, expected)
    assert [lesion.label for lesion in session.findings.lesions] == [1, 2, 5]
    for lesion in session.findings.lesions:
        assert sum(lesion.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert lesion.predicted_curve is not None
    provenance = session.findings.provenance
    assert provenance.model_name == "random-small"
    assert provenance.corrected_by_person
    assert not session.correction.standing.unread
    inner = node.GetSegmentation()
    assert {segment_label(inner.GetSegment(name)) for name in segment_ids(node)} == {None}
    assert node.GetScene() is not None
    assert not node.GetDisplayNode().GetVisibility()


def test_a_liver_among_the_segments_is_no_lesion(scene: Scene, session: Any) -> None:
    from MTINetLib.scene.drawn_lesions import drawn_lesions

    reference = session.choices.phases.portalVenous
    node = add_segmentation(scene, reference, masks() | {"Liver": np.ones(made_study().grid.shape, np.uint8)})
    inner = node.GetSegmentation()
    liver = inner.GetSegment(inner.GetSegmentIdBySegmentName("Liver"))
    liver.SetTerminology(
        "Segmentation category and type - DICOM master list~SCT^123037004^Anatomical Structure"
        "~SCT^10200004^Liver~^^~Anatomic codes - DICOM master list~^^~^^"
    )
    assert set(np.unique(drawn_lesions(node, reference))) == {0, 1, 2, 5}


def test_a_segmentation_elsewhere_is_one_sentence(scene: Scene, session: Any) -> None:
    import slicer

    node = add_segmentation(scene, session.choices.phases.portalVenous, masks())
    away = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[:3, 3] = 5000.0
    away.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    node.SetAndObserveTransformNodeID(away.GetID())
    session.start_from(node)
    while session.busy:
        session.poll()
    assert session.message.text.startswith("'SEG of another day' has no lesion inside the reference phase")
    assert session.results is None
    assert not list(session.worker.folder.glob("masks-*"))


def test_the_lesions_that_are_shown_are_no_new_start(scene: Scene, session: Any) -> None:
    node = add_segmentation(scene, session.choices.phases.portalVenous, {"1": masks()["drawn"]})
    session.start_from(node)
    settle(session)
    before = session.findings
    session.start_from(session.results.segmentation)
    assert not session.busy
    assert session.message.text == "These are the lesions that are shown already."
    assert session.findings is before


def test_without_phases_there_is_nothing_to_start_from(scene: Scene, session: Any) -> None:
    node = add_segmentation(scene, session.choices.phases.portalVenous, masks())
    session.choices.phases.delayed = None
    session.start_from(node)
    assert not session.busy
    assert session.message.text == "Choose the delayed phase first."


def test_lesions_that_were_taken_over_can_be_corrected_and_given_back(scene: Scene, session: Any) -> None:
    """What the network read under the masks is what reverting gives back, with choice, order and plot."""
    from MTINetLib.scene.segmentation import segment_ids

    node = add_segmentation(scene, session.choices.phases.portalVenous, masks())
    session.start_from(node)
    settle(session)
    before, order = session.findings, segment_ids(session.results.segmentation)
    assert session.selected == before.lesions[0].label
    session.select(5)
    session.correction.merge((5, 1))
    settle(session)
    merged = next(lesion for lesion in session.findings.lesions if lesion.label == 5)
    assert merged.lesion_class == UNDECIDED
    assert "undecided:not_read" in merged.flags
    session.correction.revert_all()
    settle(session)
    assert session.findings == before
    assert segment_ids(session.results.segmentation) == order
    assert session.selected == 5
    assert session.results.chart.GetNthPlotSeriesNode(0).GetYColumnName() == "Lesion 5 measured"
