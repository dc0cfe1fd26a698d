"""The Study section: it fills itself, gives way to the user, and says what it knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.fake_session import FakeSession, proposal, told
from support.made_analysis import made_analysis, made_grid, made_study

from MTINetLib.errors import InputError
from MTINetLib.session.choices import chosen_volumes
from MTINetLib.session.events import Topic
from MTINetLib.session.state import State
from MTINetLib.study.phase import FOUR_PHASES, Phase

EVIDENCE = ("before the bolus", "'art' in its name", "temporal position 3", "the last one in time")


def add_volume(name: str) -> Any:
    from MTINetLib.scene.slicer_core import application_scene
    from MTINetLib.scene.volumes import add_volume

    return add_volume(application_scene(), name, np.zeros((4, 6, 8), np.float32), made_grid((4, 6, 8)))


def seen(nodes: list[Any], *warnings: str, **more: Any) -> Any:
    """A proposal with one node a phase."""
    found = {
        phase: told(node, text, confidence=0.97 - 0.2 * FOUR_PHASES.index(phase))
        for phase, node, text in zip(FOUR_PHASES, nodes, EVIDENCE, strict=False)
    }
    return proposal(found, *warnings, **more)


@pytest.fixture
def session() -> FakeSession:
    return FakeSession(sees=proposal({}))


@pytest.fixture
def panel(slicer_desktop: Any, session: FakeSession) -> Any:
    import qt

    from MTINetLib.panels.study_panel import StudyPanel

    host = qt.QWidget()
    qt.QVBoxLayout(host)
    made = StudyPanel(session, host)
    yield made
    made.close()
    host.deleteLater()


@pytest.fixture
def settled(slicer_desktop: Any) -> Callable[[Any], None]:
    """Waits until the panel has looked at new volumes."""

    def wait(panel: Any) -> None:
        slicer_desktop.wait_until(lambda: not panel._settle.active)

    return wait


def selected(panel: Any) -> list[str | None]:
    nodes = [panel._selector(phase).currentNode() for phase in FOUR_PHASES]
    return [None if node is None else node.GetName() for node in nodes]


def test_it_fills_itself_when_the_module_is_entered(panel: Any, session: FakeSession) -> None:
    nodes = [add_volume(name) for name in "abcd"]
    session.sees = seen(nodes)
    panel.enter()
    assert selected(panel) == ["a", "b", "c", "d"]
    assert chosen_volumes(session.choices) == dict(zip(FOUR_PHASES, nodes, strict=True))


def test_each_phase_says_how_sure_it_is_and_why(panel: Any, session: FakeSession) -> None:
    session.sees = seen([add_volume(name) for name in "abcd"])
    panel.enter()
    line = panel.ui.arterialEvidence
    assert "likely (77 %)" in line.text
    assert "&#x27;art&#x27; in its name" in line.text
    assert "b\n'art' in its name" in line.toolTip
    assert "certain (97 %)" in panel.ui.preEvidence.text
    assert "doubtful (57 %)" in panel.ui.portalVenousEvidence.text


def test_a_long_evidence_is_cut_short_and_stands_whole_in_the_tool_tip(
    panel: Any, session: FakeSession
) -> None:
    node = add_volume("a")
    words = "word " * 60
    session.sees = proposal({Phase.PRE: told(node, words)})
    panel.enter()
    assert "…" in panel.ui.preEvidence.text
    assert len(panel.ui.preEvidence.text) < 220
    assert words in panel.ui.preEvidence.toolTip


def test_a_missing_phase_says_so(panel: Any, session: FakeSession) -> None:
    session.sees = seen([add_volume("a")])
    panel.enter()
    assert "missing" in panel.ui.delayedEvidence.text
    assert panel.ui.delayedSelector.currentNode() is None


def test_warnings_are_in_sight_and_gone_when_there_are_none(panel: Any, session: FakeSession) -> None:
    nodes = [add_volume(name) for name in "abcd"]
    session.sees = seen(nodes, "The <order> is odd.", left_out=(("T2", "it is no T1"),))
    panel.enter()
    assert not panel.ui.warningsLabel.isHidden()
    assert "The &lt;order&gt; is odd." in panel.ui.warningsLabel.text
    assert panel.ui.notesLabel.text == "One other volume was left out."
    assert panel.ui.notesLabel.toolTip == "T2: it is no T1"
    sure = {phase: told(node) for phase, node in zip(FOUR_PHASES, nodes, strict=True)}
    session.sees = proposal(sure)
    panel.ui.recogniseButton.click()
    assert panel.ui.warningsLabel.isHidden()
    assert panel.ui.notesLabel.isHidden()


def test_what_the_analysis_of_these_volumes_found_out_is_a_warning_too(
    panel: Any, session: FakeSession
) -> None:
    nodes = [add_volume(name) for name in "abcd"]
    session.sees = proposal({phase: told(node) for phase, node in zip(FOUR_PHASES, nodes, strict=True)})
    panel.enter()
    assert panel.ui.warningsLabel.isHidden()
    findings = made_analysis(made_study()).findings
    moved = replace(findings.study, flags=("motion:delayed", "registered:pre"))
    session.findings = replace(findings, study=moved)
    session.results = SimpleNamespace(by_phase=dict(zip(FOUR_PHASES, nodes, strict=True)))
    session.events.tell(Topic.FINDINGS)
    assert "do not lie well on each other (motion): delayed" in panel.ui.warningsLabel.text
    assert "registration" not in panel.ui.warningsLabel.text
    panel.ui.delayedSelector.setCurrentNode(add_volume("other"))
    assert panel.ui.warningsLabel.isHidden(), "it was said of another volume"


def test_volumes_that_arrive_later_are_taken_too(
    panel: Any, session: FakeSession, settled: Callable[[Any], None]
) -> None:
    panel.enter()
    nodes = [add_volume(name) for name in "abcd"]
    session.sees = seen(nodes)
    settled(panel)
    assert selected(panel) == ["a", "b", "c", "d"]
    assert session.asked == ["recognise"]


def test_volumes_loaded_for_another_module_are_left_alone(
    panel: Any, session: FakeSession, settled: Callable[[Any], None]
) -> None:
    panel.enter()
    panel.exit()
    session.sees = seen([add_volume(name) for name in "abcd"])
    settled(panel)
    assert session.asked == []


def test_a_whole_choice_is_not_looked_at_again_when_a_volume_arrives(
    panel: Any, session: FakeSession, settled: Callable[[Any], None]
) -> None:
    session.sees = seen([add_volume(name) for name in "abcd"])
    panel.enter()
    add_volume("e")
    settled(panel)
    assert session.asked == ["recognise"]


def test_the_users_word_is_checked_and_marked(panel: Any, session: FakeSession) -> None:
    session.sees = seen([add_volume(name) for name in "abcd"])
    other = add_volume("other")
    panel.enter()
    session.warns = ("The arterial phase comes last.",)
    panel.ui.arterialSelector.setCurrentNode(other)
    assert session.choices.phases.arterial is other
    assert session.asked == ["recognise", "check_phases"]
    assert "chosen by you" in panel.ui.arterialEvidence.text
    assert "The arterial phase comes last." in panel.ui.warningsLabel.text


def test_what_spoke_for_the_other_phases_still_stands_after_one_was_overruled(
    panel: Any, session: FakeSession
) -> None:
    session.sees = seen([add_volume(name) for name in "abcd"])
    other = add_volume("other")
    panel.enter()
    panel.ui.arterialSelector.setCurrentNode(other)
    assert "before the bolus" in panel.ui.preEvidence.text


def test_the_users_word_outlives_volumes_that_arrive_later(
    panel: Any, session: FakeSession, settled: Callable[[Any], None]
) -> None:
    mine = add_volume("mine")
    panel.enter()
    panel.ui.delayedSelector.setCurrentNode(mine)
    nodes = [mine, *(add_volume(name) for name in "bcd")]
    session.sees = seen(nodes)  # takes mine for the pre-contrast phase
    settled(panel)
    assert selected(panel) == [None, "b", "c", "mine"]


def test_recognise_phases_starts_from_nothing(panel: Any, session: FakeSession) -> None:
    nodes = [add_volume(name) for name in "abcd"]
    session.sees = seen(nodes)
    panel.enter()
    panel.ui.preSelector.setCurrentNode(nodes[3])
    panel.ui.recogniseButton.click()
    assert selected(panel) == ["a", "b", "c", "d"]
    assert "certain" in panel.ui.preEvidence.text


def test_none_is_a_choice(panel: Any, session: FakeSession) -> None:
    session.sees = seen([add_volume(name) for name in "abcd"])
    panel.enter()
    panel.ui.preSelector.setCurrentNode(None)
    assert session.choices.phases.pre is None
    assert "missing" in panel.ui.preEvidence.text


def test_a_scene_opened_with_its_choices_is_checked_not_recognised(panel: Any, session: FakeSession) -> None:
    for phase, name in zip(("pre", "arterial", "portalVenous", "delayed"), "abcd", strict=True):
        setattr(session.choices.phases, phase, add_volume(name))
    panel.enter()
    assert session.asked == ["check_phases"]
    assert selected(panel) == ["a", "b", "c", "d"]


def test_node_numbers_that_begin_again_after_the_scene_was_closed_are_new(
    panel: Any, session: FakeSession, slicer_desktop: Any, settled: Callable[[Any], None]
) -> None:
    session.sees = proposal({})
    panel.enter()
    for name in "abcd":
        add_volume(name)
    settled(panel)
    slicer_desktop.slicer.mrmlScene.Clear(False)
    session.proposal = None
    session.events.tell(Topic.PHASES)
    session.sees = seen([add_volume(name) for name in "efgh"])
    settled(panel)
    assert selected(panel) == ["e", "f", "g", "h"]


def test_an_error_is_told_and_not_raised(panel: Any, session: FakeSession) -> None:
    session.error = InputError("The volume 'a' has no image data.")
    panel.ui.recogniseButton.click()
    assert session.message is not None
    assert session.message.text == "The volume 'a' has no image data."


def test_the_sample_study_is_one_click(panel: Any, session: FakeSession) -> None:
    panel.ui.sampleButton.click()
    assert session.asked == ["sample"]


def test_nothing_can_be_asked_while_something_runs(panel: Any, session: FakeSession) -> None:
    session.now(State.ANALYZING)
    assert not panel.ui.recogniseButton.enabled
    assert not panel.ui.sampleButton.enabled
    session.now(State.IDLE)
    assert panel.ui.recogniseButton.enabled


def test_reference_and_alignment_are_choices(panel: Any, session: FakeSession) -> None:
    assert panel.ui.referenceSelector.currentText == "Portal venous"
    panel.ui.referenceSelector.setCurrentIndex(1)
    panel.ui.alignmentSelector.setCurrentIndex(2)
    assert (session.choices.reference, session.choices.alignment) == ("arterial", "off")
    session.choices.reference = "delayed"
    panel.refresh()
    assert panel.ui.referenceSelector.currentText == "Delayed"


def test_a_sequence_shows_its_row_and_gives_its_volumes(
    panel: Any, session: FakeSession, slicer_desktop: Any
) -> None:
    panel.refresh()
    assert panel.ui.sequenceRow.isHidden()
    scene = slicer_desktop.slicer.mrmlScene
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "Dynamic")
    for name, second in zip("abcd", ("0", "20", "70", "180"), strict=True):
        node = add_volume(name)
        sequence.SetDataNodeAtValue(node, second)
        scene.RemoveNode(node)
    panel.enter()
    assert not panel.ui.sequenceRow.isHidden()
    panel.ui.sequenceSelector.setCurrentNode(sequence)
    session.asked.clear()
    panel.ui.sequenceButton.click()
    (name, among), *_ = session.asked
    assert name == "recognise"
    assert len(among) == 4


def test_a_closed_panel_hears_nothing_of_the_scene(
    slicer_desktop: Any, session: FakeSession, panel: Any
) -> None:
    panel.enter()
    panel.close()
    add_volume("a")
    assert not panel._settle.active
    session.events.tell(Topic.PHASES)
    assert session.asked == []


def test_a_single_warning_reads_as_it_was_written(panel: Any, session: FakeSession) -> None:
    """Without any other tag Qt would take the escaped text for plain text."""
    import qt

    sure = {phase: told(add_volume(phase.value)) for phase in FOUR_PHASES}
    session.sees = proposal(sure, "'a' & 'b' are <odd>.")
    panel.enter()
    document = qt.QTextDocument()
    label = panel.ui.warningsLabel
    assert label.textFormat == qt.Qt.RichText
    document.setHtml(label.text)
    assert document.toPlainText() == "⚠ 'a' & 'b' are <odd>."
    assert panel.ui.notesLabel.textFormat == qt.Qt.PlainText


def test_the_selectors_are_those_of_the_phases_that_the_chosen_model_takes(
    panel: Any, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.panels import study_panel

    def shown() -> set[Phase]:
        return {phase for phase in Phase if not panel._selector(phase).isHidden()}

    def references() -> list[str]:
        box = panel.ui.referenceSelector
        return [str(box.itemData(index)) for index in range(box.count)]

    assert shown() == set(FOUR_PHASES)
    for phases in (FOUR_PHASES[:3], (*FOUR_PHASES, Phase.HEPATOBILIARY), FOUR_PHASES):
        monkeypatch.setattr(study_panel, "wanted_phases", lambda choices, phases=phases: phases)
        panel.refresh()
        assert shown() == set(phases)
        assert references() == [phase.value for phase in phases]


def add_segmentation(name: str, *segments: str) -> Any:
    """A segmentation of the user in the scene."""
    from MTINetLib.scene.segmentation import empty_segmentation

    node = empty_segmentation(name, add_volume(f"volume of {name}"))
    for segment in segments:
        node.GetSegmentation().AddEmptySegment("", segment)
    return node


def parts(panel: Any) -> list[tuple[str, str]]:
    box = panel.ui.liverPartSelector
    return [(box.itemData(index), box.itemText(index)) for index in range(box.count)]


def test_a_segmentation_that_names_its_liver_is_taken_and_nothing_is_asked(
    panel: Any, session: FakeSession
) -> None:
    node = add_segmentation("TotalSegmentator", "spleen", "liver")
    panel.enter()
    assert panel.ui.liverSelector.currentNode() is None
    panel.ui.liverSelector.setCurrentNode(node)
    assert session.choices.liver is node
    assert panel.ui.liverPartSelector.isHidden()


def test_a_segmentation_that_does_not_is_asked_about_and_another_one_begins_anew(
    panel: Any, session: FakeSession
) -> None:
    node = add_segmentation("drawn", "Segment_1", "Segment_2")
    panel.enter()
    panel.ui.liverSelector.setCurrentNode(node)
    assert not panel.ui.liverPartSelector.isHidden()
    assert [text for _, text in parts(panel)][1:] == ["Segment_1", "Segment_2"]
    panel.ui.liverPartSelector.setCurrentIndex(2)
    assert session.choices.liverPart == "2"
    panel.ui.liverSelector.setCurrentNode(add_segmentation("another", "one", "two", "three"))
    assert session.choices.liverPart == ""


def test_the_selector_does_not_turn_to_a_neighbour_when_the_liver_goes(
    panel: Any, session: FakeSession, settled: Callable[[Any], None]
) -> None:
    node = add_segmentation("liver to go", "liver")
    add_segmentation("neighbour", "liver")
    panel.enter()
    panel.ui.liverSelector.setCurrentNode(node)
    session.choices.liver = None  # as the parameter node does when its node goes
    node.GetScene().RemoveNode(node)
    settled(panel)
    assert session.choices.liver is None
    assert panel.ui.liverSelector.currentNode() is None
