"""How our charts look in Slicer's plot views: no box over the curves, texts that fit a narrow panel."""

from __future__ import annotations

from typing import Any

_TITLE_SIZE, _AXIS_SIZE, _LABEL_SIZE = 12, 12, 11


def style_chart(chart: Any) -> None:
    """Set sizes and take the legend away: Slicer puts it over the right end, where washout shows.

    What the lines are is said in the title instead, see :func:`titled`.
    """
    chart.SetLegendVisibility(False)
    chart.SetTitleFontSize(_TITLE_SIZE)
    chart.SetAxisTitleFontSize(_AXIS_SIZE)
    chart.SetAxisLabelFontSize(_LABEL_SIZE)


def titled(title: str, lines: list[str]) -> str:
    """A title of two lines: what is shown, and what each kind of line is."""
    return "\n".join(filter(None, (title, "  ".join(lines))))
