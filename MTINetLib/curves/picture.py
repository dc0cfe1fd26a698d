"""The picture of curves: the signal with its spread, and the change from the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from MTINetLib.curves.results import Curves
from MTINetLib.presentation.colours import FAINT_INK, INK, REGIONS_ON_WHITE
from MTINetLib.presentation.paper_axes import open_axes, thin_frame, with_gaps
from MTINetLib.presentation.time_axis import TimeAxis
from MTINetLib.registration.align import SMALLEST_MOTION_MM
from MTINetLib.report.pictures import png_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: More time points than this are a line without marks.
_MOST_MARKS = 60


def curves_picture(curves: Curves) -> bytes:
    """PNG, 180 x 140 mm at 200 dots an inch. Points in time at which something moved are marked below."""
    from matplotlib.figure import Figure

    axis = TimeAxis.of(curves.times_s, "Time point (times unknown)")
    figure = Figure(figsize=(7.1, 5.5), dpi=200, layout="constrained")
    signal, change = figure.subplots(2, 1, sharex=True)
    marked = "o" if len(curves.points) <= _MOST_MARKS else None
    for number, region in enumerate(curves.regions):
        style: dict[str, Any] = {"color": REGIONS_ON_WHITE[number % len(REGIONS_ON_WHITE)], "linewidth": 1.4}
        style |= {"marker": marked, "markersize": 3, "linestyle": _LINES[number // len(REGIONS_ON_WHITE) % 3]}
        mean = with_gaps(region.mean)
        sd = with_gaps([None if one is None else one.sd for one in region.statistics])
        signal.plot(axis.values, mean, label=region.name, **style)
        if region.kind != "point":
            signal.fill_between(
                axis.values, mean - sd, mean + sd, color=style["color"], alpha=0.12, linewidth=0
            )
        change.plot(axis.values, 100 * with_gaps(region.relative), **style)
    for panel, title in ((signal, "Signal (a.u.)"), (change, "Change from baseline (%)")):
        _style(panel, title)
    _mark_baseline(change, axis, curves)
    change.set_xlabel(axis.title, fontsize=8, color=INK)
    moved = [x for x, point in zip(axis.values, curves.points, strict=True)
             if (point.shift_mm or 0.0) >= SMALLEST_MOTION_MM]  # fmt: skip
    if moved:
        below = signal.get_xaxis_transform()
        signal.plot(moved, [0.02] * len(moved), "^", color=INK, markersize=4, transform=below, label="moved")
    signal.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return png_of(figure)


_LINES = ("-", "--", ":")


def _mark_baseline(panel: Axes, axis: TimeAxis, curves: Curves) -> None:
    panel.axhline(0.0, color=FAINT_INK, linewidth=0.7)
    at = [axis.values[number - 1] for number in curves.baseline]
    panel.plot(at, [0.0] * len(at), "s", color=FAINT_INK, markersize=4, label="baseline")
    panel.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _style(panel: Axes, title: str) -> None:
    panel.set_ylabel(title, fontsize=8, color=INK)
    panel.tick_params(labelsize=7, colors=INK, length=2, width=0.6)
    open_axes(panel)
    thin_frame(panel)
