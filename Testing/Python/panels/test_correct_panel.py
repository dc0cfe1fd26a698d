"""The Correct section over the real scene and the real worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.corrected_session import corrected_session, finding, half_of, mask_of, paint, settle
from support.made_analysis import made_analysis, made_labels, made_study
from support.open_panel import panels_of
from support.panel_pictures import grab
from support.pretended_work import pretended_work

from MTINetLib.pipeline.liver import given_liver
from MTINetLib.scene.scene import Scene

pytestmark = pytest.mark.viewer


@pytest.fixture
def open_panel(slicer_desktop: Any) -> Iterator[Callable[[Any], Any]]:
    from MTINetLib.panels.correct_panel import CorrectPanel

    with panels_of(CorrectPanel) as opened:
        yield opened


@pytest.fixture
def session(scene: Scene, slicer_desktop: Any, worker: Any) -> Any:
    return corrected_session(scene, worker, made_study())


def enabled(panel: Any) -> set[str]:
    names = "add delete split merge ask compare revert revertAll".split()
    return {name for name in names if getattr(panel.ui, f"{name}Button").enabled}


def choices_of(box: Any) -> list[int]:
    return [box.itemData(index) for index in range(box.count)]


def test_offers_nothing_before_there_are_results(
    scene: Scene, slicer_desktop: Any, worker: Any, open_panel: Any
) -> None:
    from MTINetLib.session.choices import Choices
    from MTINetLib.session.session import Session

    panel = open_panel(Session(scene, Choices(), worker))
    assert enabled(panel) == set()
    assert not panel.ui.editorPlace.enabled
    assert "Analyze a study first" in panel.ui.standingLabel.text


def test_edits_the_segmentation_over_the_reference_phase(session: Any, open_panel: Any) -> None:
    panel = open_panel(session)
    assert panel.ui.liverButton.isHidden(), "no liver is known"
    assert panel.editor.node.GetSegmentationNode() is session.results.segmentation
    assert panel.editor.node.GetSourceVolumeNode() is session.results.reference
    assert panel.editor.node.GetSingletonTag() == "MTINetSegmentEditor"
    # The four views keep their phases.
    assert panel.editor.widget.autoShowSourceVolumeNode is False


def test_follows_an_edit_and_says_what_the_class_rests_on(session: Any, open_panel: Any) -> None:
    panel = open_panel(session)
    assert "AI's own" in panel.ui.standingLabel.text
    assert "ask" not in enabled(panel)
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    assert "Corrected by you; measured again in " in panel.ui.standingLabel.text
    assert "The network has not read lesion 1 as it is now" in panel.ui.standingLabel.text
    assert {"ask", "revertAll"} <= enabled(panel)


def test_adds_a_lesion_and_makes_it_the_one_that_is_painted(session: Any, open_panel: Any) -> None:
    from MTINetLib.scene.segmentation import segment_labels

    session.select(1)
    panel = open_panel(session)
    panel.ui.addButton.click()
    settle(session)
    assert panel.editor.segment == segment_labels(session.results.segmentation)[3]
    assert panel.chosenLabel() == 3
    assert panel.editor.widget.activeEffect() == "Paint"
    assert panel.ui.standingLabel.text.startswith("Lesion 3 is new and empty: paint it")
    mask = np.zeros(made_study().grid.shape, dtype=bool)
    mask[3:6, 30:36, 40:46] = True
    paint(session, 3, mask)
    settle(session)
    assert finding(session, 3).volume_ml > 0
    assert session.selected == 3
    assert panel.editor.segment == segment_labels(session.results.segmentation)[3]


def test_deletes_the_chosen_lesion_as_one_step_for_undo(
    session: Any, open_panel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.select(2)
    panel = open_panel(session)
    saved: list[int] = []
    inner = session.results.segmentation.GetSegmentation()
    kind = type(panel.editor.widget)
    monkeypatch.setattr(kind, "saveStateForUndo", lambda _: saved.append(inner.GetNumberOfSegments()))
    panel.ui.deleteButton.click()
    settle(session)
    assert saved == [2]
    assert [lesion.label for lesion in session.findings.lesions] == [1]
    assert session.selected != 2


def test_merges_the_chosen_lesion_with_the_one_named(session: Any, open_panel: Any) -> None:
    session.select(2)
    panel = open_panel(session)
    assert choices_of(panel.ui.mergeBox) == [1]
    panel.ui.mergeButton.click()
    settle(session)
    assert [lesion.label for lesion in session.findings.lesions] == [2]
    assert choices_of(panel.ui.mergeBox) == []
    assert "merge" not in enabled(panel)


def test_an_action_that_fails_says_why_beside_its_button(session: Any, open_panel: Any) -> None:
    panel = open_panel(session)
    assert panel.ui.messageLabel.isHidden()
    panel.ui.addButton.click()
    settle(session)
    panel.ui.splitButton.click()
    assert panel.ui.messageLabel.text == "Lesion 3 is empty."
    assert not panel.ui.messageLabel.isHidden()
    panel.ui.deleteButton.click()
    assert panel.ui.messageLabel.isHidden()


def test_masks_that_cannot_be_measured_say_why_where_they_are_edited(
    slicer_desktop: Any, session: Any, open_panel: Any
) -> None:
    panel = open_panel(session)
    slicer_desktop.slicer.mrmlScene.RemoveNode(session.results.volumes[0])
    paint(session, 1, half_of(mask_of(session, 1)))
    slicer_desktop.wait_until(lambda: session.poll() or not session.correction.waiting)
    assert "is no longer in the scene" in panel.ui.messageLabel.text
    assert not panel.ui.messageLabel.isHidden()


def test_asking_the_network_is_cancelled_where_it_was_asked(
    session: Any, open_panel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.session.state import State

    panel = open_panel(session)
    cancelled: list[bool] = []
    monkeypatch.setattr(session, "cancel", lambda: cancelled.append(True))
    with pretended_work(session, State.ASKING):
        assert panel.ui.askButton.text == "Cancel"
        assert "ask" in enabled(panel)
        panel.ui.askButton.click()
    assert cancelled == [True]
    assert panel.ui.askButton.text == "Ask the network again"


def test_splits_the_chosen_lesion(session: Any, open_panel: Any) -> None:
    session.select(1)
    panel = open_panel(session)
    panel.ui.splitButton.click()
    settle(session)
    assert [lesion.label for lesion in session.findings.lesions] == [1, 2, 3]


def test_numbers_a_segment_that_was_added_with_the_editors_own_button(session: Any, open_panel: Any) -> None:
    session.select(1)
    panel = open_panel(session)
    inner = session.results.segmentation.GetSegmentation()
    panel.editor.widget.setCurrentSegmentID(inner.AddEmptySegment())
    assert panel.chosenLabel() == 3
    panel.ui.deleteButton.click()
    settle(session)
    assert [lesion.label for lesion in session.findings.lesions] == [1, 2]
    assert inner.GetNumberOfSegments() == 2


def test_reverts_the_chosen_lesion_and_all(session: Any, open_panel: Any) -> None:
    session.select(1)
    panel = open_panel(session)
    before = session.findings
    for label in (1, 2):
        paint(session, label, half_of(mask_of(session, label)))
    settle(session)
    assert "revert" in enabled(panel)
    panel.ui.revertButton.click()
    settle(session)
    assert "revert" not in enabled(panel)
    assert finding(session, 1).volume_ml == pytest.approx(before.lesions[0].volume_ml)
    panel.ui.revertAllButton.click()
    settle(session)
    assert session.findings == before
    assert "revertAll" not in enabled(panel)
    assert "AI's own" in panel.ui.standingLabel.text


def test_compares_with_the_ai(session: Any, open_panel: Any) -> None:
    panel = open_panel(session)
    panel.ui.compareButton.click()
    assert session.results.ai_segmentation.GetDisplayNode().GetVisibility()
    panel.ui.compareButton.click()
    assert not session.results.ai_segmentation.GetDisplayNode().GetVisibility()


def test_asks_the_network_and_is_quiet_meanwhile(
    session: Any, open_panel: Any, tmp_path: Path, slicer_desktop: Any
) -> None:
    from support.small_models import random_model

    random_model(tmp_path / "model")
    session.choices.model, session.choices.device = str(tmp_path / "model"), "cpu"
    panel = open_panel(session)
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    panel.ui.askButton.click()
    assert enabled(panel) == {"ask"}, "it cancels now"
    assert "reads the corrected masks" in panel.ui.standingLabel.text
    settle(session)
    assert "The network has read these masks." in panel.ui.standingLabel.text


def test_choosing_a_lesion_in_the_list_makes_it_the_one_that_is_edited_and_back(
    session: Any, open_panel: Any
) -> None:
    from MTINetLib.scene.segmentation import segment_labels

    segments = segment_labels(session.results.segmentation)
    panel = open_panel(session)
    session.select(2)
    assert panel.editor.segment == segments[2]
    panel.editor.widget.setCurrentSegmentID(segments[1])  # as the user does in the editor's list
    assert session.selected == 1


def test_choosing_in_the_editor_does_not_move_the_views(session: Any, open_panel: Any) -> None:
    import slicer

    from MTINetLib.scene.segmentation import segment_labels

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode")
    node.SetLayoutName("Red")
    panel = open_panel(session)
    session.select(1)
    before = node.GetSliceOffset()
    panel.editor.widget.setCurrentSegmentID(segment_labels(session.results.segmentation)[2])
    assert session.selected == 2
    assert node.GetSliceOffset() == before


def test_follows_the_results_of_the_next_analysis(session: Any, open_panel: Any) -> None:
    from MTINetLib.session.measure_masks import measure_masks

    panel = open_panel(session)
    first = session.results.segmentation
    measure_masks(session, made_labels(made_study().grid))
    settle(session)
    assert session.results.segmentation is not first
    assert panel.editor.node.GetSegmentationNode() is session.results.segmentation
    assert panel.editor.node.GetSourceVolumeNode() is session.results.reference
    # These were drawn, so that there is something to ask although nothing was corrected.
    assert "ask" in enabled(panel)
    assert "has not read lesions 1, 2" in panel.ui.standingLabel.text


def test_shortcuts_live_only_while_the_module_is_shown(
    session: Any, open_panel: Any, slicer_desktop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import qt
    import slicer

    window = qt.QWidget()
    monkeypatch.setattr(slicer.util, "mainWindow", lambda *_: window)
    panel = open_panel(session)
    assert panel.editor.widget.shortcuts_installed
    panel.editor.widget.setActiveEffectByName("Paint")
    panel.exit()
    assert not panel.editor.widget.shortcuts_installed
    assert panel.editor.widget.activeEffect() is None


def test_lets_go_of_the_segmentation_when_the_scene_is_closed_and_works_in_the_next_scene(
    scene: Scene, session: Any, open_panel: Any, worker: Any
) -> None:
    import slicer

    panel = open_panel(session)
    session.scene_closing()
    slicer.mrmlScene.Clear(False)
    assert panel.editor.widget.segmentationNode() is None
    assert enabled(panel) == set()
    second = corrected_session(scene, worker, made_study())
    panel.session.choices.segmentation = second.results.segmentation
    panel.session.restore()
    settle(panel.session)
    assert panel.editor.widget.segmentationNode() is second.results.segmentation
    assert panel.editor.widget.mrmlSegmentEditorNode().GetScene() is slicer.mrmlScene


def test_without_an_editor_widget_the_buttons_still_work(
    session: Any, open_panel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slicer

    monkeypatch.delattr(slicer, "qMRMLSegmentEditorWidget")
    session.select(1)
    panel = open_panel(session)
    assert panel.editor.widget is None
    panel.ui.deleteButton.click()
    settle(session)
    panel.exit()
    assert [lesion.label for lesion in session.findings.lesions] == [2]


def test_after_closing_it_hears_nothing_any_more(session: Any, open_panel: Any) -> None:
    panel = open_panel(session)
    panel.close()
    text = panel.ui.standingLabel.text
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    assert panel.ui.standingLabel.text == text


def test_picture(session: Any, open_panel: Any, tmp_path: Path) -> None:
    session.select(1)
    panel = open_panel(session)
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    assert grab(panel.widget, tmp_path / "correct.png").stat().st_size > 2000


def test_the_editor_turns_to_the_liver_and_back_where_it_is_known(
    scene: Scene, slicer_desktop: Any, worker: Any, open_panel: Any
) -> None:
    study = made_study()
    made = made_analysis(study)
    liver = given_liver(study.phase(study.reference) > 250, "by hand", study)
    knowing = corrected_session(scene, worker, study, replace(made, liver=liver))
    panel = open_panel(knowing)
    assert not panel.ui.liverButton.isHidden()
    panel.ui.liverButton.checked = True
    assert panel.editor.node.GetSegmentationNode() is knowing.results.liver
    assert panel.editor.segment == "liver"
    knowing.select(2)
    assert panel.editor.node.GetSegmentationNode() is knowing.results.liver
    panel.ui.liverButton.checked = False
    assert panel.editor.node.GetSegmentationNode() is knowing.results.segmentation
