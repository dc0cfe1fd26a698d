"""A box of the scene becomes a lesion among the others, measured and classified; moved, it changes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.corrected_session import corrected_session, finding, mask_of, paint, settle
from support.made_analysis import made_analysis, made_labels, made_study

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.outline import published
from MTINetLib.pipeline.outlined import OUTLINED_BY
from MTINetLib.scene.node_geometry import own_matrix
from MTINetLib.scene.roi_box import add_roi, box_of_roi
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import segment_labels
from MTINetLib.session import outlining
from MTINetLib.worker.client import WorkerClient

pytestmark = pytest.mark.viewer

STUDY = made_study()
TRUTH = made_labels(STUDY.grid)
FAULTY = [sys.executable, str(Path(__file__).resolve().parents[2] / "support" / "faulty_worker.py")]


@pytest.fixture(scope="module")
def knowing() -> Iterator[WorkerClient]:
    """A worker whose networks give answers that are known."""
    client = WorkerClient(FAULTY)
    for job in ("know", "know_outlines"):
        client.wait(client.submit(job, {}))
    yield client
    client.close()


@pytest.fixture
def session(scene: Scene, knowing: WorkerClient, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Results in which the second lesion was not found; boxes can be outlined."""
    monkeypatch.setattr(outlining, "require_outline_model", lambda: None)
    labels = TRUTH * (TRUTH == 1)
    analysis = made_analysis(STUDY)
    from dataclasses import replace

    findings = replace(analysis.findings, lesions=analysis.findings.lesions[:1])
    made = corrected_session(scene, knowing, STUDY, replace(analysis, findings=findings, labels=labels))
    made.choices.device = "cpu"
    return made


def roi_around(session: Any, label: int, grown: float = 1.0) -> Any:
    places = np.argwhere(label == TRUTH)
    low, high = places.min(axis=0) - 0.5, places.max(axis=0) + 0.5
    size = grown * (high - low)[::-1] * np.array(STUDY.grid.spacing)
    middle = STUDY.grid.to_lps((low + high) / 2)
    return add_roi(session.scene, STUDY.grid, tuple(map(float, middle)), tuple(map(float, size)))


def dice(one: Any, other: Any) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def labels_of(session: Any) -> set[int]:
    return set(segment_labels(session.results.segmentation))


def run(session: Any, roi: Any, **points: Any) -> None:
    session.outlining.start(roi, **points)
    settle(session, lambda: not session.outlining.waiting)


def test_a_box_becomes_a_lesion_that_is_measured_and_classified(session: Any) -> None:
    run(session, roi_around(session, 2))
    assert labels_of(session) == {1, 2}
    assert dice(mask_of(session, 2), TRUTH == 2) > 0.85
    new = finding(session, 2)
    assert new.lesion_class == "hemangioma"
    assert session.selected == 2
    provenance = session.findings.provenance
    assert provenance.corrected_by_person
    assert [box["label"] for box in provenance.settings[OUTLINED_BY]["boxes"]] == [2]


def test_a_box_that_was_moved_changes_its_lesion_and_makes_no_other(session: Any) -> None:
    roi = roi_around(session, 2, 0.8)
    run(session, roi)
    before = mask_of(session, 2)
    places = np.argwhere(TRUTH == 2)
    roi.SetSize(*(1.05 * (np.ptp(places, axis=0) + 1)[::-1] * np.array(STUDY.grid.spacing)))
    run(session, roi)
    assert labels_of(session) == {1, 2}
    assert dice(mask_of(session, 2), TRUTH == 2) > dice(before, TRUTH == 2)
    assert len(session.findings.provenance.settings[OUTLINED_BY]["boxes"]) == 1


def test_an_outline_that_a_hand_has_changed_is_left_alone(session: Any) -> None:
    roi = roi_around(session, 2)
    run(session, roi)
    half = mask_of(session, 2)
    half[:, :, : int(np.argwhere(half)[:, 2].mean())] = False
    paint(session, 2, half)
    settle(session)
    session.outlining.start(roi)
    with pytest.raises(InputError, match="outlined already"):
        session.wait(timeout_s=60)
    assert np.array_equal(mask_of(session, 2), half)
    assert labels_of(session) == {1, 2}


def test_a_lesion_that_is_outlined_already_keeps_its_voxels(session: Any) -> None:
    before = mask_of(session, 1)
    session.outlining.start(roi_around(session, 1))
    with pytest.raises(InputError, match="outlined already"):
        session.wait(timeout_s=60)
    assert labels_of(session) == {1}
    assert np.array_equal(mask_of(session, 1), before)


def test_a_bad_box_ends_in_one_sentence_and_changes_nothing(session: Any) -> None:
    roi = add_roi(session.scene, STUDY.grid, (5000.0, 0.0, 0.0), (20.0, 20.0, 20.0))
    session.outlining.start(roi)
    with pytest.raises(InputError, match="outside the images"):
        session.wait(timeout_s=60)
    assert labels_of(session) == {1}


def test_without_the_weights_or_results_nothing_begins(
    session: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    roi = roi_around(session, 2)
    monkeypatch.setenv("MTINET_USER_FOLDER", str(tmp_path))
    monkeypatch.setattr(outlining, "require_outline_model", published.require_outline_model)
    assert not session.outlining.installed
    with pytest.raises(MissingResourceError, match="install"):
        session.outlining.start(roi)
    session.scene_closing()
    with pytest.raises(InputError, match="analyze a study first"):
        session.outlining.start(roi)


def test_it_works_where_the_study_was_moved_and_turned(session: Any) -> None:
    """All nodes of the study under one linear transform: the box is drawn where they are seen."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    about = np.deg2rad(25.0)
    moved = np.eye(4)
    moved[:2, :2] = [[np.cos(about), -np.sin(about)], [np.sin(about), np.cos(about)]]
    moved[:3, 3] = (40.0, -15.0, 70.0)
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(moved.ravel().tolist())
    transform = session.scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(matrix)
    results = session.results
    for node in {*results.by_phase.values(), results.geometry, results.segmentation, results.ai_segmentation}:
        node.SetAndObserveTransformNodeID(transform.GetID())
    roi = roi_around(session, 2)
    roi.SetAndObserveTransformNodeID(transform.GetID())
    run(session, roi)
    assert dice(mask_of(session, 2), TRUTH == 2) > 0.85
    (told,) = session.findings.provenance.settings[OUTLINED_BY]["boxes"]
    middle = np.mean(told["box_lps_mm"], axis=0) * (-1, -1, 1)
    places = np.argwhere(TRUTH == 2)
    here = STUDY.grid.to_lps((places.min(axis=0) + places.max(axis=0)) / 2) * (-1, -1, 1)
    assert np.allclose(middle, moved[:3, :3] @ here + moved[:3, 3], atol=0.1)


def test_a_phase_on_another_grid_is_outlined_on_that_of_the_reference(session: Any) -> None:
    import slicer

    node = next(node for node in session.results.by_phase.values() if node is not session.results.reference)
    array = slicer.util.arrayFromVolume(node)[:, 3:, 2:].copy()
    corner = own_matrix(node) @ (2.0, 3.0, 0.0, 1.0)
    slicer.util.updateVolumeFromArray(node, array)
    node.SetOrigin(*map(float, corner[:3]))
    run(session, roi_around(session, 2))
    assert dice(mask_of(session, 2), TRUTH == 2) > 0.85


@pytest.mark.parametrize("turn", [0.0, 12.0, 90.0])
def test_an_roi_keeps_middle_and_sizes_along_the_grid(scene: Scene, turn: float) -> None:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    roi = add_roi(scene, STUDY.grid, (-10.0, 20.0, 60.0), (12.0, 24.0, 36.0))
    if turn:
        about = np.deg2rad(turn)
        turned = np.eye(4)
        turned[:2, :2] = [[np.cos(about), -np.sin(about)], [np.sin(about), np.cos(about)]]
        old = roi.GetObjectToNodeMatrix()
        own = np.array([[old.GetElement(row, column) for column in range(4)] for row in range(4)])
        matrix = vtkMatrix4x4()
        matrix.DeepCopy((own @ turned).ravel().tolist())
        roi.SetAndObserveObjectToNodeMatrix(matrix)
    first, last = (np.array(corner) for corner in box_of_roi(roi, STUDY.grid))
    assert np.allclose((first + last) / 2, (-10.0, 20.0, 60.0))
    sides = np.abs(STUDY.grid.direction_matrix.T @ (last - first))
    assert np.allclose(sides, (24.0, 12.0, 36.0) if turn == 90.0 else (12.0, 24.0, 36.0))


def test_a_box_to_begin_with_lies_in_the_study_and_there_is_one_of_it(session: Any) -> None:
    assert session.outlining.marks.box is None
    first = session.outlining.marks.place_box()
    second = session.outlining.marks.place_box()
    assert session.outlining.marks.box is second
    assert first.GetScene() is None
    low, high = box_of_roi(second, STUDY.grid)
    inside = STUDY.grid.to_index((np.array(low) + np.array(high)) / 2)
    assert ((inside >= 0) & (inside <= np.array(STUDY.grid.shape) - 1)).all()
    assert np.linalg.norm(np.array(high) - np.array(low)) == pytest.approx(30.0 * np.sqrt(3))


def test_an_installation_that_fails_says_why(session: Any, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.whl"
    wrong.write_bytes(b"")
    session.outlining.install(str(wrong))
    with pytest.raises(InputError, match=r"wrong\.whl"):
        session.wait(timeout_s=60)
