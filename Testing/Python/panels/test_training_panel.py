"""The Training tab over the real scene, real workers and a small network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.corrected_session import corrected_session
from support.fine_tuned import fine_tuned_run
from support.made_analysis import made_study
from support.open_panel import panels_of
from support.panel_pictures import grab
from support.small_dataset import SHORT, tiny_network, write_small_dataset
from support.waiting import wait_until

from MTINetLib.scene.scene import Scene
from MTINetLib.session.training_state import RunState

pytestmark = pytest.mark.viewer

ENDLESS = (*SHORT, "max_steps=100000", *tiny_network())


@pytest.fixture(autouse=True)
def _own_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTINET_USER_FOLDER", str(tmp_path_factory.mktemp("user")))


@pytest.fixture
def session(scene: Scene, slicer_desktop: Any) -> Iterator[Any]:
    from MTINetLib.session.choices import Choices
    from MTINetLib.session.session import Session

    made = Session(scene, Choices())
    yield made
    made.close()


@pytest.fixture
def open_panel(slicer_desktop: Any) -> Iterator[Callable[[Any], Any]]:
    from MTINetLib.panels.training_panel import TrainingPanel

    with panels_of(TrainingPanel) as opened:
        yield opened


def until(session: Any, what: Callable[[], bool]) -> None:
    wait_until(what, session.poll, lambda: (session.training.run.state, session.training.message))


def checked(session: Any, panel: Any, folder: Path) -> None:
    """The user has typed a folder, and the check is done."""
    panel.ui.datasetPath.currentPath = str(folder)
    panel.dataset.onTyped()
    until(session, lambda: session.training.desk.checked is not None)


def texts(table: Any) -> list[list[str]]:
    return [
        [table.item(row, column).text() for column in range(table.columnCount)]
        for row in range(table.rowCount)
        if table.item(row, 0) is not None
    ]


def test_a_dataset_shows_its_cases_and_their_problems_at_once(
    session: Any, open_panel: Any, tmp_path: Path
) -> None:
    dataset = write_small_dataset(tmp_path / "data")
    (dataset / "case_3" / "mask.nii.gz").unlink()
    path = dataset / "case_1" / "pre.nii.gz"
    path.write_bytes(path.read_bytes()[:900])
    panel = open_panel(session)
    ui = panel.ui
    assert "Choose a folder" in ui.datasetLabel.text
    assert not ui.startButton.enabled
    checked(session, panel, dataset)
    rows = texts(ui.caseTable)
    assert rows[0] == ["case_0", "patient_0", "4", "HCC", "1", "64×64×6"]
    assert {row[3] for row in rows} == {"HCC", "Hemangioma", "None"}
    assert rows[1][2] == "3/4"
    assert rows[3][4] == "?"
    assert ui.datasetLabel.text == (
        "6 cases of 6 patients: 3 HCC, 2 hemangioma, 1 without lesions. 2 cannot be used. Warnings for 5."
    )
    assert "case_1: The pre-contrast phase" in ui.problemLabel.text
    ui.caseTable.selectRow(3)
    assert "case_3: The column mask" in ui.problemLabel.text
    assert not ui.startButton.enabled
    assert "training reads every case" in ui.unreadyLabel.text
    grab(panel.widget.window(), tmp_path / "problems.png")


def test_warnings_of_the_dataset_and_of_its_cases_are_shown(
    session: Any, open_panel: Any, tmp_path: Path
) -> None:
    dataset = write_small_dataset(tmp_path / "data")
    table = dataset / "cases.csv"
    table.write_text(table.read_text().replace(",patient_2,", ",PATIENT_1,"))
    panel = open_panel(session)
    checked(session, panel, dataset)
    ui = panel.ui
    assert "Warning: The patients 'PATIENT_1' and 'patient_1' count as different" in ui.problemLabel.text
    assert "All can be used. Warnings for" in ui.datasetLabel.text
    ui.caseTable.selectRow(5)
    assert "case_5: Warning: " in ui.problemLabel.text
    assert "Warning: Hardly anything brightens between the phases" in ui.problemLabel.text
    assert ui.startButton.enabled
    grab(panel.widget.window(), tmp_path / "warnings.png")


def test_a_run_is_started_held_stopped_kept_and_used(
    session: Any, open_panel: Any, slicer_desktop: Any, tmp_path: Path
) -> None:
    import slicer

    dataset = write_small_dataset(tmp_path / "data")
    panel = open_panel(session)
    ui, run = panel.ui, session.training.run
    checked(session, panel, dataset)
    chosen = panel.run.choices
    panel.run.choices = lambda: replace(chosen(), preset="quick", device="cpu", changes=ENDLESS)
    ui.startButton.click()
    assert not ui.startButton.enabled
    until(session, lambda: len(run.curves.validations) >= 3 and run.left_s is not None)
    panel.run.show_curves()
    assert "left" in ui.stageLabel.text
    assert "Dice" in ui.figuresLabel.text
    chart = ui.curvePlace.findChildren(slicer.qMRMLPlotWidget)[0].mrmlPlotViewNode().GetPlotChartNode()
    assert chart.GetNumberOfPlotSeriesNodes() == 3
    table = chart.GetNthPlotSeriesNode(1).GetTableNode().GetTable()
    assert table.GetNumberOfRows() == len(run.curves.losses)
    ui.curveSelector.setCurrentIndex(1)
    grab(panel.widget.window(), tmp_path / "training.png")

    ui.pauseButton.click()
    until(session, lambda: run.state is RunState.PAUSED)
    assert ui.pauseButton.text == "Resume"
    ui.pauseButton.click()
    until(session, lambda: run.state is RunState.TRAINING)

    panel.close()
    slicer.mrmlScene.Clear(False)
    session.scene_closing()
    assert run.active, "closing the tab or the scene ended the run"
    panel = open_panel(session)
    ui = panel.ui
    assert ui.stopButton.enabled
    ui.stopButton.click()
    until(session, lambda: not run.active)
    assert "was stopped after" in ui.messageLabel.text
    assert ui.pauseButton.text == "Resume"
    assert ui.pauseButton.enabled
    assert "can go on" in ui.runSelector.currentText

    ui.modelNameEdit.text = "Ward model"
    ui.keepButton.click()
    until(session, lambda: ui.modelTable.rowCount == 1)
    assert texts(ui.modelTable)[0][:2] == ["Ward model", "quick"]
    assert not ui.modelMessageLabel.isHidden()
    assert ui.messageLabel.isHidden()
    ui.modelTable.selectRow(0)
    ui.useButton.click()
    assert session.choices.model == "Ward model"
    assert "Ward model" in ui.modelInUseLabel.text
    grab(panel.widget.window(), tmp_path / "stopped.png")
    slicer_desktop.popups.answers.append(True)
    ui.deleteButton.click()
    assert session.choices.model == ""
    assert session.training.kept_models() == []


def test_the_open_study_becomes_a_case_once_every_lesion_has_a_class(
    scene: Scene, slicer_desktop: Any, open_panel: Any, tmp_path: Path
) -> None:
    from MTINetLib.dataset.folder import read_dataset
    from MTINetLib.worker.client import WorkerClient

    client = WorkerClient()
    session = corrected_session(scene, client, made_study())
    try:
        panel = open_panel(session)
        ui = panel.ui
        ui.caseSection.collapsed = False
        assert not ui.addCaseButton.enabled
        panel.dataset._timer.stop()
        checked(session, panel, tmp_path)
        assert "becomes a dataset with the first case" in ui.datasetLabel.text
        assert "no dataset yet" in ui.unreadyLabel.text
        boxes = panel.case._boxes
        first, *others = boxes.values()
        first.setCurrentIndex(0)
        assert not ui.addCaseButton.enabled
        assert ui.caseLabel.text == "Choose a class for lesion 1."
        for box in (first, *others):
            box.setCurrentIndex(2)
        assert ui.addCaseButton.enabled
        ui.patientEdit.text = "ward-7"
        grab(panel.widget.window(), tmp_path.parent / "case.png")
        ui.addCaseButton.click()
        assert ui.addCaseButton.text == "Cancel"
        ui.addCaseButton.click()
        until(session, lambda: not session.training.busy)
        assert "cancelled" in ui.caseMessageLabel.text
        assert not (tmp_path / "cases.csv").exists()
        ui.patientEdit.text = "ward-7"
        ui.addCaseButton.click()
        until(session, lambda: ui.caseTable.rowCount == 1)
        (case,) = read_dataset(tmp_path)
        assert (case.patient, case.case_class) == ("ward-7", "hemangioma")
        assert set(case.lesion_classes) == set(boxes)
        assert "was added as case_0001 of ward-7" in ui.caseMessageLabel.text
    finally:
        session.close()


def test_without_a_study_the_section_says_what_to_do(session: Any, open_panel: Any) -> None:
    panel = open_panel(session)
    panel.ui.caseSection.collapsed = False
    assert "Analyze a study first" in panel.ui.caseLabel.text
    assert panel.ui.addCaseButton.isHidden()


def test_the_fields_become_the_choices_of_a_run(session: Any, open_panel: Any, tmp_path: Path) -> None:
    panel = open_panel(session)
    ui = panel.ui
    ui.datasetPath.currentPath = str(tmp_path)
    assert panel.run.choices().epochs is None
    assert panel.run.choices().runs_folder == ""
    ui.runsPath.currentPath = str(tmp_path / "elsewhere")
    assert panel.run.choices().runs_folder == str(tmp_path / "elsewhere")
    session.training.start(panel.run.choices())
    assert "There is no folder" in ui.messageLabel.text
    ui.presetSelector.setCurrentIndex(1)
    ui.lengthSelector.setCurrentIndex(1)
    ui.lengthSpin.value = 7
    ui.foldsSelector.setCurrentIndex(2)
    ui.trainingDeviceSelector.setCurrentIndex(1)
    ui.batchSpin.value = 3
    ui.runNameEdit.text = " mine "
    made = panel.run.choices()
    assert (made.dataset, made.preset, made.epochs, made.minutes) == (str(tmp_path), "paper", 7, None)
    assert (made.folds, made.device, made.batch_size, made.name) == (5, "cpu", 3, "mine")
    ui.lengthSelector.setCurrentIndex(2)
    assert (panel.run.choices().epochs, panel.run.choices().minutes) == (None, 7.0)


def test_old_and_new_model_stand_side_by_side_and_one_click_takes_or_gives_back_the_new_one(
    session: Any, open_panel: Any, tmp_path: Path
) -> None:
    record = fine_tuned_run(tmp_path / "run", better=True)
    panel = open_panel(session)
    ui = panel.ui
    assert ui.comparisonTable.isHidden()
    session.training.run.show(record)
    assert ui.comparisonLabel.text == "The new model is better: by sensitivity and panoptic quality."
    assert texts(ui.comparisonTable) == [
        ["Sensitivity, %", "50.0", "75.0", "25.0 (10.0 to 40.0)"],
        ["False marks a study", "0.40", "0.30", "-0.10"],
    ]
    assert ui.comparisonTable.item(0, 1).toolTip() == "50.0 (40.0 to 60.0)"
    assert ui.useNewButton.text == "Use the new model"
    assert ui.goBackButton.isHidden()
    grab(panel.widget.window(), tmp_path / "compared.png")
    ui.useNewButton.click()
    until(session, lambda: session.choices.model == "ward")
    assert [model.name for model in session.training.kept_models()] == ["ward"]
    assert "ward" in ui.modelInUseLabel.text
    assert ui.useNewButton.isHidden()
    assert not ui.goBackButton.isHidden()
    assert "mtinet-phantom" in ui.goBackButton.toolTip
    grab(panel.widget.window(), tmp_path / "taken.png")
    ui.goBackButton.click()
    assert session.choices.model == ""
    assert not ui.useNewButton.isHidden()
    ui.useNewButton.click()
    assert session.choices.model == "ward", "it is kept already"
    assert len(session.training.kept_models()) == 1


def test_a_new_model_that_is_not_better_is_taken_only_all_the_same(
    session: Any, open_panel: Any, tmp_path: Path
) -> None:
    panel = open_panel(session)
    session.training.run.show(fine_tuned_run(tmp_path / "run", better=False))
    ui = panel.ui
    assert ui.comparisonLabel.text == "The old model stays: no difference can be told from chance."
    assert ui.useNewButton.text == "Use the new model all the same"
    assert session.choices.model == ""


def test_a_fine_tuning_asks_for_its_model_and_holds_patients_out_by_itself(
    session: Any, open_panel: Any, tmp_path: Path
) -> None:
    from support.small_models import random_model

    from MTINetLib.models.kept import keep_model
    from MTINetLib.panels.training_run import PRESETS

    keep_model(random_model(tmp_path / "mine").info.folder, "mine")
    panel = open_panel(session)
    ui = panel.ui
    assert ui.startFromSelector.isHidden()
    ui.presetSelector.setCurrentIndex([name for name, _ in PRESETS].index("finetune"))
    assert not ui.startFromSelector.isHidden()
    assert ui.foldsSelector.isHidden()
    assert ui.startButton.text == "Fine-tune"
    assert panel.run.choices().start_from == ""
    ui.startFromSelector.setCurrentIndex(1)
    chosen = panel.run.choices()
    assert (chosen.preset, chosen.start_from, chosen.folds) == ("finetune", "mine", 1)
    ui.presetSelector.setCurrentIndex(0)
    assert panel.run.choices().start_from == ""
    assert ui.startButton.text == "Start training"


def test_the_recipes_are_called_what_they_are() -> None:
    from MTINetLib.panels.training_run import PRESETS
    from MTINetLib.training.settings import PRESETS as SETTINGS

    assert {name for name, _ in PRESETS} == set(SETTINGS)
    for name, text in PRESETS:
        settings = SETTINGS[name]
        length = f"{settings.epochs} epochs" if settings.epochs else f"{settings.max_steps} steps"
        assert text.endswith(length)


def test_a_single_validation_is_drawn_without_an_error_of_the_plot_view(
    scene: Scene, slicer_desktop: Any
) -> None:
    from MTINetLib.panels.training_chart import TrainingChart
    from MTINetLib.session.training_curves import Curves

    curves, charts = Curves(), TrainingChart(scene)
    curves.add(1, 0.2, {"train/loss": 1.75, "val/segmentation": 0.9, "val/dice": 0.4})
    for view in ("loss", "quality"):
        chart = charts.show(curves, view, "")
        assert not chart.GetLegendVisibility()
        assert chart.GetNumberOfPlotSeriesNodes() > 0
        for n in range(chart.GetNumberOfPlotSeriesNodes()):
            series = chart.GetNthPlotSeriesNode(n)
            column = series.GetTableNode().GetTable().GetColumnByName(series.GetYColumnName())
            assert column.GetNumberOfTuples() >= 2
            assert column.GetRange()[0] == column.GetRange()[1]
    charts.close()


def test_a_changed_dataset_is_accepted_by_a_button_that_shows_only_then(
    session: Any, open_panel: Any, tmp_path: Path
) -> None:
    dataset = write_small_dataset(tmp_path / "data")
    table = dataset / "cases.csv"
    whole = table.read_text("utf-8")
    table.write_text("".join(line for line in whole.splitlines(True) if "case_4" not in line), "utf-8")
    panel = open_panel(session)
    ui, run = panel.ui, session.training.run
    checked(session, panel, dataset)
    chosen = panel.run.choices
    panel.run.choices = lambda: replace(chosen(), preset="quick", device="cpu", changes=ENDLESS)
    ui.startButton.click()
    assert not ui.acceptChangesButton.isVisibleTo(panel.widget)
    until(session, lambda: len(run.curves.validations) >= 1)
    run.stop()
    until(session, lambda: not run.active)
    table.write_text(whole, "utf-8")
    ui.pauseButton.click()
    until(session, lambda: not run.active)
    assert "new patients: patient_4" in ui.messageLabel.text
    assert "--" not in ui.messageLabel.text
    assert ui.acceptChangesButton.isVisibleTo(panel.widget)
    before = len(run.curves.validations)
    ui.acceptChangesButton.click()
    assert not ui.acceptChangesButton.isVisibleTo(panel.widget)
    until(session, lambda: len(run.curves.validations) > before)
    split = (run.record.folder / "split.csv").read_text("utf-8")
    assert "patient_4,case_4,training" in split
    run.stop()
    until(session, lambda: not run.active)
