"""Curve table, lesion table and the plot of the chosen lesion."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from support.made_analysis import made_analysis, made_study
from support.shown_results import shown_results

from MTINetLib.findings import EnhancementCurve, LesionFinding
from MTINetLib.presentation.classes import on_white
from MTINetLib.presentation.colours import LIVER_ON_WHITE, rgb
from MTINetLib.scene.curve_plot import CurvePlot, add_curve_plot, plot_lesion
from MTINetLib.scene.curve_table import (
    add_curve_table,
    fill_curve_table,
    relative_percent,
    remove_stale_columns,
)
from MTINetLib.scene.lesion_table import COLUMNS, add_lesion_table
from MTINetLib.scene.results import show_curve, shows_relative
from MTINetLib.scene.scene import Scene
from MTINetLib.study.phase import FOUR_PHASES

STUDY = made_analysis(made_study()).findings.study

pytestmark = pytest.mark.viewer


def lesions() -> tuple[LesionFinding, ...]:
    return made_analysis(made_study()).findings.lesions


def column(table: Any, name: str) -> list[Any]:
    values = table.GetTable().GetColumnByName(name)
    return [values.GetValue(row) for row in range(values.GetNumberOfValues())]


def names(table: Any) -> list[str]:
    return [table.GetTable().GetColumnName(n) for n in range(table.GetTable().GetNumberOfColumns())]


def shown_columns(plot: CurvePlot) -> list[str]:
    chart = plot.chart
    series = [chart.GetNthPlotSeriesNode(n) for n in range(chart.GetNumberOfPlotSeriesNodes())]
    return [node.GetYColumnName() for node in series]


def test_relative_enhancement_is_over_the_curves_own_pre_contrast_signal(scene: Scene) -> None:
    one, _ = lesions()
    table = add_curve_table(scene, (one,), STUDY)
    base = one.measured_curve.mean[0]
    assert column(table, "Lesion 1 measured (%)") == pytest.approx(
        [100 * (mean / base - 1) for mean in one.measured_curve.mean]
    )
    assert column(table, "Lesion 1 SD (%)") == pytest.approx(
        [100 * sd / base for sd in one.measured_curve.sd]
    )
    assert one.liver_curve is not None
    assert one.predicted_curve is not None
    assert column(table, "Lesion 1 liver (%)")[0] == 0
    assert column(table, "Lesion 1 predicted (%)")[1] == pytest.approx(
        100 * (one.predicted_curve[1] / one.predicted_curve[0] - 1)
    )


def test_the_band_is_one_standard_deviation(scene: Scene) -> None:
    one, _ = lesions()
    table = add_curve_table(scene, (one,), STUDY)
    above, below = column(table, "Lesion 1 measured + SD"), column(table, "Lesion 1 measured - SD")
    widths = [(high - low) / 2 for high, low in zip(above, below, strict=True)]
    assert widths == pytest.approx(list(one.measured_curve.sd))


def test_without_a_positive_baseline_nothing_is_relative(scene: Scene) -> None:
    assert relative_percent((0.0, 10.0, 10.0, 10.0), FOUR_PHASES) is None
    one, _ = lesions()
    curve = EnhancementCurve((0.0, 10.0, 10.0, 10.0), (1.0, 1.0, 1.0, 1.0))
    dark = replace(one, measured_curve=curve, predicted_curve=None)
    table = add_curve_table(scene, (dark,), STUDY)
    assert [name for name in names(table) if name.endswith("(%)")] == ["Lesion 1 liver (%)"]
    plot = add_curve_plot(table)
    plot_lesion(plot, dark, STUDY, relative=True)
    assert shown_columns(plot) == ["Lesion 1 liver (%)"]
    plot_lesion(plot, dark, STUDY, relative=False)
    assert "Lesion 1 predicted" not in shown_columns(plot)
    assert len(shown_columns(plot)) == 4


def test_filling_a_table_again_leaves_nothing_of_before(scene: Scene) -> None:
    one, two = lesions()
    table = add_curve_table(scene, (one, two), STUDY)
    fill_curve_table(table, (two,), replace(STUDY, times_s=(None, 30.0, 70.0, 180.0)))
    assert names(table)[2].startswith("Lesion 2")
    assert "Lesion 1 measured" in names(table), "a plot may still name it"
    remove_stale_columns(table, (two,), STUDY)
    assert not [name for name in names(table) if name.startswith("Lesion 1")]
    assert names(table)[:2] == ["Phase", "Phase number"]
    assert column(table, "Lesion 2 measured") == list(two.measured_curve.mean)


def test_the_chart_shows_one_lesion_with_band_prediction_and_liver(scene: Scene, slicer: Any) -> None:
    one, two = lesions()
    plot = add_curve_plot(add_curve_table(scene, (one, two), STUDY))
    plot_lesion(plot, two, STUDY, relative=False)
    assert shown_columns(plot) == [
        "Lesion 2 measured",
        "Lesion 2 measured + SD",
        "Lesion 2 measured - SD",
        "Lesion 2 predicted",
        "Lesion 2 liver",
    ]
    assert {node.GetXColumnName() for node in plot.series} == {"Time (s)"}
    assert plot.chart.GetXAxisTitle() == "Time (s)"
    assert plot.chart.GetYAxisTitle() == "Signal (scanner units)"
    measured, above, _, predicted, liver = plot.series
    assert measured.GetColor() == pytest.approx(rgb(on_white(two.lesion_class)))
    assert liver.GetColor() == pytest.approx(rgb(LIVER_ON_WHITE))
    assert above.GetLineWidth() < measured.GetLineWidth()
    assert above.GetMarkerStyle() == slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone
    assert predicted.GetLineStyle() == slicer.vtkMRMLPlotSeriesNode.LineStyleDash
    assert "2 Hemangioma" in plot.chart.GetTitle()


def test_the_switch_turns_to_relative_and_back(scene: Scene) -> None:
    results, *_ = shown_results(scene)
    show_curve(results, 1, relative=True)
    assert shown_columns(results.plot)[0] == "Lesion 1 measured (%)"
    assert results.chart.GetYAxisTitle() == "Relative enhancement (%)"
    assert shows_relative(results)
    show_curve(results, 1, relative=False)
    assert shown_columns(results.plot)[0] == "Lesion 1 measured"
    assert not shows_relative(results)


def test_no_lesion_is_a_chart_with_axes_and_a_line_that_nobody_sees(scene: Scene, slicer: Any) -> None:
    """Without any line VTK draws nothing at all, and the plot view is black."""
    results, *_ = shown_results(scene)
    styles = slicer.vtkMRMLPlotSeriesNode
    for label in (None, 17):
        show_curve(results, 1)
        show_curve(results, label)
        (column,) = shown_columns(results.plot)
        blank = results.chart.GetNthPlotSeriesNode(0)
        assert results.table.GetTable().GetColumnByName(column) is not None
        assert (blank.GetLineStyle(), blank.GetMarkerStyle()) == (
            styles.LineStyleNone,
            styles.MarkerStyleNone,
        )
        assert results.chart.GetTitle() == "No lesion is chosen"
        assert results.chart.GetYAxisTitle() == ""


def test_unknown_times_are_phase_numbers(scene: Scene) -> None:
    one, _ = lesions()
    study = replace(STUDY, times_s=(None, 30.0, 70.0, 180.0))
    plot = add_curve_plot(add_curve_table(scene, (one,), study))
    plot_lesion(plot, one, study, relative=False)
    assert {node.GetXColumnName() for node in plot.series} == {"Phase number"}
    assert "unknown" in plot.chart.GetXAxisTitle()


def test_the_lesion_table_reads_as_people_speak(scene: Scene) -> None:
    one, two = lesions()
    table = add_lesion_table(scene, (replace(one, flags=("under_10_mm", "motion:arterial")), two))
    assert tuple(names(table)) == COLUMNS
    assert column(table, "Lesion") == ["1", "2"]
    assert column(table, "Class") == ["HCC", "Hemangioma"]
    assert column(table, "Probability") == ["93 %", "89 %"]
    assert column(table, "Volume (mL)") == [round(one.volume_ml, 2), round(two.volume_ml, 2)]
    notes = column(table, "Notes")
    assert notes[0] == ("smaller than 10 mm; the phases do not lie well on each other (motion): arterial")


def test_no_box_covers_the_curves_and_the_title_says_what_the_lines_are(scene: Scene) -> None:
    results = shown_results(scene)[0]
    show_curve(results, 2)
    chart = results.chart
    assert not chart.GetLegendVisibility()
    shown, lines = chart.GetTitle().split("\n")
    assert shown == "Lesion 2 Hemangioma"
    for word in ("measured", "predicted", "liver", "SD"):
        assert word in lines
    assert len(lines) * 0.55 * chart.GetTitleFontSize() < 420, "as wide as the panel at most"


def test_measured_predicted_and_liver_differ_in_line_marker_and_colour(scene: Scene) -> None:
    results = shown_results(scene)[0]
    show_curve(results, 1)
    by_name = {node.GetName().split(", ")[-1]: node for node in results.series}
    three = [by_name[name] for name in ("measured", "predicted", "surrounding liver")]
    assert len({node.GetLineStyle() for node in three}) == 3
    assert len({node.GetMarkerStyle() for node in three}) == 3
    assert len({node.GetColor() for node in three}) == 3


def test_a_phase_that_was_not_measured_is_a_gap_in_every_column(scene: Scene) -> None:
    one, _ = lesions()
    mean, sd = list(one.measured_curve.mean), list(one.measured_curve.sd)
    mean[1] = sd[1] = None
    gap = replace(one, measured_curve=EnhancementCurve(tuple(mean), tuple(sd)))
    table = add_curve_table(scene, (gap,), STUDY)
    for name in ("measured", "SD", "measured + SD", "measured - SD", "measured (%)", "SD (%)"):
        values = column(table, f"Lesion 1 {name}")
        assert [n for n, value in enumerate(values) if math.isnan(value)] == [1]
