"""The module's widget: panels and scene live together, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.worker_study import is_gone

from MTINetLib.scene.scene import Scene

AddStudy = Callable[[Any], Any]


def names(panels: Any) -> list[str]:
    return [type(panel).__name__ for panel in panels]


def panel(widget: Any, name: str) -> Any:
    return next(one for one in widget.panels if type(one).__name__ == name)


def result_nodes(slicer: Any) -> list[Any]:
    kinds = ("vtkMRMLSegmentationNode", "vtkMRMLTableNode", "vtkMRMLPlotChartNode", "vtkMRMLPlotSeriesNode")
    return [node for kind in kinds for node in slicer.util.getNodesByClass(kind)]


def start_and_wait_for_the_worker(desktop: Any, logic: Any) -> int:
    """Begin an analysis and let it run until the worker process works on it; its process ID."""
    logic.analyze(wait=False)
    desktop.wait_until(lambda: logic.session.worker.pid is not None)
    assert logic.session.busy
    return int(logic.session.worker.pid)


def test_without_a_main_window_the_widget_has_its_sections_in_three_tabs_and_says_what_it_is_for(
    slicer_desktop: Any, widget: Any
) -> None:
    assert slicer_desktop.slicer.util.mainWindow() is None
    assert slicer_desktop.slicer.app.layoutManager() is None
    assert names(widget.panels) == [
        "StudyPanel",
        "AnalyzePanel",
        "LesionsPanel",
        "PlotPanel",
        "ClassificationPanel",
        "CorrectPanel",
        "ReportPanel",
        "SetupPanel",
        "WorkListPanel",
        "TrainingPanel",
        "CurvesPanel",
    ]
    assert [widget.tabs.tabText(index) for index in range(widget.tabs.count)] == [
        "Read",
        "Training",
        "Curves",
    ]
    import qt

    said = " ".join(label.text for label in widget.parent.findChildren(qt.QLabel))
    assert "Research use only" in said


def test_choices_and_widgets_follow_each_other_while_the_module_is_shown(
    slicer_desktop: Any, widget: Any, add_study: AddStudy
) -> None:
    study = add_study(widget.logic)
    selector = panel(widget, "StudyPanel").ui.arterialSelector
    assert selector.currentNode() is study.volumes[1]
    selector.setCurrentNode(study.volumes[2])
    assert widget.logic.session.choices.phases.arterial is study.volumes[2]
    widget.exit()
    widget.logic.session.choices.phases.arterial = study.volumes[1]
    assert selector.currentNode() is study.volumes[2]
    widget.enter()
    assert selector.currentNode() is study.volumes[1]


def test_our_layout_comes_with_results_and_goes_with_the_module(
    scene: Scene, slicer_desktop: Any, widget: Any, add_study: AddStudy
) -> None:
    from MTINetLib.scene.layout import LAYOUT_ID, layout_in_use

    before = layout_in_use(scene)
    study = add_study(widget.logic)
    widget.logic.measureMasks(study.case.labels)
    assert layout_in_use(scene) == LAYOUT_ID
    widget.exit()
    assert layout_in_use(scene) == before
    widget.enter()
    assert layout_in_use(scene) == LAYOUT_ID


def test_an_analysis_ends_by_itself_while_another_module_is_shown(
    scene: Scene, slicer_desktop: Any, widget: Any, add_study: AddStudy, small_model: Path
) -> None:
    from MTINetLib.scene.layout import LAYOUT_ID, layout_in_use

    add_study(widget.logic)
    widget.logic.session.choices.model = str(small_model)
    widget.logic.analyze(wait=False)
    widget.exit()
    slicer_desktop.wait_until(lambda: not widget.logic.session.busy)
    assert widget.logic.findings.provenance.model_name == "random-small"
    assert layout_in_use(scene) != LAYOUT_ID
    widget.enter()
    assert layout_in_use(scene) == LAYOUT_ID


def test_closing_the_scene_in_mid_run_cancels_and_leaves_nothing(
    slicer_desktop: Any, widget: Any, add_study: AddStudy, small_model: Path
) -> None:
    slicer = slicer_desktop.slicer
    add_study(widget.logic)
    widget.logic.session.choices.model = str(small_model)
    start_and_wait_for_the_worker(slicer_desktop, widget.logic)
    slicer.mrmlScene.Clear(False)
    assert not widget.logic.session.busy
    for _ in range(50):
        slicer_desktop.process_events()
    assert result_nodes(slicer) == []
    assert widget.logic.session.message is None
    study = add_study(widget.logic)
    assert len(widget.logic.measureMasks(study.case.labels).lesions) == 2


def test_deleting_a_phase_in_mid_run_ends_the_run_with_a_sentence(
    slicer_desktop: Any, widget: Any, add_study: AddStudy, small_model: Path
) -> None:
    slicer = slicer_desktop.slicer
    study = add_study(widget.logic)
    widget.logic.session.choices.model = str(small_model)
    start_and_wait_for_the_worker(slicer_desktop, widget.logic)
    slicer.mrmlScene.RemoveNode(study.volumes[1])
    slicer_desktop.wait_until(lambda: not widget.logic.session.busy)
    assert "arterial phase" in widget.logic.session.message.text
    assert result_nodes(slicer) == []
    assert all(slicer.mrmlScene.IsNodePresent(node) for node in (study.volumes[0], *study.volumes[2:]))


@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
def test_a_killed_worker_is_told_and_the_next_run_works(
    slicer_desktop: Any, widget: Any, add_study: AddStudy, small_model: Path
) -> None:
    study = add_study(widget.logic)
    widget.logic.session.choices.model = str(small_model)
    pid = start_and_wait_for_the_worker(slicer_desktop, widget.logic)
    os.kill(pid, signal.SIGKILL)
    slicer_desktop.wait_until(lambda: not widget.logic.session.busy)
    assert widget.logic.session.message.kind == "error"
    assert result_nodes(slicer_desktop.slicer) == []
    assert len(widget.logic.measureMasks(study.case.labels).lesions) == 2


def test_results_corrections_and_choice_come_back_with_a_saved_scene(
    slicer_desktop: Any, widget: Any, add_study: AddStudy, tmp_path: Path
) -> None:
    slicer = slicer_desktop.slicer
    study = add_study(widget.logic)
    widget.logic.measureMasks(study.case.labels)
    widget.logic.session.correction.delete(1)
    left = widget.logic.measureAgain().lesions
    assert [lesion.label for lesion in left] == [2]
    widget.logic.session.select(2)
    widget.logic.session.choices.readerComment = "Seen. Größe stabil."
    panel(widget, "AnalyzePanel").ui.maskSpin.setValue(0.4)
    path = tmp_path / "mit Leerzeichen é.mrb"
    assert slicer.util.saveScene(str(path))
    slicer.mrmlScene.Clear(False)
    assert panel(widget, "LesionsPanel").ui.lesionTable.rowCount == 0
    assert panel(widget, "AnalyzePanel").thresholds() == {}
    slicer.util.loadScene(str(path))
    slicer_desktop.process_events()
    session = widget.logic.session
    assert [lesion.label for lesion in session.findings.lesions] == [2]
    assert session.findings.provenance.corrected_by_person
    assert session.selected == 2
    assert session.choices.readerComment == "Seen. Größe stabil."
    assert panel(widget, "AnalyzePanel").thresholds() == {"mask": pytest.approx(0.4)}
    assert panel(widget, "LesionsPanel").ui.lesionTable.rowCount == 1
    assert [lesion.label for lesion in widget.logic.revert().lesions] == [1, 2]


def test_closing_slicer_ends_the_worker_and_removes_its_files(
    slicer_desktop: Any, module: Any, widget: Any, add_study: AddStudy
) -> None:
    study = add_study(widget.logic)
    widget.logic.measureMasks(study.case.labels)
    pid, folder = widget.logic.session.worker.pid, widget.logic.session.worker.folder
    assert folder.is_dir()
    module.unload()
    slicer_desktop.wait_until(lambda: is_gone(pid))
    assert not folder.exists()


def test_a_reload_takes_up_the_results_with_a_library_loaded_anew(
    slicer_desktop: Any, widget: Any, add_study: AddStudy
) -> None:
    slicer = slicer_desktop.slicer
    study = add_study(widget.logic)
    widget.logic.measureMasks(study.case.labels)
    pid = widget.logic.session.worker.pid
    library = {name: value for name, value in sys.modules.items() if name.split(".")[0] == "MTINetLib"}
    try:
        widget.onReload()
        again = slicer.modules.MTINetWidget
        assert again is not widget
        assert widget.logic is None
        assert sys.modules["MTINetLib.session.session"] is not library["MTINetLib.session.session"]
        assert len(again.logic.findings.lesions) == 2
        again.enter()
        assert panel(again, "LesionsPanel").ui.lesionTable.rowCount == 2
        slicer_desktop.wait_until(lambda: is_gone(pid))
        again.cleanup()
    finally:  # other tests have imported the library as it was
        for name in [name for name in sys.modules if name.split(".")[0] == "MTINetLib"]:
            del sys.modules[name]
        sys.modules.update(library)


def test_the_sample_study_is_offered_where_slicer_has_the_sample_data_module(
    slicer_desktop: Any, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "SampleData", raising=False)
    slicer_desktop.slicer.app.startupCompleted.emit()  # absent: nothing happens
    offered: list[dict[str, Any]] = []

    class SampleDataLogic:
        @staticmethod
        def registerCustomSampleDataSource(**about: Any) -> None:
            offered.append(about)

    sample_data: Any = ModuleType("SampleData")
    sample_data.SampleDataLogic = SampleDataLogic
    monkeypatch.setitem(sys.modules, "SampleData", sample_data)
    slicer_desktop.slicer.app.startupCompleted.emit()
    assert len(offered) == 1
    assert Path(offered[0]["thumbnailFileName"]).is_file()
    nodes = offered[0]["customDownloader"](None)
    assert [
        node.GetAttribute("MTINet.Phase") for node in nodes
    ] == "pre arterial portal_venous delayed".split()
    assert all(node.GetAttribute("MTINet.TimeSeconds") for node in nodes)
