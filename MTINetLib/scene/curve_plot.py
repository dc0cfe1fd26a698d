"""Enhancement curves as a plot: five series nodes over the table, and the chart that shows one lesion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from MTINetLib.findings import LesionFinding, StudySummary
from MTINetLib.presentation.classes import on_white
from MTINetLib.presentation.colours import INK, LIVER_ON_WHITE, Rgb, lightened, rgb
from MTINetLib.presentation.time_axis import TimeAxis
from MTINetLib.scene.chart_style import style_chart, titled
from MTINetLib.scene.curve_table import (
    PHASE_COLUMN,
    above_column,
    below_column,
    lesion_columns,
    liver_column,
    measured_column,
    predicted_column,
    sd_column,
    time_column,
)
from MTINetLib.scene.segmentation import segment_name
from MTINetLib.scene.slicer_core import slicer_module


@dataclass(frozen=True)
class CurvePlot:
    """The chart node and its series nodes, in the order of the kinds below."""

    chart: Any
    series: tuple[Any, ...]


@dataclass(frozen=True)
class _Kind:
    """How one kind of curve looks; line and marker styles are vtkMRMLPlotSeriesNode's words."""

    title: str
    column: Callable[[int, bool], str]
    line: str
    width: float
    marker: str
    opacity: float = 1.0
    says: str = ""


#: Told apart without colour too: by line, marker, and how dark they are.
_KINDS = (
    _Kind("measured", measured_column, "Solid", 3.0, "Circle", says="solid: measured"),
    _Kind("+ 1 SD", above_column, "Solid", 1.0, "None", 0.5, says="thin: ± SD"),
    _Kind("- 1 SD", below_column, "Solid", 1.0, "None", 0.5),
    _Kind("predicted", predicted_column, "Dash", 2.0, "Cross", says="dashes: predicted"),
    _Kind("surrounding liver", liver_column, "Dot", 2.0, "Diamond", says="dots: liver"),
)


def add_curve_plot(table: Any) -> CurvePlot:
    """A chart and its series over a curve table; empty until :func:`plot_lesion`."""
    mrml, styles = table.GetScene(), slicer_module().vtkMRMLPlotSeriesNode
    chart = mrml.AddNewNodeByClass("vtkMRMLPlotChartNode", "Enhancement curves plot")
    style_chart(chart)
    series = []
    for kind in _KINDS:
        node = mrml.AddNewNodeByClass("vtkMRMLPlotSeriesNode", kind.title)
        node.SetAndObserveTableNodeID(table.GetID())
        node.SetPlotType(styles.PlotTypeScatter)  # type Line ignores the x column
        node.SetLabelColumnName(PHASE_COLUMN)
        node.SetLineWidth(kind.width)
        node.SetOpacity(kind.opacity)
        series.append(node)
    return CurvePlot(chart, tuple(series))


def plot_lesion(plot: CurvePlot, lesion: LesionFinding | None, study: StudySummary, relative: bool) -> None:
    """Let the chart show one lesion: measured with a band of one SD, predicted, and the liver around it.

    Args:
        lesion: None leaves the chart without curves.
        relative: relative enhancement in percent instead of the signal; a curve without a positive
            pre-contrast signal is left out then.
    """
    axis = TimeAxis.of(study.times_s)
    chart = plot.chart
    was = chart.StartModify()
    chart.SetXAxisTitle(axis.title)
    chart.SetYAxisTitle("Relative enhancement (%)" if relative else "Signal (scanner units)")
    style_chart(chart)  # a scene may come from an earlier version
    shown, said = [], []
    for kind, node in zip(_KINDS, plot.series, strict=True):
        if lesion is not None and _draw(node, kind, lesion, study, relative):
            shown.append(node.GetID())
            said += [kind.says] if kind.says else []
    if not shown:
        said = ["" if lesion is None else "no curve to draw"]
        shown.append(_blank(plot.series[0], axis))
        chart.SetYAxisTitle("")
    title = "No lesion is chosen" if lesion is None else f"Lesion {segment_name(lesion)}"
    chart.SetTitle(titled(title, said))
    if list(_shown(chart)) != shown:
        chart.RemoveAllPlotSeriesNodeIDs()
        for node_id in shown:
            chart.AddAndObservePlotSeriesNodeID(node_id)
    chart.EndModify(was)
    for node in plot.series:
        if node.GetID() not in shown:
            _rest(node, axis)


def _draw(node: Any, kind: _Kind, lesion: LesionFinding, study: StudySummary, relative: bool) -> bool:
    """Point a series at the lesion's column; whether there is one."""
    column = kind.column(lesion.label, relative)
    table = node.GetTableNode()
    if column not in lesion_columns(lesion, study) or table is None:
        return False
    if table.GetTable().GetColumnByName(column) is None:  # a user may edit the table
        return False
    of_liver, of_network = kind.column is liver_column, kind.column is predicted_column
    styles = slicer_module().vtkMRMLPlotSeriesNode
    colour = LIVER_ON_WHITE if of_liver else INK if of_network else on_white(lesion.lesion_class)
    was = node.StartModify()
    node.SetName(kind.title if of_liver else f"{segment_name(lesion)}, {kind.title}")
    node.SetXColumnName(time_column(TimeAxis.of(study.times_s)))
    node.SetYColumnName(column)
    node.SetColor(rgb(colour))
    node.SetLineStyle(getattr(styles, f"LineStyle{kind.line}"))
    node.SetMarkerStyle(getattr(styles, f"MarkerStyle{kind.marker}"))
    node.EndModify(was)
    return True


def _blank(node: Any, axis: TimeAxis) -> str:
    """A series that nobody sees, by ID: without any a plot view draws no axes either, and stays black."""
    styles = slicer_module().vtkMRMLPlotSeriesNode
    was = node.StartModify()
    node.SetName("no curve")
    node.SetLineStyle(styles.LineStyleNone)
    node.SetMarkerStyle(styles.MarkerStyleNone)
    node.EndModify(was)
    _rest(node, axis)
    return str(node.GetID())


def _rest(node: Any, axis: TimeAxis) -> None:
    """A series that is not drawn names columns that are always there: a plot view logs missing ones."""
    was = node.StartModify()
    node.SetXColumnName(time_column(axis))
    node.SetYColumnName(time_column(axis))
    node.EndModify(was)


def _shown(chart: Any) -> list[str]:
    return [chart.GetNthPlotSeriesNodeID(n) for n in range(chart.GetNumberOfPlotSeriesNodes())]


@dataclass(frozen=True)
class CurveLine:
    """One curve of a picture that shows several lesions: columns of the curve table, and how it looks."""

    title: str
    x_column: str
    y_column: str
    sd_column: str | None
    colour: Rgb
    line: str
    marker: str


def curve_lines(lesions: Sequence[LesionFinding], study: StudySummary) -> tuple[CurveLine, ...]:
    """Measured curve of every lesion in the colour of its class, the predicted one in ink, liver in green.

    Further lesions of a class are lighter.
    """
    x_column = time_column(TimeAxis.of(study.times_s))
    lines = []
    for place, lesion in enumerate(lesions):
        same = sum(other.lesion_class == lesion.lesion_class for other in lesions[:place])
        colour = lightened(rgb(on_white(lesion.lesion_class)), same)
        label, name = lesion.label, segment_name(lesion)
        curves: list[tuple[str, str, str | None, str, str]] = [
            (f"{name}, measured", measured_column(label), sd_column(label), "solid", "circle")
        ]
        if lesion.predicted_curve is not None:
            curves.append((f"{name}, predicted", predicted_column(label), None, "dash", "cross"))
        if lesion.liver_curve is not None:
            curves.append((f"Liver around {label}", liver_column(label), None, "dot", "diamond"))
        colours = {"solid": colour, "dash": lightened(rgb(INK), same), "dot": rgb(LIVER_ON_WHITE)}
        lines += [
            CurveLine(title, x_column, y, sd, colours[line], line, marker)
            for title, y, sd, line, marker in curves
        ]
    return tuple(lines)
