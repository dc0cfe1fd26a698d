"""The Report section over the real scene and the real worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.corrected_session import corrected_session, half_of, mask_of, paint, settle
from support.made_analysis import made_study
from support.open_panel import panels_of
from support.panel_pictures import grab

from MTINetLib.panels.notice import STYLES
from MTINetLib.scene.scene import Scene
from MTINetLib.session.setup import Condition, Group
from MTINetLib.session.state import State

pytestmark = pytest.mark.viewer


@pytest.fixture
def session(scene: Scene, slicer_desktop: Any, worker: Any) -> Any:
    slicer_desktop.slicer.app.userSettings().clear()
    return corrected_session(scene, worker, made_study())


@pytest.fixture
def panel(session: Any, tmp_path: Path) -> Iterator[Any]:
    from MTINetLib.panels.report_panel import ReportPanel

    with panels_of(ReportPanel) as make:
        panel = make(session)
        panel.ui.folderEdit.currentPath = str(tmp_path)
        yield panel


def tick(panel: Any, *formats: str) -> None:
    for name, box in panel._boxes.items():
        box.setChecked(name in formats)


def shown(panel: Any, name: str) -> bool:
    return bool(getattr(panel.ui, name).isVisibleTo(panel.widget))


def test_what_could_not_be_made_is_named_in_the_section(
    panel: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "formats", lambda: ("csv", "dicom"))  # the made study has no DICOM images
    panel.ui.writeButton.click()
    settle(session)
    text = str(panel.ui.resultLabel.text)
    assert "The report was written to" in text
    assert "There is no DICOM SEG, SR or PDF: The pre-contrast phase" in text
    assert panel.ui.resultLabel.styleSheet == STYLES["warning"]
    assert shown(panel, "openFolderButton")


def test_a_press_of_the_button_writes_the_ticked_formats(panel: Any, session: Any, tmp_path: Path) -> None:
    tick(panel, "html", "csv", "json")
    panel.ui.writeButton.click()
    assert session.state is State.REPORTING
    assert panel.ui.writeButton.text == "Cancel"
    assert shown(panel, "progressBar")
    settle(session)
    written = {path.name for path in (tmp_path / "mtinet-report").iterdir()}
    assert written == {"report.html", "lesions.csv", "curves.csv", "findings.json"}
    assert panel.ui.writeButton.text == "Write report"
    assert "was written to" in panel.ui.resultLabel.text
    assert shown(panel, "openReportButton")
    assert shown(panel, "openFolderButton")
    assert not shown(panel, "progressBar")


def test_the_reader_s_words_go_into_the_report(panel: Any, session: Any, tmp_path: Path) -> None:
    tick(panel, "html")
    panel.ui.nameEdit.setText("Dr Ada Reader")
    panel.ui.commentEdit.setPlainText("Line one\nLine two")
    panel.ui.writeButton.click()
    settle(session)
    html = (tmp_path / "mtinet-report" / "report.html").read_text(encoding="utf-8")
    assert "Dr Ada Reader" in html
    assert "Line one\nLine two" in html


def test_a_deidentified_report_names_neither_series_nor_reader(
    panel: Any, session: Any, tmp_path: Path
) -> None:
    tick(panel, "json", "html")
    panel.ui.nameEdit.setText("Dr Ada Reader")
    assert not shown(panel, "identityLabel")
    panel.ui.deidentifyBox.setChecked(True)
    assert shown(panel, "identityLabel")
    panel.ui.writeButton.click()
    settle(session)
    folder = tmp_path / "mtinet-report"
    data = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    assert data["provenance"]["input_series_uids"] == []
    assert {phase["description"] for phase in data["study"]["phases"]} == {"withheld"}
    assert "Dr Ada Reader" not in (folder / "report.html").read_text(encoding="utf-8")


def test_a_second_report_goes_beside_the_first(panel: Any, session: Any, tmp_path: Path) -> None:
    tick(panel, "csv")
    for _ in range(2):
        panel.ui.writeButton.click()
        settle(session)
    assert {path.name for path in tmp_path.iterdir()} == {"mtinet-report", "mtinet-report-2"}
    assert not shown(panel, "openReportButton"), "there is no document to open"


def test_an_edit_of_a_moment_ago_is_in_the_report(panel: Any, session: Any, tmp_path: Path) -> None:
    tick(panel, "json")
    smaller = half_of(mask_of(session, 1))
    paint(session, 1, smaller)
    panel.ui.writeButton.click()
    settle(session, lambda: bool(session.reports.files))
    data = json.loads((tmp_path / "mtinet-report" / "findings.json").read_text(encoding="utf-8"))
    voxel_ml = made_study().grid.voxel_volume_mm3 / 1000
    assert data["lesions"][0]["volume_ml"] == pytest.approx(smaller.sum() * voxel_ml)
    assert data["provenance"]["corrected_by_person"] is True


def test_the_masks_of_the_report_are_those_of_the_scene(panel: Any, session: Any, tmp_path: Path) -> None:
    import SimpleITK

    tick(panel, "labels")
    panel.ui.writeButton.click()
    settle(session)
    image = SimpleITK.ReadImage(str(tmp_path / "mtinet-report" / "lesions.nii.gz"))
    masks = SimpleITK.GetArrayFromImage(image)
    for label in (1, 2):
        assert (masks == label).sum() == mask_of(session, label).sum()
    assert not (tmp_path / "mtinet-report" / "probability.nii.gz").exists(), "the scene was opened again"


@pytest.mark.parametrize("named", ["", "a file"])
def test_a_folder_that_cannot_be_used_is_one_sentence(
    panel: Any, session: Any, tmp_path: Path, named: str
) -> None:
    (tmp_path / "a file").write_text("x")
    panel.ui.folderEdit.currentPath = str(tmp_path / named) if named else ""
    tick(panel, "csv")
    panel.ui.writeButton.click()
    while session.state is not State.IDLE:
        session.poll()
    assert session.message.kind == "error"
    assert panel.ui.resultLabel.text == session.message.text
    assert panel.ui.resultLabel.text.endswith(".")
    assert shown(panel, "resultLabel")
    assert not shown(panel, "openFolderButton")
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]


def test_without_a_format_it_says_so(panel: Any, session: Any) -> None:
    tick(panel)
    panel.ui.writeButton.click()
    assert panel.ui.resultLabel.text == "Choose at least one format for the report."


def test_a_cancelled_report_leaves_nothing_behind(panel: Any, session: Any, tmp_path: Path) -> None:
    tick(panel, "pdf", "html")
    panel.ui.writeButton.click()
    panel.ui.writeButton.click()
    while session.state is not State.IDLE:
        session.poll()
    assert session.message.kind == "info"
    assert list(tmp_path.iterdir()) == []
    assert session.reports.files == ()


def test_a_scene_closed_in_between_leaves_nothing_behind(panel: Any, session: Any, tmp_path: Path) -> None:
    tick(panel, "csv")
    panel.ui.writeButton.click()
    session.scene_closing()
    assert session.state is State.IDLE
    for _ in range(50):
        session.poll()
    assert not panel.ui.writeButton.enabled
    assert list(tmp_path.iterdir()) == []


def test_the_folder_that_the_user_named_outlives_the_study_and_slicer(
    scene: Scene, panel: Any, session: Any, tmp_path: Path
) -> None:
    import slicer

    from MTINetLib.panels.report_panel import FOLDER_SETTING, ReportPanel

    panel.ui.folderEdit.currentPath = str(tmp_path / "Béfunde")
    session.set_findings(replace(session.findings))
    another_study(scene, session)
    assert panel.ui.folderEdit.currentPath == str(tmp_path / "Béfunde")
    assert slicer.app.userSettings().value(FOLDER_SETTING) == str(tmp_path / "Béfunde")
    session.choices.reportFolder, session.reports.last_folder = "", None
    with panels_of(ReportPanel) as make:
        assert make(session).ui.folderEdit.currentPath == str(tmp_path / "Béfunde")


def test_the_images_own_folder_is_not_suggested(
    scene: Scene, panel: Any, session: Any, tmp_path: Path
) -> None:
    import slicer

    storage = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(tmp_path / "IM0001.dcm"))
    others = another_study(scene, session, tell=False)
    others[2].SetAndObserveStorageNodeID(storage.GetID())
    session.set_findings(session.findings)
    suggested = Path(panel.ui.folderEdit.currentPath)
    assert suggested.name == "MTINet reports"
    assert not suggested.is_relative_to(tmp_path)


def another_study(scene: Scene, session: Any, tell: bool = True) -> Any:
    """Results over other volumes take the place of those that are shown; the volumes."""
    from MTINetLib.scene.show_results import show_results_now
    from MTINetLib.scene.volumes import add_phase_volumes

    labels = mask_of(session, 1).astype("uint8")
    others = add_phase_volumes(scene, made_study())
    session.results = show_results_now(scene, session.findings, labels, others, others[2])
    if tell:
        session.set_findings(session.findings)
    return others


def test_another_study_does_not_inherit_the_comment(scene: Scene, panel: Any, session: Any) -> None:
    from MTINetLib.scene.show_results import show_results_now
    from MTINetLib.scene.volumes import add_phase_volumes

    panel.ui.commentEdit.setPlainText("About the first patient")
    labels = mask_of(session, 1).astype("uint8")
    others = add_phase_volumes(scene, made_study())
    session.results = show_results_now(scene, session.findings, labels, others, others[2])
    session.set_findings(session.findings)
    assert panel.ui.commentEdit.plainText == ""
    assert session.choices.readerComment == ""


def test_the_comment_outlives_another_analysis_of_the_same_volumes(
    scene: Scene, panel: Any, session: Any
) -> None:
    from MTINetLib.scene.show_results import show_results_now

    panel.ui.commentEdit.setPlainText("About this patient")
    before = session.results
    labels = mask_of(session, 1).astype("uint8")
    session.results = show_results_now(scene, session.findings, labels, before.volumes, before.reference)
    session.set_findings(session.findings)
    assert session.choices.readerComment == panel.ui.commentEdit.plainText == "About this patient"


def test_the_ticked_formats_are_choices_of_the_scene(panel: Any, session: Any) -> None:
    assert session.choices.reportFormats == "pdf,html,csv,json"
    assert set(panel.formats()) == {"pdf", "html", "csv", "json"}
    tick(panel, "csv", "labels")
    assert session.choices.reportFormats == "csv,labels"
    session.choices.reportFormats = "json"
    panel.refresh()
    assert panel.formats() == ("json",)


def test_the_links_open_what_was_written(
    panel: Any, session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import qt

    opened: list[str] = []
    monkeypatch.setattr(
        qt.QDesktopServices,
        "openUrl",
        lambda url: opened.append(url.toLocalFile()) is None and len(opened) < 2,
    )
    tick(panel, "html")
    panel.ui.writeButton.click()
    settle(session)
    panel.ui.openReportButton.click()
    panel.ui.openFolderButton.click()
    folder = tmp_path / "mtinet-report"
    assert [Path(path) for path in opened] == [folder / "report.html", folder]
    assert session.message.kind == "warning", "the second one could not be opened"


def test_a_format_whose_package_is_missing_cannot_be_ticked(
    panel: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.panels import report_panel

    def without_reportlab(groups: tuple[Group, ...]) -> tuple[Any, ...]:
        return tuple(
            replace(found, condition=Condition.MISSING) if found.need.name == "reportlab" else found
            for found in report_panel_look(groups)
        )

    report_panel_look = report_panel.look
    assert not shown(panel, "packagesLabel")
    monkeypatch.setattr(report_panel, "look", without_reportlab)
    panel.refresh()
    assert not panel._boxes["pdf"].enabled
    assert panel._boxes["html"].enabled
    assert "pdf" not in panel.formats()
    assert panel.ui.packagesLabel.text.startswith("Not installed yet: reportlab.")


def test_without_results_nothing_can_be_written(panel: Any, session: Any) -> None:
    assert panel.ui.writeButton.enabled
    session.scene_closing()
    assert not panel.ui.writeButton.enabled
    assert panel.ui.writeButton.toolTip == "Analyze a study first."


def test_the_tab_key_walks_from_top_to_bottom(panel: Any) -> None:
    ui = panel.ui
    wanted = [*panel._boxes.values(), ui.nameEdit, ui.commentEdit, ui.deidentifyBox, ui.writeButton]
    walked, here = [], ui.folderEdit
    for _step in range(200):
        here = here.nextInFocusChain()
        walked += [one for one in wanted if one is here]
    assert walked[: len(wanted)] == wanted


def test_it_fits_a_narrow_column(panel: Any, session: Any, tmp_path: Path) -> None:
    panel.ui.deidentifyBox.setChecked(True)
    tick(panel, "html", "csv")
    panel.ui.writeButton.click()
    settle(session)
    grab(panel.widget.parentWidget(), tmp_path / "report.png", 420)
    assert panel.widget.minimumSizeHint().width() <= 400


def test_packages_that_were_installed_meanwhile_are_seen_at_once(
    panel: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.panels import report_panel
    from MTINetLib.session.events import Topic

    found = report_panel.look((Group.ANALYSIS,))
    gone = [
        replace(item, condition=Condition.MISSING) if item.need.name == "reportlab" else item
        for item in found
    ]
    monkeypatch.setattr(report_panel, "look", lambda groups: gone)
    panel.refresh()
    assert "reportlab" in panel.ui.packagesLabel.text
    monkeypatch.setattr(report_panel, "look", lambda groups: found)
    session.events.tell(Topic.PACKAGES)
    assert not shown(panel, "packagesLabel")
    assert "pdf" in panel.formats()
