"""Edits of the masks, measured by the real worker process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.corrected_session import corrected_session, finding, half_of, mask_of, paint, settle
from support.made_analysis import made_labels, made_study
from support.pretended_work import pretended_work
from support.shown_results import results_in

from MTINetLib.errors import InputError
from MTINetLib.scene.scene import Scene
from MTINetLib.study.lesion_class import UNDECIDED
from MTINetLib.study.phase import FOUR_PHASES

pytestmark = pytest.mark.viewer


def test_an_edit_before_the_first_look_at_the_masks_is_measured_too(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    session.correction.watch(session.results)  # as after an analysis: nothing has been looked at yet
    before = finding(session, 1)
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    assert finding(session, 1).volume_ml < before.volume_ml


def test_an_edit_changes_the_findings_of_its_lesion_and_says_that_a_person_did_it(
    scene: Scene, worker: Any
) -> None:
    session = corrected_session(scene, worker, made_study())
    before, other = finding(session, 1), finding(session, 2)
    smaller = half_of(mask_of(session, 1))
    paint(session, 1, smaller)
    settle(session)
    after = finding(session, 1)
    voxel_ml = made_study().grid.voxel_volume_mm3 / 1000
    assert after.volume_ml == pytest.approx(smaller.sum() * voxel_ml, rel=1e-6)
    assert after.volume_ml < before.volume_ml
    inside = made_study().volumes[:, smaller]
    assert after.measured_curve.mean == pytest.approx(inside.mean(axis=1), rel=1e-4)
    assert finding(session, 2).volume_ml == pytest.approx(other.volume_ml)
    assert session.findings.provenance.corrected_by_person
    assert session.correction.standing.changed == {1}


def test_an_edit_keeps_classes_evidence_and_times_of_the_findings(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    before = session.findings
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    assert finding(session, 1).lesion_class == before.lesions[0].lesion_class
    assert finding(session, 1).probabilities == before.lesions[0].probabilities
    assert session.findings.study.times_s == before.study.times_s
    assert [phase.evidence for phase in session.findings.study.phases] == [
        phase.evidence for phase in before.study.phases
    ]
    assert session.correction.standing.unread == {1}


def test_an_edit_is_kept_in_the_nodes_too(scene: Scene, worker: Any) -> None:
    from MTINetLib.scene.results import findings_of

    session = corrected_session(scene, worker, made_study())
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    assert findings_of(session.results) == session.findings


def test_an_edit_while_measuring_leads_to_one_more_measuring_of_the_last_mask(
    scene: Scene, worker: Any
) -> None:
    from MTINetLib.session.events import Topic

    session = corrected_session(scene, worker, made_study())
    whole = mask_of(session, 1)
    half = half_of(whole)
    quarter = half_of(half)
    told: list[float] = []

    session.events.subscribe(Topic.FINDINGS, lambda: told.append(finding(session, 1).volume_ml))
    paint(session, 1, half)
    while not worker.busy:
        session.poll()
    for mask in (whole, half, quarter):
        paint(session, 1, mask)
    settle(session)
    assert len(told) == 2
    voxel_ml = made_study().grid.voxel_volume_mm3 / 1000
    assert told[-1] == pytest.approx(quarter.sum() * voxel_ml, rel=1e-6)


def test_an_edit_that_erases_a_lesion_takes_it_from_the_findings(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    session.select(1)
    paint(session, 1, np.zeros_like(mask_of(session, 1)))
    settle(session)
    assert [lesion.label for lesion in session.findings.lesions] == [2]
    assert session.correction.standing.removed == {1}
    assert session.selected is None


def test_an_edit_taken_back_by_hand_gives_the_uncorrected_findings_again(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    before, whole = session.findings, mask_of(session, 1)
    paint(session, 1, half_of(whole))
    settle(session)
    paint(session, 1, whole)
    settle(session)
    assert session.findings == before
    assert not session.correction.standing.corrected


def test_another_name_of_a_lesion_measures_nothing(scene: Scene, worker: Any) -> None:
    from MTINetLib.scene.segmentation import segment_labels

    session = corrected_session(scene, worker, made_study())
    before = session.findings
    inner = session.results.segmentation.GetSegmentation()
    inner.GetSegment(segment_labels(session.results.segmentation)[1]).SetName("beside the gallbladder")
    settle(session)
    assert session.findings is before


def test_an_edit_during_an_analysis_waits_for_its_end(scene: Scene, worker: Any) -> None:
    from MTINetLib.session.state import State

    session = corrected_session(scene, worker, made_study())
    before = session.findings
    with pretended_work(session, State.ANALYZING):
        paint(session, 1, half_of(mask_of(session, 1)))
        for _ in range(80):
            session.poll()
            time.sleep(0.003)
        assert session.findings is before
    settle(session)
    assert session.findings.provenance.corrected_by_person


def test_an_edit_after_the_worker_was_killed_is_measured_by_a_new_one(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    whole = mask_of(session, 1)
    paint(session, 1, half_of(whole))
    settle(session)
    import os
    import signal

    os.kill(worker.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    paint(session, 1, half_of(half_of(whole)))
    while session.correction.waiting:
        session.poll()
        time.sleep(0.003)
    if session.message is not None:  # killed in the middle: it says so, and the next edit works
        session.message = None
        paint(session, 1, half_of(half_of(half_of(whole))))
    settle(session)
    assert finding(session, 1).volume_ml < 0.5 * whole.sum() * made_study().grid.voxel_volume_mm3 / 1000


def test_an_edit_after_a_volume_has_gone_says_which_one(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    scene.mrml.RemoveNode(session.results.volumes[1])
    paint(session, 1, half_of(mask_of(session, 1)))
    while session.correction.waiting:
        session.poll()
    assert session.message.kind == "error"
    assert "arterial" in session.message.text


def test_a_lesion_that_is_added_has_the_next_number_and_is_measured_once_it_is_painted(
    scene: Scene, worker: Any
) -> None:
    session = corrected_session(scene, worker, made_study())
    label = session.correction.add_lesion()
    assert label == 3
    settle(session)
    assert len(session.findings.lesions) == 2
    mask = np.zeros(made_study().grid.shape, dtype=bool)
    mask[3:6, 30:36, 40:46] = True
    paint(session, label, mask)
    settle(session)
    added = finding(session, 3)
    assert added.volume_ml == pytest.approx(mask.sum() * made_study().grid.voxel_volume_mm3 / 1000)
    assert added.lesion_class == UNDECIDED
    assert session.selected == 3
    assert session.correction.standing.unread == {3}


def test_a_lesion_can_be_deleted(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    session.correction.delete(1)
    settle(session)
    assert [lesion.label for lesion in session.findings.lesions] == [2]


def test_a_lesion_is_split_into_its_separate_parts(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    mask = mask_of(session, 1)
    rows = np.flatnonzero(mask.any(axis=(0, 2)))
    mask[:, int(rows[0]) + len(rows) // 3] = False
    paint(session, 1, mask)
    settle(session)
    assert session.correction.split(1) == (1, 3)
    settle(session)
    volumes = {lesion.label: lesion.volume_ml for lesion in session.findings.lesions}
    assert set(volumes) == {1, 2, 3}
    voxel_ml = made_study().grid.voxel_volume_mm3 / 1000
    assert volumes[1] + volumes[3] == pytest.approx(mask.sum() * voxel_ml)
    assert volumes[1] > volumes[3]


def test_lesions_are_merged_under_the_first_number(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    whole = sum(lesion.volume_ml for lesion in session.findings.lesions)
    assert session.correction.merge((2, 1)) == 2
    settle(session)
    assert [lesion.label for lesion in session.findings.lesions] == [2]
    assert finding(session, 2).volume_ml == pytest.approx(whole)


def test_reverting_one_lesion_leaves_the_other_correction(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    before = finding(session, 1)
    for label in (1, 2):
        paint(session, label, half_of(mask_of(session, label)))
    settle(session)
    session.correction.revert(1)
    settle(session)
    assert finding(session, 1).volume_ml == pytest.approx(before.volume_ml)
    assert session.correction.standing.changed == {2}
    assert session.findings.provenance.corrected_by_person


def test_when_all_is_reverted_nobody_has_corrected_anything(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    before = session.findings
    session.correction.merge((1, 2))
    settle(session)
    session.correction.add_lesion()
    settle(session)
    session.correction.revert_all()
    settle(session)
    assert session.findings == before
    assert not session.findings.provenance.corrected_by_person


def test_the_masks_of_the_ai_are_shown_and_hidden(scene: Scene, worker: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    display = session.results.ai_segmentation.GetDisplayNode()
    session.correction.show_ai(True)
    assert display.GetVisibility()
    assert session.correction.ai_shown
    session.correction.show_ai(False)
    assert not display.GetVisibility()


def test_each_action_saves_the_editors_state_once_before_it_changes_anything(
    scene: Scene, worker: Any
) -> None:
    session = corrected_session(scene, worker, made_study())
    counts: list[int] = []
    inner = session.results.segmentation.GetSegmentation()
    session.correction.before_action = lambda: counts.append(inner.GetNumberOfSegments())
    session.correction.merge((1, 2))
    session.correction.add_lesion()
    session.correction.delete(1)
    assert counts == [2, 1, 2]


def test_actions_need_results(scene: Scene, worker: Any) -> None:
    from MTINetLib.session.choices import Choices
    from MTINetLib.session.session import Session

    session = Session(scene, Choices(), worker)
    with pytest.raises(InputError, match="analyze a study first"):
        session.correction.add_lesion()


@pytest.fixture
def editor(scene: Scene, slicer: Any) -> Any:
    """The logic behind Slicer's segment editor, which paints, saves states and restores them."""
    logic = slicer.vtkSlicerSegmentEditorLogic()
    logic.SetMRMLScene(scene.mrml)
    logic.SetSegmentEditorNode(scene.mrml.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    return logic


def test_undo_of_a_stroke_measures_again_and_leaves_redo(scene: Scene, worker: Any, editor: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    before, whole = session.findings, mask_of(session, 1)
    brush(editor, session, 1, (slice(3, 6), slice(30, 36), slice(40, 46)))
    settle(session)
    painted = mask_of(session, 1)
    assert painted.sum() == whole.sum() + 3 * 6 * 6
    voxel_ml = made_study().grid.voxel_volume_mm3 / 1000
    assert finding(session, 1).volume_ml == pytest.approx(painted.sum() * voxel_ml)
    editor.Undo()
    settle(session)
    assert session.findings == before
    assert editor.CanRedo()
    editor.Redo()
    settle(session)
    assert finding(session, 1).volume_ml == pytest.approx(painted.sum() * voxel_ml)


def test_undo_of_a_merge_is_one_step(scene: Scene, worker: Any, editor: Any) -> None:
    session = corrected_session(scene, worker, made_study())
    before = session.findings
    editor.SetSegmentationNode(session.results.segmentation)
    session.correction.before_action = editor.SaveStateForUndo
    session.correction.merge((1, 2))
    settle(session)
    assert len(session.findings.lesions) == 1
    editor.Undo()
    settle(session)
    assert session.findings == before
    assert editor.CanRedo()


def brush(editor: Any, session: Any, label: int, box: tuple[slice, slice, slice]) -> None:
    """One stroke of the segment editor's brush."""
    from MTINetLib.scene.label_image import label_image
    from MTINetLib.scene.segmentation import segment_labels

    results = session.results
    editor.SetSegmentationNode(results.segmentation)
    editor.SetSourceVolumeNode(results.reference)
    segment = segment_labels(results.segmentation)[label]
    editor.SetCurrentSegmentID(segment)
    editor.SaveStateForUndo()
    ones = np.ones([part.stop - part.start for part in box], dtype=bool)
    stroke = label_image(ones, box, results.reference)
    editor.ModifySegmentByLabelmap(
        results.segmentation, segment, stroke, editor.ModificationModeAdd, False, False
    )


def test_the_network_asked_again_reads_the_corrected_masks(scene: Scene, worker: Any, model: Path) -> None:
    from MTINetLib.session.state import State

    session = corrected_session(scene, worker, made_study())
    session.choices.model, session.choices.device = str(model), "cpu"
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    read_before = finding(session, 1).probabilities
    session.correction.ask_network()
    assert session.state is State.ASKING
    settle(session)
    assert finding(session, 1).probabilities != read_before
    assert session.findings.provenance.model_name == "random-small"
    assert session.findings.provenance.corrected_by_person
    assert session.correction.standing.changed == {1}
    assert not session.correction.standing.unread


def test_asking_the_network_again_is_no_measuring_after_an_edit(
    scene: Scene, worker: Any, model: Path
) -> None:
    session = corrected_session(scene, worker, made_study())
    session.choices.model, session.choices.device = str(model), "cpu"
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    took = session.correction.measured_in_s
    session.correction.ask_network()
    settle(session)
    assert session.correction.measured_in_s == took


def test_asking_the_network_again_can_be_cancelled(scene: Scene, worker: Any, model: Path) -> None:
    from MTINetLib.session.state import State

    session = corrected_session(scene, worker, made_study())
    session.choices.model, session.choices.device = str(model), "cpu"
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    before = session.findings
    session.correction.ask_network()
    session.poll()
    session.cancel()
    settle(session)
    assert session.state is State.IDLE
    assert session.findings == before


def test_the_network_is_not_bothered_with_the_ais_own_masks(scene: Scene, worker: Any, model: Path) -> None:
    session = corrected_session(scene, worker, made_study())
    before = session.findings
    session.correction.ask_network()
    settle(session)
    assert session.findings == before
    assert session.message.kind == "info"
    assert "AI's own" in session.message.text


def test_a_network_that_cannot_be_loaded_is_told_and_the_findings_stay(scene: Scene, worker: Any) -> None:
    from MTINetLib.session.state import State

    session = corrected_session(scene, worker, made_study())
    session.choices.model = "no-such-model"
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    before = session.findings
    session.correction.ask_network()
    while session.state is not State.IDLE:
        session.poll()
        time.sleep(0.003)
    assert session.message.kind == "error"
    assert "no-such-model" in session.message.text
    assert session.findings == before


def test_after_an_analysis_an_edit_needs_no_second_handing_over_of_the_study(
    scene: Scene, worker: Any, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = analyzed_session(scene, worker, model)
    submitted: list[str] = []
    submit = worker.submit
    monkeypatch.setattr(worker, "submit", lambda job, *rest: submitted.append(job) or submit(job, *rest))
    label = session.correction.add_lesion()
    mask = np.zeros(made_study().grid.shape, dtype=bool)
    mask[3:6, 30:36, 40:46] = True
    paint(session, label, mask)
    settle(session)
    assert finding(session, label).volume_ml > 0
    assert submitted == ["measure"]


def test_a_second_analysis_is_followed_instead_of_the_first(scene: Scene, worker: Any, model: Path) -> None:
    session = analyzed_session(scene, worker, model)
    session.correction.add_lesion()
    session.start_analysis()
    session.wait(timeout_s=120)
    settle(session)
    assert not session.findings.provenance.corrected_by_person
    assert not session.correction.standing.corrected


def test_drawn_masks_can_be_read_by_the_network_though_nobody_corrected_them(
    scene: Scene, worker: Any, model: Path
) -> None:
    from MTINetLib.session.measure_masks import measure_masks

    session = analyzed_session(scene, worker, model)
    measure_masks(session, made_labels(made_study().grid))
    settle(session)
    assert session.correction.standing.unread == {1, 2}
    assert not session.correction.standing.corrected
    session.correction.ask_network()
    settle(session)
    assert not session.correction.standing.unread
    assert session.findings.provenance.model_name == "random-small"


def analyzed_session(scene: Scene, worker: Any, model: Path) -> Any:
    """A session after an analysis with the small network, which finds what it finds."""
    from MTINetLib.scene.volumes import add_phase_volumes
    from MTINetLib.session.choices import Choices, choose_volume
    from MTINetLib.session.session import Session

    choices = Choices(alignment="off", model=str(model), device="cpu")
    for phase, node in zip(FOUR_PHASES, add_phase_volumes(scene, made_study()), strict=True):
        choose_volume(choices, phase, node)
    session = Session(scene, choices, worker)
    session.start_analysis()
    session.wait(timeout_s=120)
    settle(session)
    return session


def test_a_saved_scene_goes_on_being_correctable_and_knows_what_was_corrected(
    scene: Scene, worker: Any, tmp_path: Path
) -> None:
    from MTINetLib.scene.save import load_scene, save_scene
    from MTINetLib.session.choices import Choices
    from MTINetLib.session.session import Session

    first = corrected_session(scene, worker, made_study())
    ai_volume = finding(first, 1).volume_ml
    paint(first, 1, half_of(mask_of(first, 1)))
    settle(first)
    path = tmp_path / "study.mrb"
    save_scene(scene, path)
    first.scene_closing()
    scene.mrml.Clear(False)
    load_scene(scene, path)
    (results,) = results_in(scene)
    session = Session(scene, Choices(alignment="off", segmentation=results.segmentation), worker)
    session.restore()
    settle(session)
    assert session.findings.provenance.corrected_by_person
    assert session.correction.standing.changed == {1}
    assert session.correction.standing.unread == {1}
    paint(session, 2, half_of(mask_of(session, 2)))
    settle(session)
    assert session.correction.standing.changed == {1, 2}
    assert session.findings.study.times_s == made_study().times_s
    session.correction.revert_all()
    settle(session)
    assert not session.findings.provenance.corrected_by_person
    assert finding(session, 1).volume_ml == pytest.approx(ai_volume)


def test_a_later_edit_hands_over_the_masks_alone_and_never_waits_for_the_worker(
    scene: Scene, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = corrected_session(scene, worker, made_study())
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)  # the first one hands the study over
    jobs, submit = [], worker.submit

    def counted(job: str, *rest: Any) -> Any:
        jobs.append(job)
        return submit(job, *rest)

    monkeypatch.setattr(worker, "submit", counted)
    monkeypatch.setattr(worker, "wait", lambda *_, **__: pytest.fail("it waits"))
    whole = mask_of(session, 2)
    for number, mask in enumerate((half_of(whole), whole, half_of(half_of(whole))), start=1):
        paint(session, 2, mask)
        settle(session)
        assert jobs == ["measure"] * number
