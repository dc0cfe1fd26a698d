"""The free-response curve and the calibration as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MTINetLib.presentation.colours import FAINT_INK, INK, LIVER_ON_WHITE, PAPER_LINE
from MTINetLib.presentation.paper_axes import open_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FREE_RESPONSE_FILE, CALIBRATION_FILE = "free-response.png", "calibration.png"
PICTURES = (FREE_RESPONSE_FILE, CALIBRATION_FILE)
_SIZE, _DPI = (4.2, 3.4), 160
_HERE = "#D55E00"


def write_pictures(folder: Path, figures: Mapping[str, Any]) -> None:
    """Draw what there is something to draw of."""
    if figures["free_response"]["curve"]:
        _draw_free_response(folder / FREE_RESPONSE_FILE, figures)
    shown = {
        "Class of matched lesions": figures["classification"]["all"]["calibration"],
        "Being a lesion": figures["lesion_probability"]["calibration"],
    }
    if any(shown.values()):
        draw_calibration(folder / CALIBRATION_FILE, shown)


def _draw_free_response(path: Path, figures: Mapping[str, Any]) -> None:
    """Sensitivity over false positives a study, best at each; a dot where the model worked."""
    figure, axes = _axes()
    curve = figures["free_response"]["curve"]
    x = [point["false_positives_a_study"] for point in curve]
    y = [point["sensitivity"] for point in curve]
    axes.step(x, y, where="post", color=INK, linewidth=1.4)
    here = figures["detection"]["false_positives_per_study"].value
    sensitivity = figures["lesions"]["all"]["sensitivity"].value
    axes.plot([here], [sensitivity], "o", color=_HERE, label="as it works", markersize=6)
    axes.set_xlim(0, max(2.0, here * 1.1))
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("False positives a study")
    axes.set_ylabel("Sensitivity, all true lesions")
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})


def draw_calibration(path: Path, shown: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """What was claimed against what was true, with intervals; on the line they are the same."""
    figure, axes = _axes()
    axes.plot([0, 1], [0, 1], color=PAPER_LINE, linewidth=1.2)
    for (title, bins), colour in zip(shown.items(), (INK, LIVER_ON_WHITE), strict=True):
        if not bins:
            continue
        x, y = [one["claimed"] for one in bins], [one["true"].value for one in bins]
        low = [max(0.0, one["true"].value - one["true"].low) for one in bins]
        high = [max(0.0, one["true"].high - one["true"].value) for one in bins]
        count = sum(one["n"] for one in bins)
        line: dict[str, Any] = {"color": colour, "marker": "o", "markersize": 4, "capsize": 2, "linewidth": 1}
        axes.errorbar(x, y, [low, high], label=f"{title} (n = {count})", **line)
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("Probability that the model gave")
    axes.set_ylabel("Share that was true")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})


def _axes() -> tuple[Any, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    open_axes(axes)
    axes.tick_params(labelsize=8, colors=FAINT_INK)
    return figure, axes
