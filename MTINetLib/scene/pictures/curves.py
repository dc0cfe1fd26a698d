"""The time-intensity plot of all lesions, with error bars from the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from MTINetLib.presentation.colours import INK, Rgb, rgb
from MTINetLib.scene.curve_plot import CurveLine, curve_lines
from MTINetLib.scene.pictures.canvas import Picture, open_window, pixels, text_actor
from MTINetLib.scene.show import ShownStudy

_SIZE = (1200, 720)
#: Drawn at twice the size and halved: multi-sampled windows break the texts of charts.
_OVER = 2


def draw_curves(shown: ShownStudy) -> Picture:
    """The curves of all lesions, [720, 1200, 3]."""
    import vtkmodules.vtkRenderingContextOpenGL2  # noqa: F401  (the factory of the chart's painter)
    from vtkmodules.vtkChartsCore import vtkAxis, vtkChartLegend, vtkChartXY
    from vtkmodules.vtkRenderingContext2D import vtkContextActor

    window, renderer = open_window(_OVER * _SIZE[0], _OVER * _SIZE[1], background=(1.0, 1.0, 1.0))
    window.SetMultiSamples(0)
    chart = vtkChartXY()
    table = shown.table.GetTable()
    lines = curve_lines(shown.findings.lesions, shown.findings.study)
    for line in lines:
        _add_error_bars(chart, table, line)
    for line in lines:
        _add_line(chart, table, line)
    x_range, y_range = _ranges(table, lines)
    _set_axis(chart.GetAxis(vtkAxis.BOTTOM), shown.chart.GetXAxisTitle(), x_range)
    _set_axis(chart.GetAxis(vtkAxis.LEFT), shown.chart.GetYAxisTitle(), y_range)
    chart.SetTitle("Time-intensity curves")
    chart.GetTitleProperties().SetFontSize(22 * _OVER)
    chart.GetTitleProperties().SetColor(rgb(INK))
    chart.SetShowLegend(True)
    legend = chart.GetLegend()
    legend.SetHorizontalAlignment(vtkChartLegend.RIGHT)
    legend.SetVerticalAlignment(vtkChartLegend.TOP)
    legend.SetInline(False)
    legend.SetLabelSize(16 * _OVER)
    legend.GetPen().SetLineType(0)
    actor = vtkContextActor()
    actor.GetScene().AddItem(chart)
    renderer.AddViewProp(actor)
    if not lines:
        middle = (_OVER * _SIZE[0] / 2, _OVER * _SIZE[1] / 2)
        renderer.AddViewProp(
            text_actor("No lesion found: no curves", middle, 24 * _OVER, rgb(INK), align="Centered")
        )
    picture = pixels(window)
    window.Finalize()
    blocks = picture.reshape(_SIZE[1], _OVER, _SIZE[0], _OVER, 3)
    halved: Picture = np.round(blocks.mean(axis=(1, 3))).astype(np.uint8)
    return halved


def nice_ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between low and high, at most ``most`` of them."""
    from matplotlib.ticker import MaxNLocator

    places = MaxNLocator(nbins=most - 1, steps=[1, 2, 5, 10]).tick_values(low, high)
    room = 1e-9 * (high - low)
    return [float(place) for place in places if low - room <= place <= high + room]


def _ticks(values: Sequence[float]) -> tuple[Any, Any]:
    from vtkmodules.vtkCommonCore import vtkDoubleArray, vtkStringArray

    positions, labels = vtkDoubleArray(), vtkStringArray()
    for value in values:
        positions.InsertNextValue(value)
        labels.InsertNextValue(f"{value:g}")
    return positions, labels


def _ranges(table: Any, lines: Sequence[CurveLine]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Of time and signal over all curves and error bars, with room around; signal starts at zero or below."""
    times: list[float] = []
    signals: list[float] = []
    for line in lines:
        for time, mean, sd in _points(table, line):
            times.append(time)
            signals.extend([mean - sd, mean + sd])
    first, last = span(times)
    lowest, highest = span(signals)
    return (first - 0.03 * (last - first), last + 0.03 * (last - first)), (
        lowest,
        highest + 0.05 * (highest - lowest),
    )


def span(values: Sequence[float]) -> tuple[float, float]:
    """From zero or below to zero or above, over what is a number; never empty."""
    finite = [value for value in values if np.isfinite(value)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    return (low, high) if high > low else (0.0, 1.0)


def _set_axis(axis: Any, title: str, limits: tuple[float, float]) -> None:
    axis.SetBehavior(1)  # vtkAxis.FIXED
    axis.SetRange(*limits)
    axis.SetCustomTickPositions(*_ticks(nice_ticks(*limits)))
    axis.SetTitle(title)
    axis.GetTitleProperties().SetFontSize(18 * _OVER)
    axis.GetTitleProperties().SetColor(rgb(INK))
    axis.GetLabelProperties().SetFontSize(16 * _OVER)
    axis.GetLabelProperties().SetColor(rgb(INK))
    axis.GetGridPen().SetColorF(0.9, 0.91, 0.92)


def _add_line(chart: Any, table: Any, line: CurveLine) -> None:
    from vtkmodules.vtkChartsCore import vtkChart

    measured = line.sd_column is not None
    plot = chart.AddPlot(vtkChart.LINE)
    plot.SetInputData(table, line.x_column, line.y_column)
    plot.SetLabel(line.title)
    _colour(plot, line.colour, 3.0 if measured else 2.4)
    plot.GetPen().SetLineType(_PEN_OF_LINE_STYLE[line.line])
    plot.SetMarkerStyle(_MARK_OF_STYLE[line.marker])
    plot.SetMarkerSize(_OVER * 11.0 if measured else _OVER * 8.0)


def _add_error_bars(chart: Any, table: Any, line: CurveLine) -> None:
    """One standard deviation up and down at each measured mean; other curves have none."""
    from vtkmodules.vtkChartsCore import vtkChart
    from vtkmodules.vtkCommonCore import vtkDoubleArray
    from vtkmodules.vtkCommonDataModel import vtkTable

    if line.sd_column is None:
        return
    for time, mean, sd in _points(table, line):
        bar = vtkTable()
        for name, values in (("x", (time, time)), ("y", (mean - sd, mean + sd))):
            column = vtkDoubleArray()
            column.SetName(name)
            for value in values:
                column.InsertNextValue(value)
            bar.AddColumn(column)
        plot = chart.AddPlot(vtkChart.LINE)
        plot.SetInputData(bar, 0, 1)
        plot.SetLegendVisibility(False)
        _colour(plot, line.colour, 1.5)


def _points(table: Any, line: CurveLine) -> list[tuple[float, float, float]]:
    """Time, mean and standard deviation (0 where the curve has none) of every phase that was measured."""

    def values(name: str) -> list[float]:
        column = table.GetColumnByName(name)
        return [column.GetValue(row) for row in range(table.GetNumberOfRows())]

    means = values(line.y_column)
    sds = [0.0] * len(means) if line.sd_column is None else values(line.sd_column)
    points = zip(values(line.x_column), means, sds, strict=True)
    return [point for point in points if np.isfinite(point[1])]


def _colour(plot: Any, colour: Rgb, width: float) -> None:
    red, green, blue = (int(value) for value in np.round(np.array(colour) * 255))
    plot.SetColor(red, green, blue, 255)
    plot.SetWidth(_OVER * width)


# vtkPen and vtkPlotPoints numbers by the names of CurveLine's styles
_PEN_OF_LINE_STYLE = {"none": 0, "solid": 1, "dash": 2, "dot": 3, "dash-dot": 4, "dash-dot-dot": 5}
_MARK_OF_STYLE = {"none": 0, "cross": 1, "plus": 2, "square": 3, "circle": 4, "diamond": 5}
