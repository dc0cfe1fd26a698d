"""The curves of a training run as table, series and chart nodes: the panel's own, not saved, not listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer

from MTINetLib.scene.chart_style import style_chart, titled
from MTINetLib.scene.scene import Scene
from MTINetLib.session.training_curves import Curves


@dataclass(frozen=True)
class _Line:
    """One series: which column, and how it looks."""

    title: str
    column: str
    of_validation: bool
    colour: tuple[float, float, float]
    width: float
    line: str = "Solid"
    marker: str = "None"
    opacity: float = 1.0
    says: str = ""


#: What the plot can show: the chart's y axis and its series.
VIEWS: dict[str, tuple[str, tuple[_Line, ...]]] = {
    "loss": (
        "Loss",
        (
            _Line(
                "Training, each batch",
                "loss",
                False,
                (0.60, 0.72, 0.85),
                1.0,
                opacity=0.6,
                says="pale: each batch",
            ),
            _Line("Training, smoothed", "smoothed", False, (0.12, 0.42, 0.70), 2.5, says="blue: smoothed"),
            _Line(
                "Validation, segmentation",
                "segmentation",
                True,
                (0.85, 0.37, 0.05),
                2.5,
                marker="Circle",
                says="circles: validation",
            ),
        ),
    ),
    "quality": (
        "Share",
        (
            _Line("Dice", "dice", True, (0.0, 0.45, 0.70), 2.5, marker="Circle", says="circles: Dice"),
            _Line(
                "Accuracy of the class",
                "accuracy",
                True,
                (0.1, 0.14, 0.19),
                2.5,
                "Dot",
                "Square",
                says="squares: accuracy",
            ),
            _Line(
                "Error of the curve (MAE)",
                "mae",
                True,
                (0.84, 0.37, 0.0),
                2.5,
                "Dash",
                "Diamond",
                says="diamonds: curve error",
            ),
        ),
    ),
}


class TrainingChart:
    """Nodes that hold the newest curves; made when first needed and again after the scene was closed."""

    def __init__(self, scene: Scene) -> None:
        self._mrml = scene.mrml
        self._losses: Any = None
        self._validations: Any = None
        self._charts: dict[str, Any] = {}
        self._series: list[tuple[_Line, Any]] = []

    def show(self, curves: Curves, view: str, title: str) -> Any:
        """The chart node of a view with these curves in it; None while there is nothing to draw."""
        if not curves.losses and not curves.validations:
            return None
        self._make()
        losses, validations = curves.losses, curves.validations
        _fill(
            self._losses,
            {
                "epoch": [point.epoch for point in losses],
                "loss": [point.loss for point in losses],
                "smoothed": [point.smoothed for point in losses],
            },
        )
        columns: dict[str, Sequence[float]] = {"epoch": [one.epoch for one in validations]}
        for name, source, factor in _VALIDATED:
            columns[name] = [factor * one.figures.get(source, float("nan")) for one in validations]
        _fill(self._validations, columns)
        filled = {name for name, values in columns.items() if not all(np.isnan(values))}
        filled = (filled if validations else set()) | ({"loss", "smoothed"} if losses else set())
        chart = self._charts[view]
        self._draw(chart, view, filled, title)
        return chart

    def close(self) -> None:
        """Take the nodes out of the scene."""
        nodes = [
            *self._charts.values(),
            *(node for _line, node in self._series),
            self._losses,
            self._validations,
        ]
        for node in nodes:
            if node is not None and node.GetScene() is not None:
                node.GetScene().RemoveNode(node)
        self._losses = self._validations = None
        self._charts, self._series = {}, []

    def _make(self) -> None:
        every = [self._losses, self._validations, *self._charts.values(), *(node for _, node in self._series)]
        if self._charts and all(node is not None and node.GetScene() is self._mrml for node in every):
            return
        self.close()
        self._losses = self._add("vtkMRMLTableNode", "MTINet training losses")
        self._validations = self._add("vtkMRMLTableNode", "MTINet validations")
        for view, (axis, lines) in VIEWS.items():
            chart = self._add("vtkMRMLPlotChartNode", f"MTINet training {view}")
            chart.SetXAxisTitle("Epoch")
            chart.SetYAxisTitle(axis)
            style_chart(chart)
            self._charts[view] = chart
            for line in lines:
                self._series.append((line, self._series_of(line)))

    def _series_of(self, line: _Line) -> Any:
        styles = slicer.vtkMRMLPlotSeriesNode
        node = self._add("vtkMRMLPlotSeriesNode", line.title)
        node.SetPlotType(styles.PlotTypeScatter)  # type Line ignores the x column
        node.SetXColumnName("epoch")
        node.SetYColumnName(line.column)
        node.SetColor(*line.colour)
        node.SetLineWidth(line.width)
        node.SetLineStyle(getattr(styles, f"LineStyle{line.line}"))
        node.SetMarkerStyle(getattr(styles, f"MarkerStyle{line.marker}"))
        node.SetOpacity(line.opacity)
        node.SetAndObserveTableNodeID((self._validations if line.of_validation else self._losses).GetID())
        return node

    def _add(self, kind: str, name: str) -> Any:
        node = self._mrml.CreateNodeByClass(kind)
        node.UnRegister(None)
        node.SetName(name)
        node.SetSaveWithScene(False)
        node.SetHideFromEditors(True)
        return self._mrml.AddNode(node)

    def _draw(self, chart: Any, view: str, filled: set[str], title: str) -> None:
        """A series without a figure stays off the chart."""
        lines = VIEWS[view][1]
        wanted = [node.GetID() for line, node in self._series if line in lines and line.column in filled]
        said = [line.says for line in lines if line.column in filled]
        was = chart.StartModify()
        chart.SetTitle(titled(title, said))
        shown = [chart.GetNthPlotSeriesNodeID(n) for n in range(chart.GetNumberOfPlotSeriesNodes())]
        if shown != wanted:
            chart.RemoveAllPlotSeriesNodeIDs()
            for node_id in wanted:
                chart.AddAndObservePlotSeriesNodeID(node_id)
        chart.EndModify(was)


#: Column of the table, name among the figures of a validation, factor.
_VALIDATED = (
    ("segmentation", "segmentation", 1.0),
    ("dice", "dice", 1.0),
    ("accuracy", "accuracy", 1.0),
    ("mae", "mae_percent", 0.01),
)


def _fill(table: Any, columns: dict[str, Sequence[float]]) -> None:
    from vtkmodules.util.numpy_support import numpy_to_vtk

    was = table.StartModify()
    table.RemoveAllColumns()
    for name, values in columns.items():
        # A plot view refuses a line of one point: drawn twice, its marker is seen.
        drawn = [*values, *values] if len(values) == 1 else values
        array = numpy_to_vtk(np.asarray(drawn, dtype=np.float64), deep=True)
        array.SetName(name)
        table.AddColumn(array)
    table.EndModify(was)
