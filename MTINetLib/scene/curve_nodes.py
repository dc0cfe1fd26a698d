"""Curves of anything as Slicer's own nodes: a table, and a chart with a line for each region."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from MTINetLib.curves.results import Curves, RegionCurve, Values
from MTINetLib.curves.write import curves_from_json, curves_json
from MTINetLib.presentation.colours import INK, REGIONS_ON_WHITE, rgb
from MTINetLib.presentation.time_axis import TimeAxis
from MTINetLib.scene.chart_style import style_chart, titled
from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.scene.table_columns import add_number_column

#: Node attribute that tells what of the curves a node is.
PART_ATTRIBUTE = "MTINet.AnyCurves"
#: On the table: all that was measured, as curves.json has it.
MEASURED_ATTRIBUTE = "MTINet.MeasuredCurves"
_TABLE, _CHART, _LINE, _VOXEL = "table", "chart", "line", "voxel"
_TIME, _VOXEL_COLUMN = "time", "voxel"
_PERCENT = " (%)"


def show_curves(scene: Scene, curves: Curves, *, relative: bool) -> Any:
    """The chart with these curves in place of earlier ones; its table holds mean, SD and percent."""
    chart, table = _one(scene, _CHART, "vtkMRMLPlotChartNode"), _one(scene, _TABLE, "vtkMRMLTableNode")
    was = chart.StartModify()
    chart.RemoveAllPlotSeriesNodeIDs()  # before its columns go: a plot logs those that are missing
    for node in _parts(scene, _LINE):
        scene.mrml.RemoveNode(node)
    _fill(table, curves)
    table.SetAttribute(MEASURED_ATTRIBUTE, curves_json(curves))
    axis = _axis(curves)
    for number, region in enumerate(curves.regions):
        if any(value is not None for value in _shown(region, relative)):
            line = _add_line(scene, table, region.name, region.name + _PERCENT * relative)
            line.SetColor(rgb(REGIONS_ON_WHITE[number % len(REGIONS_ON_WHITE)]))
            if len(curves.points) > 40:
                line.SetMarkerStyle(slicer_module().vtkMRMLPlotSeriesNode.MarkerStyleNone)
            chart.AddAndObservePlotSeriesNodeID(line.GetID())
    chart.SetXAxisTitle(axis.title)
    chart.SetYAxisTitle("Change from baseline (%)" if relative else "Signal (scanner units)")
    style_chart(chart)
    chart.SetLegendVisibility(len(curves.regions) > 1)
    chart.SetTitle(titled("", []))
    chart.EndModify(was)
    return chart


def show_voxel(scene: Scene, chart: Any, curves: Curves, values: Values | None, *, relative: bool) -> None:
    """Add the curve of one voxel to the chart, or take it away again; it is not saved.

    Args:
        values: what the chart's y axis shows, one a time point; None where no voxel is meant.
    """
    table = _one(scene, _VOXEL, "vtkMRMLTableNode")
    lines = [node for node in _parts(scene, _VOXEL) if node.IsA("vtkMRMLPlotSeriesNode")]
    was = chart.StartModify()
    drawn = values is not None and any(value is not None for value in values)
    if drawn and values is not None:
        before = table.StartModify()
        table.RemoveAllColumns()
        add_number_column(table, _TIME, _axis(curves).values)
        add_number_column(table, _VOXEL_COLUMN, values)
        table.EndModify(before)
        if not lines:
            lines = [_add_line(scene, table, "voxel under the mouse", _VOXEL_COLUMN, _VOXEL)]
            lines[0].SetColor(rgb(INK))
            lines[0].SetLineStyle(slicer_module().vtkMRMLPlotSeriesNode.LineStyleDash)
            _unsaved(lines[0])
        if not _is_in(chart, lines[0]):
            chart.AddAndObservePlotSeriesNodeID(lines[0].GetID())
    else:
        for line in lines:
            chart.RemovePlotSeriesNodeID(line.GetID())
    _unsaved(table)
    chart.EndModify(was)


def curves_chart(scene: Scene) -> Any:
    """The chart of a scene; None where nothing was measured."""
    return next(iter(_parts(scene, _CHART)), None)


def measured_curves(scene: Scene) -> Curves | None:
    """What was measured last, also in a scene that was saved and opened again; None for nothing."""
    for table in _parts(scene, _TABLE):
        with suppress(ValueError):
            return curves_from_json(str(table.GetAttribute(MEASURED_ATTRIBUTE) or ""))
    return None


def _fill(table: Any, curves: Curves) -> None:
    was = table.StartModify()
    table.RemoveAllColumns()
    add_number_column(table, _TIME, _axis(curves).values)
    for region in curves.regions:
        add_number_column(table, region.name, region.mean)
        add_number_column(table, region.name + _PERCENT, _shown(region, True))
        spread = [None if one is None else one.sd for one in region.statistics]
        add_number_column(table, f"{region.name} SD", spread)
    table.SetUseColumnTitleAsColumnHeader(True)
    table.EndModify(was)


def _shown(region: RegionCurve, relative: bool) -> Values:
    if not relative:
        return region.mean
    return tuple(None if value is None else 100 * value for value in region.relative)


def _axis(curves: Curves) -> TimeAxis:
    return TimeAxis.of(curves.times_s, "Time point (times unknown)")


def _add_line(scene: Scene, table: Any, name: str, column: str, part: str = _LINE) -> Any:
    styles = slicer_module().vtkMRMLPlotSeriesNode
    line = scene.mrml.AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
    line.SetAttribute(PART_ATTRIBUTE, part)
    line.SetAndObserveTableNodeID(table.GetID())
    line.SetPlotType(styles.PlotTypeScatter)  # type Line ignores the x column
    line.SetXColumnName(_TIME)
    line.SetYColumnName(column)
    line.SetLineWidth(2.5)
    line.SetLineStyle(styles.LineStyleSolid)
    line.SetMarkerStyle(styles.MarkerStyleCircle)
    return line


def _parts(scene: Scene, part: str) -> list[Any]:
    kinds = ("vtkMRMLTableNode", "vtkMRMLPlotChartNode", "vtkMRMLPlotSeriesNode")
    nodes = (node for kind in kinds for node in nodes_of_class(scene.mrml, kind))
    return [node for node in nodes if node.GetAttribute(PART_ATTRIBUTE) == part]


def _one(scene: Scene, part: str, kind: str) -> Any:
    known = next((node for node in _parts(scene, part) if node.IsA(kind)), None)
    if known is None:
        known = scene.mrml.AddNewNodeByClass(kind, "Curves" if part != _VOXEL else "Voxel curve")
        known.SetAttribute(PART_ATTRIBUTE, part)
    return known


def _unsaved(node: Any) -> None:
    node.SetSaveWithScene(False)
    node.SetHideFromEditors(True)


def _is_in(chart: Any, line: Any) -> bool:
    count = chart.GetNumberOfPlotSeriesNodes()
    return line.GetID() in [chart.GetNthPlotSeriesNodeID(number) for number in range(count)]
