"""The pictures of the tutorial: every section with the sample study and the shipped model.

People look at them; the test sees that none is empty. ``make pictures`` keeps them in Resources/Screenshots.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import dynamic_series
from support.node_images import add_array
from support.outlined import outlined
from support.panel_pictures import grab
from support.slicer_scene import rendering_or_skip
from support.small_dataset import SHORT, write_small_dataset
from support.worklist import drafted_list

#: Where the pictures go; a folder of the test's own if it is not set.
FOLDER_VARIABLE = "MTINET_PICTURES"
_WIDTH = 460
_READ = {
    "study": ("StudyPanel", "AnalyzePanel"),
    "findings": ("LesionsPanel", "PlotPanel"),
    "classification": ("ClassificationPanel",),
    "correct": ("CorrectPanel",),
    "report": ("ReportPanel",),
    "setup": ("SetupPanel",),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    chosen = Path(os.environ.get(FOLDER_VARIABLE) or tmp_path / "pictures")
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


@pytest.mark.slow
@pytest.mark.rendering
def test_every_section_is_pictured_with_the_sample_study(
    slicer_desktop: Any, widget: Any, folder: Path
) -> None:
    rendering_or_skip()
    logic = widget.logic
    logic.makeSampleStudy()
    logic.analyze()
    slicer_desktop.wait_until(lambda: not logic.session.computer.asking)
    widget.enter()
    draw_views(logic, folder / "views.png")
    hang_up_the_plot(widget, logic)
    section(widget, "SetupPanel").widget.collapsed = False
    show_path(section(widget, "ReportPanel").ui.folderEdit, "Reports")
    for name, panels in _READ.items():
        take(widget, panels, folder / f"{name}.png")
    assert len(logic.findings.lesions) == 2


@pytest.mark.slow
def test_the_training_tab_is_pictured_with_a_run(
    slicer_desktop: Any, widget: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.session.training_state import TrainingChoices
    from MTINetLib.user_folder import USER_FOLDER_VARIABLE

    monkeypatch.setenv(USER_FOLDER_VARIABLE, str(tmp_path / "user"))
    training = widget.logic.session.training
    dataset = write_small_dataset(tmp_path / "dataset")
    widget.tabs.setCurrentIndex(1)
    panel = section(widget, "TrainingPanel")
    panel.ui.datasetPath.currentPath = str(dataset)
    slicer_desktop.wait_until(lambda: training.desk.checked is not None and not training.busy)
    training.start(TrainingChoices(str(dataset), preset="quick", changes=SHORT))
    slicer_desktop.wait_until(lambda: not training.busy)
    hang_up(panel.ui.curvePlace, draw_losses(training.run.curves))
    show_path(panel.ui.datasetPath, "Datasets/liver")
    show_path(panel.ui.runsPath, "Training")
    take(widget, ("TrainingPanel",), folder / "training.png")


@pytest.mark.slow
def test_the_work_list_is_pictured_with_a_study_that_is_open(
    slicer_desktop: Any, widget: Any, folder: Path, tmp_path: Path
) -> None:
    from MTINetLib.worklist.change import Change, change
    from MTINetLib.worklist.entry import Status

    listed = drafted_list(tmp_path, 4)
    first, second = listed.records()[:2]
    done = Change(status=Status.DONE, class_of_all="hemangioma")
    change(listed, first, done, "Anna")
    change(listed, second, done, "Anna")
    change(listed, second, Change(status=Status.SET_ASIDE, reason="motion"), "Ben")
    widget.logic.session.choices.readerName = "Anna"
    widget.tabs.setCurrentIndex(1)
    panel, session = section(widget, "WorkListPanel"), widget.logic.session
    panel.widget.collapsed = False
    panel.ui.listPath.currentPath = str(listed.folder)
    slicer_desktop.wait_until(lambda: not session.busy)
    panel.ui.studyTable.selectRow(0)
    assert panel.ui.versionTable.rowCount == 2
    show_path(panel.ui.listPath, "Liver/list")
    show_path(panel.ui.sourcePath, "Liver/archive")
    panel.ui.studyTable.clearSelection()
    session.worklist.next()
    slicer_desktop.wait_until(lambda: not session.busy and bool(session.worklist.lesions()))
    session.worklist.choose_class(session.worklist.lesions()[0][0], "hcc")
    show_path(panel.ui.exportPath, "Datasets/liver")
    take(widget, ("WorkListPanel",), folder / "worklist.png")
    assert panel.ui.listedLesionTable.rowCount >= 2
    assert panel.ui.versionTable.isHidden()


def draw_views(logic: Any, path: Path) -> None:
    """The four phases with the outlines, as the layout shows them."""
    from MTINetLib.scene.pictures.canvas import write_png
    from MTINetLib.scene.pictures.phases import draw_phases
    from MTINetLib.scene.show import ShownStudy

    shown = ShownStudy(logic.session.scene, logic.results, logic.findings, 0)
    write_png(path, draw_phases(shown, logic.findings.study.times_s))
    assert path.stat().st_size > 50_000


def hang_up_the_plot(widget: Any, logic: Any) -> None:
    """The chosen lesion's curves, as the report draws them."""
    from MTINetLib.report.pictures import curve_figure

    findings = logic.findings
    chosen = next(lesion for lesion in findings.lesions if lesion.label == logic.session.selected)
    hang_up(section(widget, "PlotPanel").widget, curve_figure(chosen, findings.study))


@pytest.mark.slow
def test_the_curves_tab_is_pictured_with_a_dynamic_series(
    slicer_desktop: Any, widget: Any, folder: Path
) -> None:
    from MTINetLib.curves.picture import curves_picture
    from MTINetLib.scene.volumes import add_volume, ijk_to_ras

    session = widget.logic.session
    times = np.cumsum(np.tile((2.0, 3.0, 4.0, 6.0), 10)) - 2.0
    after = (times - 12).clip(0)
    lesion = 200 * (1 + 1.8 * (1 - np.exp(-0.12 * after)) * np.exp(-0.006 * after))
    liver = 250 * (1 + (1 - np.exp(-0.03 * after)))
    sequence = session.scene.mrml.AddNewNodeByClass("vtkMRMLSequenceNode", "dynamic")
    sequence.SetIndexUnit("s")
    arrays = dynamic_series.volumes(dynamic_series.GRID, lesion, liver)
    for array, time in zip(arrays, times, strict=True):
        node = add_array(session.scene, array, ijk_to_ras(dynamic_series.GRID), "frame")
        sequence.SetDataNodeAtValue(node, f"{time:g}")
        session.scene.mrml.RemoveNode(node)
    volume = add_volume(session.scene, "first", arrays[0], dynamic_series.GRID)
    session.choices.curveSeries, session.choices.curveBaseline = sequence, "1-3"
    session.choices.curveSegments = outlined(volume, dynamic_series.labels(), {1: "lesion", 2: "liver"})
    widget.tabs.setCurrentIndex(2)
    session.curves.measure()
    widget.logic.wait()
    hang_up(section(widget, "CurvesPanel").widget, curves_picture(session.curves.curves))
    take(widget, ("CurvesPanel",), folder / "curves.png")


def draw_losses(curves: Any) -> bytes:
    """A PNG of the losses of a run."""
    import io

    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2, 2.8), dpi=200, layout="constrained")
    axes = figure.add_subplot()
    axes.plot([one.epoch for one in curves.losses], [one.smoothed for one in curves.losses], label="training")
    validations = [one for one in curves.validations if "segmentation" in one.figures]
    losses = [one.figures["segmentation"] for one in validations]
    axes.plot([one.epoch for one in validations], losses, "o-", label="validation")
    axes.set_xlabel("Epoch")
    axes.set_ylabel("Loss")
    axes.legend(frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def hang_up(within: Any, png: bytes) -> None:
    """The stand-in's plot view draws nothing: hang a picture into it."""
    import qt
    import slicer

    picture = qt.QPixmap()
    picture.loadFromData(png)
    label = qt.QLabel()
    label.setPixmap(picture.scaled(380, 200, qt.Qt.KeepAspectRatio, qt.Qt.SmoothTransformation))
    place = within.findChildren(type(slicer.qMRMLPlotWidget()))[0]
    place.setLayout(qt.QVBoxLayout())
    place.layout().addWidget(label)


def section(widget: Any, name: str) -> Any:
    return next(panel for panel in widget.panels if type(panel).__name__ == name)


def show_path(edit: Any, text: str) -> None:
    """Another path than that of the machine which made the picture."""
    was = edit.blockSignals(True)
    edit.currentPath = text
    edit.blockSignals(was)


def take(widget: Any, panels: tuple[str, ...], path: Path) -> None:
    """A picture of sections as they stand in the module's column."""
    for panel in widget.panels:
        panel.widget.visible = type(panel).__name__ in panels
        if panel.widget.visible:
            panel.widget.collapsed = False
    grab(widget.parent, path, _WIDTH)
    for panel in widget.panels:
        panel.widget.visible = True
    assert path.stat().st_size > 5_000
