"""Enhancement curves as a plot: series nodes over the table, and the chart that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from MTINetLib.findings import FourTimes, LesionFinding
from MTINetLib.report.colours import ON_WHITE, lightened, rgb
from MTINetLib.report.time_axis import TimeAxis
from MTINetLib.scene.curve_table import (
    PHASE_COLUMN,
    liver_column,
    measured_column,
    predicted_column,
    time_column,
)
from MTINetLib.scene.segmentation import segment_name
from MTINetLib.scene.slicer_core import slicer_module


@dataclass(frozen=True)
class CurvePlot:
    """The chart node and its series nodes."""

    chart: Any
    series: tuple[Any, ...]


def add_curve_plot(table: Any, lesions: Sequence[LesionFinding], times: FourTimes) -> CurvePlot:
    """Measured (solid, circles), predicted (dashes, squares) and liver (dots, diamonds), per lesion.

    All three have the colour of the lesion's class; further lesions of that class are lighter.
    """
    slicer = slicer_module()
    axis = TimeAxis.of(times)
    chart = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotChartNode", "Enhancement curves plot")
    chart.SetTitle("Time-intensity curves")
    chart.SetXAxisTitle(axis.title)
    chart.SetYAxisTitle("Signal (scanner units)")
    styles = slicer.vtkMRMLPlotSeriesNode
    series = []
    for place, lesion in enumerate(lesions):
        same = sum(other.lesion_class is lesion.lesion_class for other in lesions[:place])
        colour = lightened(rgb(ON_WHITE[lesion.lesion_class]), same)
        for title, column, line, marker in _curves_of(lesion):
            node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", title)
            node.SetAndObserveTableNodeID(table.GetID())
            node.SetPlotType(styles.PlotTypeScatter)  # type Line ignores the x column
            node.SetXColumnName(time_column(axis))
            node.SetYColumnName(column)
            node.SetLabelColumnName(PHASE_COLUMN)
            node.SetLineStyle(getattr(styles, f"LineStyle{line}"))
            node.SetMarkerStyle(getattr(styles, f"MarkerStyle{marker}"))
            node.SetColor(colour)
            chart.AddAndObservePlotSeriesNodeID(node.GetID())
            series.append(node)
    return CurvePlot(chart, tuple(series))


def _curves_of(lesion: LesionFinding) -> list[tuple[str, str, str, str]]:
    """Title, column, line and marker style of each curve that the lesion has."""
    name = segment_name(lesion)
    curves = [(f"{name}, measured", measured_column(lesion.label), "Solid", "Circle")]
    if lesion.predicted_curve is not None:
        curves.append((f"{name}, predicted", predicted_column(lesion.label), "Dash", "Square"))
    if lesion.liver_curve is not None:
        curves.append((f"Liver around {lesion.label}", liver_column(lesion.label), "Dot", "Diamond"))
    return curves
