"""The work list in the Training tab, over the real scene and real workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.open_panel import panels_of
from support.panel_pictures import grab
from support.waiting import wait_until
from support.worklist import drafted_list, noisy_study, true_lesions

from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.session.state import State
from MTINetLib.worklist.change import Change, change
from MTINetLib.worklist.entry import Status
from MTINetLib.worklist.folder import Record, open_list

pytestmark = pytest.mark.viewer


@pytest.fixture
def drafted(tmp_path: Path) -> Path:
    """A list of three studies, each with a draft of two lesions or more."""
    return drafted_list(tmp_path, 3).folder


@pytest.fixture
def session(scene: Scene, slicer_desktop: Any, model: Path) -> Iterator[Any]:
    from MTINetLib.session.choices import Choices
    from MTINetLib.session.session import Session

    made = Session(scene, Choices(model=str(model), device="cpu", precision="fp32", readerName="Anna"))
    yield made
    made.close()


@pytest.fixture
def open_panel(slicer_desktop: Any) -> Iterator[Callable[[Any], Any]]:
    from MTINetLib.panels.worklist_panel import WorkListPanel

    with panels_of(WorkListPanel) as opened:
        yield opened


def until_idle(session: Any) -> None:
    wait_until(
        lambda: session.state is State.IDLE and not session.waiting,
        session.poll,
        lambda: (session.state, session.message, session.worklist.message),
    )


def with_list(session: Any, open_panel: Any, folder: Path) -> Any:
    panel = open_panel(session)
    panel.widget.collapsed = False
    panel.ui.listPath.currentPath = str(folder)
    until_idle(session)
    return panel


def entries(folder: Path) -> dict[str, Record]:
    return {record.study: record for record in open_list(folder).records()}


def volumes(session: Any) -> int:
    return len(list(nodes_of_class(session.scene.mrml, "vtkMRMLScalarVolumeNode")))


def add_study_of_ones_own(session: Any) -> list[Any]:
    """The user looks at another study meanwhile, with lesions that somebody drew."""
    from MTINetLib.scene.volumes import PHASE_ATTRIBUTE, add_volume
    from MTINetLib.session.measure_masks import measure_masks

    study = noisy_study(9)
    nodes = []
    for phase in study.phases:
        nodes.append(add_volume(session.scene, phase.title, study.phase(phase), study.grid))
        nodes[-1].SetAttribute(PHASE_ATTRIBUTE, phase.value)
    session.recognise(nodes)
    measure_masks(session, true_lesions().labels)
    return nodes


def name_all(panel: Any) -> None:
    """By the keys, as a reader would: the choice goes on to the next lesion by itself."""
    count = len(panel.session.worklist.lesions())
    for label, _ml, _name in panel.session.worklist.lesions():
        panel.session.select(label)
        panel.onHcc()
    assert len(panel.session.worklist.lesions()) == count


def test_studies_are_read_one_after_the_other_and_the_next_one_is_read_ahead(
    session: Any, open_panel: Any, drafted: Path, tmp_path: Path
) -> None:
    panel = with_list(session, open_panel, drafted)
    ui, listed = panel.ui, session.worklist
    assert ui.studyTable.rowCount == 3
    assert ui.listLabel.text == "3 studies, 3 of them still to look at."
    assert listed.rows[0].study in ui.whyLabel.text
    first, second = listed.rows[0].study, listed.rows[1].study
    panel.onNext()
    until_idle(session)
    assert listed.current.opened.study == first
    assert volumes(session) == 4
    assert ui.listedLesionTable.rowCount == len(entries(drafted)[first].entry.classes)
    assert not session.findings.provenance.corrected_by_person
    assert listed.ahead.study == second
    grab(panel.widget.window(), tmp_path / "opened.png")
    name_all(panel)
    assert ui.doneButton.enabled
    panel.onDone()
    until_idle(session)
    entry = entries(drafted)[first].entry
    assert (entry.status, entry.who, set(entry.classes.values())) == (Status.DONE, "Anna", {"hcc"})
    assert listed.current.opened.study == second
    assert volumes(session) == 4
    assert ui.listLabel.text == "3 studies, 2 of them still to look at."
    panel.onNoLesion()
    until_idle(session)
    assert entries(drafted)[second].entry.no_lesions
    ui.reasonEdit.text = "motion"
    panel.onSetAside()
    until_idle(session)
    assert {record.entry.reason for record in entries(drafted).values()} == {"", "motion"}
    assert listed.message.text == "Every study of the list is done, set aside, or cannot be opened."
    grab(panel.widget.window(), tmp_path / "over.png")


def test_what_was_begun_is_kept_when_another_study_is_opened(
    session: Any, open_panel: Any, drafted: Path
) -> None:
    panel = with_list(session, open_panel, drafted)
    first = session.worklist.rows[0].study
    panel.onNext()
    until_idle(session)
    name_all(panel)
    panel.onNext()
    until_idle(session)
    entry = entries(drafted)[first].entry
    assert entry.status is Status.CORRECTED
    assert set(entry.classes.values()) == {"hcc"}
    session.worklist.go_to(first)
    until_idle(session)
    assert {name for _label, _ml, name in session.worklist.lesions()} == {"hcc"}


def test_two_readers_of_one_study_are_told_and_both_versions_stay(
    session: Any, open_panel: Any, drafted: Path
) -> None:
    panel = with_list(session, open_panel, drafted)
    first = session.worklist.rows[0].study
    panel.onNext()
    until_idle(session)
    listed = open_list(drafted)
    change(listed, listed.record(first), Change(status=Status.SET_ASIDE, reason="motion"), "Ben")
    name_all(panel)
    panel.onDone()
    until_idle(session)
    assert {head.who for head in entries(drafted)[first].heads} == {"Anna", "Ben"}
    assert "Several readers changed the study" in session.worklist.message.text
    assert panel.ui.studyTable.item(0, 1).text() == "in conflict"


def test_a_lesion_without_a_class_is_not_done_and_one_sentence_says_so(
    session: Any, open_panel: Any, drafted: Path
) -> None:
    panel = with_list(session, open_panel, drafted)
    panel.onNext()
    until_idle(session)
    label = session.worklist.lesions()[0][0]
    session.worklist.choose_class(label, "")
    assert not panel.ui.doneButton.enabled
    session.worklist.done()
    until_idle(session)
    assert "Say what these lesions of the study" in session.worklist.message.text
    assert volumes(session) == 4


def test_a_new_list_is_made_of_a_folder_and_an_undrafted_study_is_analyzed(
    session: Any, open_panel: Any, drafted: Path, tmp_path: Path
) -> None:
    panel = open_panel(session)
    ui = panel.ui
    assert not ui.searchButton.enabled
    ui.listPath.currentPath, ui.sourcePath.currentPath = str(tmp_path / "new"), str(tmp_path / "archive")
    assert ui.searchButton.enabled
    panel.onSearch()
    until_idle(session)
    assert session.worklist.message.text.startswith("3 studies are on the list: 3 new")
    panel.onNext()
    until_idle(session)
    assert session.findings is not None
    assert session.worklist.current is not None


def test_a_study_that_has_moved_is_told_and_the_list_goes_on(
    session: Any, open_panel: Any, drafted: Path, tmp_path: Path
) -> None:
    panel = with_list(session, open_panel, drafted)
    (tmp_path / "archive").rename(tmp_path / "elsewhere")
    panel.onNext()
    until_idle(session)
    assert "does not lie where it was found any more" in session.worklist.message.text
    assert session.worklist.current is None
    assert volumes(session) == 0
    for _ in range(3):  # each is tried once, none again and again
        panel.onNext()
        until_idle(session)
    assert session.worklist.message.text.startswith("Every study of the list is done")


def test_lesions_of_other_volumes_are_never_saved_as_those_of_the_study(
    session: Any, open_panel: Any, drafted: Path
) -> None:
    panel = with_list(session, open_panel, drafted)
    first = session.worklist.rows[0].study
    panel.onNext()
    until_idle(session)
    others = add_study_of_ones_own(session)
    assert session.results.reference in others
    assert session.worklist.lesions() == ()
    session.worklist.done()
    until_idle(session)
    assert "are not those of the study" in session.worklist.message.text
    assert entries(drafted)[first].entry.status is Status.DRAFTED
    panel.onNext()
    until_idle(session)
    assert session.worklist.current.opened.study != first
    assert all(node.GetScene() is not None for node in others)


def test_a_corrected_mask_is_done_and_stays_done_when_the_next_study_comes(
    session: Any, open_panel: Any, drafted: Path
) -> None:
    panel = with_list(session, open_panel, drafted)
    first = session.worklist.rows[0].study
    panel.onNext()
    until_idle(session)
    session.correction.delete(session.worklist.lesions()[-1][0])
    until_idle(session)
    name_all(panel)
    left = {label for label, _ml, _name in session.worklist.lesions()}
    (drafted / "masks").rename(drafted / "away")
    (drafted / "masks").write_text("no folder any more")
    panel.onDone()
    until_idle(session)
    assert "cannot be written" in session.worklist.message.text
    assert {label for label, _ml, _name in session.worklist.lesions()} == left, "nothing of the work is lost"
    (drafted / "masks").unlink()
    (drafted / "away").rename(drafted / "masks")
    panel.onDone()
    until_idle(session)
    record = entries(drafted)[first]
    assert (record.entry.status, set(record.entry.classes), record.rivals) == (Status.DONE, left, ())
    assert session.worklist.current.opened.study != first


def test_of_two_versions_one_is_looked_at_and_the_other_chosen_in_the_panel(
    session: Any, open_panel: Any, drafted: Path, tmp_path: Path
) -> None:
    listed = open_list(drafted)
    seen = listed.records()[0]
    change(listed, seen, Change(status=Status.DONE, class_of_all="hcc"), "Ben")
    change(listed, seen, Change(status=Status.DONE, no_lesions=True), "Clara")
    panel = with_list(session, open_panel, drafted)
    ui = panel.ui
    assert ui.versionTable.isHidden()
    ui.studyTable.selectRow(0)
    rows = [[ui.versionTable.item(row, column).text() for column in (0, 2, 3)] for row in range(2)]
    assert sorted(row[0] for row in rows) == ["Ben", "Clara"]
    assert {row[2] for row in rows} >= {"none"}
    assert not ui.keepButton.enabled
    ui.versionTable.selectRow([row[0] for row in rows].index("Ben"))
    panel.versions.onLook()
    until_idle(session)
    assert {name for _label, _ml, name in session.worklist.lesions()} == {"hcc"}
    grab(panel.widget.window(), tmp_path / "versions.png")
    ui.versionTable.selectRow([row[0] for row in rows].index("Clara"))
    panel.versions.onKeep()
    until_idle(session)
    record = entries(drafted)[seen.study]
    assert (record.rivals, record.entry.no_lesions, record.entry.who) == ((), True, "Anna")
    assert "the version of Clara counts now" in session.worklist.message.text
    assert session.worklist.lesions() == ()
    assert ui.versionTable.isHidden()
    panel.onNext()
    until_idle(session)
    assert entries(drafted)[seen.study].rivals == ()


def test_the_done_studies_are_exported_and_are_the_dataset_to_train_on(
    session: Any, open_panel: Any, drafted: Path, tmp_path: Path
) -> None:
    from MTINetLib.dataset.folder import read_dataset

    panel = with_list(session, open_panel, drafted)
    assert panel.ui.exportButton.isHidden()
    listed = open_list(drafted)
    for record in listed.records()[:2]:
        change(listed, record, Change(status=Status.DONE, class_of_all="hcc"), "Ben")
    panel.onRead()
    until_idle(session)
    assert not panel.ui.exportButton.enabled
    panel.ui.exportPath.currentPath = str(tmp_path / "dataset")
    panel.ui.deidentifyBox.checked = True
    panel.export.onExport()
    until_idle(session)
    cases = read_dataset(tmp_path / "dataset")
    assert len(cases) == 2
    assert not {case.case for case in cases} & {f"case_{record.study}" for record in listed.records()}
    assert session.worklist.message.text.startswith("2 cases added to")
    assert session.training.desk.folder == str(tmp_path / "dataset")


def test_the_reader_names_the_phases_and_a_draft_of_others_goes(
    session: Any, open_panel: Any, drafted: Path
) -> None:
    panel = with_list(session, open_panel, drafted)
    ui = panel.ui
    assert ui.phasesButton.isHidden()
    ui.studyTable.selectRow(0)
    study = session.worklist.rows[0].study
    panel.phases.onPhases()
    until_idle(session)
    assert ui.phaseTable.rowCount == 4
    boxes = list(panel.phases._boxes.values())
    assert boxes[0].count == 1 + len(session.worklist.found.volumes) == 5
    for box in boxes:
        box.setCurrentIndex(1)
    assert not ui.openPhasesButton.enabled, "one series cannot be two phases"
    for box, number in zip(boxes, (4, 3, 2, 1), strict=True):
        box.setCurrentIndex(number)
    words = [session.worklist.found.volumes[number][0] for number in (3, 2, 1, 0)]
    panel.phases.onOpen()
    until_idle(session)
    entry = entries(drafted)[study].entry
    assert [entry.told[name] for name in ("pre", "arterial", "portal_venous", "delayed")] == words
    assert (entry.status, entry.labels) == (Status.TO_DO, "")
    assert session.worklist.current.opened.study == study
    shown = [phase.description for phase in session.worklist.current.opened.phases]
    assert shown[0] != shown[1]
    assert ui.phaseTable.isHidden()
