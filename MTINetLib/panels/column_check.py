"""A step of the module's own test: in a real Slicer the column fits its scroll area, and plots are clear."""

from __future__ import annotations

import unittest
from typing import Any

import slicer

from MTINetLib.panels.column import area_around

#: Screens of the module panel that results may take.
_MOST_SCREENS = 2.0


def check_column(test: unittest.TestCase, widget: Any) -> None:
    """``widget``: the module's own (MTINetWidget), with results; without a main window there is no column."""
    test.assertFalse(widget.logic.results.chart.GetLegendVisibility())
    area = area_around(widget.tabs)
    if area is None or slicer.util.mainWindow() is None or not widget.parent.visible:
        return
    slicer.app.processEvents()
    view = area.viewport()
    hint = widget.parent.minimumSizeHint
    least = hint() if callable(hint) else hint
    test.assertLessEqual(least.width(), view.width)
    test.assertLessEqual(widget.tabs.height, _MOST_SCREENS * max(view.height, 770))
