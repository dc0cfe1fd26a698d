"""The Time-intensity curve section over the real scene."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.corrected_session import corrected_session
from support.made_analysis import made_study
from support.open_panel import panels_of
from support.panel_pictures import grab

from MTINetLib.panels.curve_values import as_tab_separated, curve_rows
from MTINetLib.scene.scene import Scene

pytestmark = pytest.mark.viewer


@pytest.fixture
def session(scene: Scene, slicer_desktop: Any, worker: Any) -> Any:
    return corrected_session(scene, worker, made_study())


@pytest.fixture
def panel(session: Any) -> Iterator[Any]:
    from MTINetLib.panels.plot_panel import PlotPanel

    with panels_of(PlotPanel) as make:
        yield make(session)


def cells(panel: Any) -> list[list[str]]:
    table = panel.ui.valuesTable
    return [
        [table.item(row, column).text() for column in range(table.columnCount)]
        for row in range(table.rowCount)
    ]


def test_the_table_holds_the_curves_of_the_chosen_lesion(panel: Any, session: Any) -> None:
    session.select(2)
    lesion = session.findings.lesions[1]
    shown = cells(panel)
    assert [row[0] for row in shown] == ["Pre-contrast", "Arterial", "Portal venous", "Delayed"]
    assert [row[1] for row in shown] == ["0 s", "32 s", "70 s", "180 s"]
    measured, predicted, liver = lesion.measured_curve, lesion.predicted_curve, lesion.liver_curve
    assert shown[3][2] == f"{measured.mean[3]:.0f} ± {measured.sd[3]:.0f}"
    assert shown[3][3:] == [f"{predicted[3]:.0f}", f"{liver.mean[3]:.0f}"]


def test_relative_enhancement_changes_table_and_plot(panel: Any, session: Any) -> None:
    session.select(1)
    panel.ui.relativeBox.setChecked(True)
    mean = session.findings.lesions[0].measured_curve.mean
    assert cells(panel)[0][2].startswith("0 ± ")
    assert cells(panel)[1][2].startswith(f"{100 * (mean[1] - mean[0]) / mean[0]:.0f} ± ")
    assert "(%)" in session.results.chart.GetYAxisTitle()
    assert session.choices.relativePlot
    panel.ui.relativeBox.setChecked(False)
    assert "(%)" not in session.results.chart.GetYAxisTitle()
    assert cells(panel)[1][2].startswith(f"{mean[1]:.0f} ± ")


def test_the_switch_follows_the_session(panel: Any, session: Any) -> None:
    session.select(1)
    session.show_relative(True)
    assert panel.ui.relativeBox.checked


def test_the_plot_shows_the_chart_in_a_view_that_the_layout_leaves_alone(panel: Any, session: Any) -> None:
    session.select(1)
    node = panel._plot._widget.mrmlPlotViewNode()
    assert node.GetPlotChartNodeID() == session.results.chart.GetID()
    assert node.GetParentLayoutNode() is not None
    assert not node.GetSaveWithScene()
    assert panel.ui.plotPlace.isVisibleTo(panel.widget)


def test_a_closed_scene_leaves_no_view_behind(panel: Any, session: Any) -> None:
    import slicer

    session.select(1)
    slicer.mrmlScene.Clear(False)
    session.scene_closing()
    assert panel._plot._widget.mrmlPlotViewNode() is None
    assert not panel.ui.plotPlace.isVisibleTo(panel.widget)
    assert panel.ui.titleLabel.text == "Nothing was analyzed yet."


def test_a_closed_panel_takes_its_view_node_along(panel: Any, session: Any) -> None:
    import slicer

    session.select(1)
    name = "vtkMRMLPlotViewNode"
    before = slicer.mrmlScene.GetNumberOfNodesByClass(name)
    panel.close()
    assert slicer.mrmlScene.GetNumberOfNodesByClass(name) == before - 1


def test_without_slicer_s_plot_view_the_values_are_still_there(
    panel: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slicer

    monkeypatch.delattr(slicer, "qMRMLPlotWidget")
    session.select(1)
    panel.refresh()
    assert not panel.ui.plotPlace.isVisibleTo(panel.widget)
    assert cells(panel)[0][0] == "Pre-contrast"


def test_copied_values_are_exact(panel: Any, session: Any) -> None:
    import qt

    session.select(1)
    panel.ui.copyButton.click()
    lines = qt.QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[2] == "Measured (scanner units)"
    values = [line.split("\t") for line in lines[1:]]
    mean = session.findings.lesions[0].measured_curve.mean
    assert [float(value[2]) for value in values] == pytest.approx(list(mean), rel=1e-5)
    assert "Copied" in panel.ui.noteLabel.text


def test_the_exported_file_has_the_curves_of_all_lesions(
    panel: Any, session: Any, slicer_desktop: Any, tmp_path: Path
) -> None:
    session.select(1)
    target = tmp_path / "Kurven 静" / "mine"
    target.parent.mkdir()
    slicer_desktop.popups.answers.append(str(target))
    panel.ui.exportButton.click()
    with target.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["lesion"] for row in rows} == {"1", "2"}
    assert len(rows) == 2 * 3 * 4


def test_an_export_that_fails_is_one_sentence(
    panel: Any, session: Any, slicer_desktop: Any, tmp_path: Path
) -> None:
    slicer_desktop.popups.answers.append(str(tmp_path / "nowhere" / "curves.csv"))
    panel.ui.exportButton.click()
    assert "cannot be written" in session.message.text
    assert "cannot be written" in panel.ui.noteLabel.text


def test_show_in_views_turns_to_the_layout_of_phases_and_plot(scene: Scene, panel: Any, session: Any) -> None:
    from MTINetLib.scene.layout import LAYOUT_ID, layout_in_use

    panel.ui.layoutButton.click()
    assert layout_in_use(scene) == LAYOUT_ID


def test_what_is_not_known_is_a_dash(panel: Any, session: Any) -> None:
    session.select(1)
    bare = replace(session.findings.lesions[0], predicted_curve=None, liver_curve=None)
    study = replace(session.findings.study, times_s=(None, None, None, None))
    session.set_findings(replace(session.findings, lesions=(bare,), study=study))
    assert [row[1] for row in cells(panel)] == ["-"] * 4
    assert cells(panel)[2][3:] == ["-", "-"]
    assert "times are unknown" in panel.ui.titleLabel.text


def test_a_lesion_without_signal_before_contrast_has_no_relative_curve(session: Any) -> None:
    lesion = session.findings.lesions[0]
    dark = replace(lesion, measured_curve=replace(lesion.measured_curve, mean=(0.0, 5.0, 6.0, 7.0)))
    rows = curve_rows(dark, session.findings.study, True)
    assert [row.measured for row in rows] == [None] * 4
    assert [row.sd for row in rows] == [None] * 4
    assert "nan" not in as_tab_separated(rows, True)


def test_it_fits_a_narrow_column(panel: Any, session: Any, tmp_path: Path) -> None:
    session.select(1)
    grab(panel.widget.parentWidget(), tmp_path / "plot.png", 420)
    table = panel.ui.valuesTable
    assert table.horizontalHeader().length() <= table.viewport().width


def test_after_unfolding_the_plot_shows_the_lesion_that_was_chosen_meanwhile(
    panel: Any, session: Any, slicer_desktop: Any
) -> None:
    import slicer
    from PySide6 import QtCore

    window = panel.widget.window()
    window.setAttribute(QtCore.Qt.WA_DontShowOnScreen, True)
    window.show()
    session.select(1)
    panel._plot.render()
    view = panel.widget.findChildren(slicer.qMRMLPlotWidget)[0].plotView()
    assert view.drawn[0].startswith("Lesion 1")
    panel.widget.collapsed = True
    session.select(2)
    slicer_desktop.process_events()
    panel.widget.collapsed = False
    slicer_desktop.wait_until(lambda: view.drawn[0].startswith("Lesion 2"))
    assert view.errors == []
    window.hide()


def test_a_phase_that_was_not_measured_says_so(panel: Any, session: Any) -> None:
    lesion = session.findings.lesions[0]
    mean, sd = (list(values) for values in (lesion.measured_curve.mean, lesion.measured_curve.sd))
    mean[1] = sd[1] = None
    curve = replace(lesion.measured_curve, mean=tuple(mean), sd=tuple(sd))
    missing = replace(lesion, measured_curve=curve)
    for relative in (False, True):
        rows = curve_rows(missing, session.findings.study, relative)
        assert [row.measured is None for row in rows] == [False, True, False, False]
        assert as_tab_separated(rows, relative).splitlines()[2].split("\t")[2:4] == ["", ""]
    panel._fill(curve_rows(missing, session.findings.study, relative=False))
    assert [row[2] == "not measured" for row in cells(panel)] == [False, True, False, False]
