"""Enhancement curves as a plot: series nodes over the table, and the chart that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from MTINetLib.findings import FourTimes, LesionFinding
from MTINetLib.report.colours import LIVER_ON_WHITE, ON_WHITE, rgb
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
    """Measured (solid, circles), predicted (dashes, squares) and liver (dots, diamonds), per lesion."""
    slicer = slicer_module()
    axis = TimeAxis.of(times)
    chart = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotChartNode", "Enhancement curves plot")
    chart.SetTitle("Time-intensity curves")
    chart.SetXAxisTitle(axis.title)
    chart.SetYAxisTitle("Signal (scanner units)")
    styles = slicer.vtkMRMLPlotSeriesNode
    series = []
    for lesion in lesions:
        name, colour = segment_name(lesion), rgb(ON_WHITE[lesion.lesion_class])
        wanted = [(f"{name}, measured", measured_column(lesion.label), colour, "Solid", "Circle")]
        if lesion.predicted_curve is not None:
            wanted.append((f"{name}, predicted", predicted_column(lesion.label), colour, "Dash", "Square"))
        if lesion.liver_curve is not None:
            green = rgb(LIVER_ON_WHITE)
            title = f"Liver around {lesion.label}"
            wanted.append((title, liver_column(lesion.label), green, "Dot", "Diamond"))
        for title, column, hue, line, marker in wanted:
            node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", title)
            node.SetAndObserveTableNodeID(table.GetID())
            node.SetPlotType(styles.PlotTypeScatter)  # type Line ignores the x column
            node.SetXColumnName(time_column(axis))
            node.SetYColumnName(column)
            node.SetLabelColumnName(PHASE_COLUMN)
            node.SetLineStyle(getattr(styles, f"LineStyle{line}"))
            node.SetMarkerStyle(getattr(styles, f"MarkerStyle{marker}"))
            node.SetColor(hue)
            chart.AddAndObservePlotSeriesNodeID(node.GetID())
            series.append(node)
    return CurvePlot(chart, tuple(series))
