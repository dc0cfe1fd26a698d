"""Pictures of the report, drawn by matplotlib: they need neither a display nor OpenGL."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from MTINetLib.findings import LesionFinding, StudySummary
from MTINetLib.presentation.classes import on_black, on_white
from MTINetLib.presentation.colours import INK, LIVER_ON_WHITE
from MTINetLib.presentation.paper_axes import open_axes, thin_frame, with_gaps
from MTINetLib.presentation.time_axis import TimeAxis
from MTINetLib.presentation.words import phase_title, seconds
from MTINetLib.report.body import body, tissue_window
from MTINetLib.report.key_slice import Crop, ShownPlane, body_crop, key_slice, lesion_crop
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 200
_MARK = "#F2D873"
Image = npt.NDArray[Any]


def lesion_strip(
    study: Study, labels: Image, lesion: LesionFinding, lesions: Sequence[LesionFinding]
) -> bytes:
    """The lesion's key slice: the whole slice of the reference phase, then every phase close up; PNG.

    Every lesion of the slice is outlined in the colour of its class; 36 mm panels at 200 dots an inch.
    """
    k = key_slice(labels, lesion.label)
    plane = ShownPlane.of(study.grid)
    shown = plane.show(labels[k])
    close = lesion_crop(shown == lesion.label, plane.pixel_mm)
    figure, panels = _dark_panels(1 + len(study.phases))
    inside = body(study.phase(study.reference)[k])
    window = tissue_window(study.volumes[:, k], inside)
    whole = plane.show(study.phase(study.reference)[k])
    crop = body_crop(plane.show(inside))
    _show_slice(panels[0], whole, shown, crop, plane, window, lesions)
    _frame(panels[0], close, plane, on_black(lesion.lesion_class))
    _mark_edges(panels[0], plane)
    panels[0].set_title(f"Slice {k + 1}, {study.reference.title}", color="white", fontsize=6.5, pad=3)
    for phase, time, panel in zip(study.phases, study.times_s, panels[1:], strict=True):
        _show_slice(panel, plane.show(study.phase(phase)[k]), shown, close, plane, window, lesions)
        title = phase_title(phase) + ("" if time is None else f", {seconds(time)}")
        panel.set_title(title, color="white", fontsize=6.5, pad=3)
    return png_of(figure)


def study_strip(study: Study) -> bytes:
    """The middle slice in every phase, for a study without lesions; PNG."""
    k = study.grid.shape[0] // 2
    plane = ShownPlane.of(study.grid)
    figure, panels = _dark_panels(len(study.phases))
    inside = body(study.phase(study.reference)[k])
    window = tissue_window(study.volumes[:, k], inside)
    crop = body_crop(plane.show(inside))
    for phase, time, panel in zip(study.phases, study.times_s, panels, strict=True):
        image = plane.show(study.phase(phase)[k])
        _show_slice(panel, image, np.zeros_like(image), crop, plane, window, ())
        title = phase_title(phase) + ("" if time is None else f", {seconds(time)}")
        panel.set_title(title, color="white", fontsize=6.5, pad=3)
    _mark_edges(panels[0], plane)
    return png_of(figure)


def curve_figure(lesion: LesionFinding, study: StudySummary) -> bytes:
    """Measured curve with SD, predicted curve and the liver around, over the true times where known; PNG."""
    from matplotlib.figure import Figure

    axis = TimeAxis.of(study.times_s)
    figure = Figure(figsize=(3.05, 1.25), dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    colour = on_white(lesion.lesion_class)
    bars: dict[str, Any] = {"capsize": 2.0, "elinewidth": 0.8, "markersize": 3.4}
    line: dict[str, Any]
    if lesion.liver_curve is not None:
        liver = lesion.liver_curve
        line = {"color": LIVER_ON_WHITE, "linestyle": ":", "marker": "D", "linewidth": 1.1}
        axes.errorbar(
            axis.values, with_gaps(liver.mean), with_gaps(liver.sd), label="Liver around", **line, **bars
        )
    if lesion.predicted_curve is not None:
        line = {"color": INK, "linestyle": "--", "marker": "x", "linewidth": 0.9}
        axes.plot(axis.values, with_gaps(lesion.predicted_curve), label="Predicted", markersize=3, **line)
    measured = lesion.measured_curve
    line = {"color": colour, "linestyle": "-", "marker": "o", "linewidth": 1.5}
    axes.errorbar(
        axis.values, with_gaps(measured.mean), with_gaps(measured.sd), label="Lesion", **line, **bars
    )
    axes.set_ylim(bottom=min([0.0, *(value for value in measured.mean if value is not None)]))
    _style_axes(axes, axis, study.order)
    return png_of(figure)


def _style_axes(axes: Axes, axis: TimeAxis, phases: Sequence[Phase]) -> None:
    axes.set_xlabel(axis.title, fontsize=6.5, color=INK, labelpad=1)
    axes.set_ylabel("Signal (a.u.)", fontsize=6.5, color=INK, labelpad=2)
    if not axis.in_seconds:
        axes.set_xticks(axis.values, [phase_title(phase).split(" ")[0] for phase in phases])
    axes.tick_params(labelsize=6, colors=INK, length=2, width=0.6)
    open_axes(axes)
    thin_frame(axes)
    handles, names = axes.get_legend_handles_labels()
    above: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0.0, 0.98), "ncols": len(names)}
    axes.legend(handles[::-1], names[::-1], fontsize=6, frameon=False, handlelength=2.2, **above)


def _dark_panels(count: int) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 7.2 / count + 0.17), dpi=_DPI, facecolor="black")
    panels = figure.subplots(1, count, gridspec_kw={"wspace": 0.02})
    figure.subplots_adjust(left=0.003, right=0.997, bottom=0.01, top=1 - 0.17 / (7.2 / count + 0.17))
    for panel in panels:
        panel.set_axis_off()
        panel.set_anchor("N")
    return figure, list(panels)


def _show_slice(
    panel: Axes,
    image: Image,
    labels: Image,
    crop: Crop,
    plane: ShownPlane,
    window: tuple[float, float],
    lesions: Sequence[LesionFinding],
) -> None:
    """Draw in mm, so that pixels that are not square keep their form."""
    height, width = image.shape[0] * plane.pixel_mm[0], image.shape[1] * plane.pixel_mm[1]
    panel.imshow(
        image,
        cmap="gray",
        vmin=window[0],
        vmax=window[1],
        interpolation="bilinear",
        extent=(0.0, width, height, 0.0),
    )
    x = (np.arange(image.shape[1]) + 0.5) * plane.pixel_mm[1]
    y = (np.arange(image.shape[0]) + 0.5) * plane.pixel_mm[0]
    for lesion in lesions:
        mask = labels == lesion.label
        if mask.any():
            panel.contour(x, y, mask, [0.5], colors=[on_black(lesion.lesion_class)], linewidths=0.8)
            _number(panel, lesion, x[mask.any(axis=0)].max(), y[mask.any(axis=1)].min(), crop, plane)
    left, right, top, bottom = _edges_mm(crop, plane)
    panel.set_xlim(left, right)
    panel.set_ylim(bottom, top)
    panel.set_aspect("equal")
    panel.set_facecolor("black")


def _number(panel: Axes, lesion: LesionFinding, x: float, y: float, crop: Crop, plane: ShownPlane) -> None:
    left, right, top, bottom = _edges_mm(crop, plane)
    off = 0.015 * (right - left)
    if left < x + off < right - 4 * off and top + 4 * off < y - off < bottom:
        colour = on_black(lesion.lesion_class)
        panel.text(x + off, y - off, str(lesion.label), color=colour, fontsize=6.5, fontweight="bold")


def _frame(panel: Axes, crop: Crop, plane: ShownPlane, colour: str) -> None:
    """Where the close-up lies in the whole slice."""
    from matplotlib.patches import Rectangle

    left, right, top, bottom = _edges_mm(crop, plane)
    box = Rectangle((left, top), right - left, bottom - top, fill=False, linewidth=0.5, linestyle=(0, (4, 3)))
    box.set_edgecolor(colour)
    panel.add_patch(box)


def _mark_edges(panel: Axes, plane: ShownPlane) -> None:
    left, right, top, _ = plane.edges
    style: dict[str, Any] = {"color": _MARK, "fontsize": 7, "fontweight": "bold"}
    style |= {"transform": panel.transAxes, "ha": "center", "va": "center"}
    panel.text(0.04, 0.5, left, **style)
    panel.text(0.96, 0.5, right, **style)
    panel.text(0.5, 0.96, top, **style)


def _edges_mm(crop: Crop, plane: ShownPlane) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of a crop in mm."""
    (top, bottom), (left, right) = crop.rows, crop.columns
    row, column = plane.pixel_mm
    return left * column, right * column, top * row, bottom * row


def png_of(figure: Figure) -> bytes:
    """The figure as a file that says nothing of who made it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    buffer = BytesIO()
    figure.savefig(
        buffer, format="png", dpi=_DPI, facecolor=figure.get_facecolor(), metadata={"Software": None}
    )
    return buffer.getvalue()
