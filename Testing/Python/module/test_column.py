"""The module's column in Slicer: 434 pixels wide beside the views, 770 high before it scrolls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

WIDTH, TWO_SCREENS = 434, 2 * 770


def panel(widget: Any, name: str) -> Any:
    return next(one for one in widget.panels if type(one).__name__ == name)


def laid_out(desktop: Any, widget: Any) -> tuple[int, int]:
    """Least width of the column, and its height at the width that Slicer gives it."""
    from PySide6 import QtCore

    parent = widget.parent
    parent.setAttribute(QtCore.Qt.WA_DontShowOnScreen, True)
    parent.show()
    for _ in range(4):
        desktop.breathe()
        parent.layout().activate()
        parent.resize(WIDTH, 2000)
    page = widget.tabs.currentWidget()
    around = parent.layout().totalMinimumSize().height() - page.layout().totalMinimumSize().height()
    least = parent.layout().totalMinimumSize().width()
    return least, max(0, around) + page.layout().totalHeightForWidth(WIDTH - 30)


@pytest.mark.parametrize("state", ["empty", "phases", "results", "correct", "report", "training"])
@pytest.mark.parametrize("points", [None, 13])
def test_the_column_is_narrow_and_no_longer_than_two_screens(
    slicer_desktop: Any, module: Any, add_study: Callable[[Any], Any], state: str, points: int | None
) -> None:
    from PySide6 import QtWidgets

    application = QtWidgets.QApplication.instance()
    was = application.font()
    if points is not None:
        larger = application.font()
        larger.setPointSize(points)
        application.setFont(larger)
    try:
        widget = module.widgetRepresentation().self()
        widget.enter()
        if state != "empty":
            study = add_study(widget.logic)
        if state in ("results", "correct", "report"):
            widget.logic.measureMasks(study.case.labels)
            widget.logic.session.select(1)
        if state in ("correct", "report"):
            panel(widget, f"{state.capitalize()}Panel").widget.collapsed = False
        if state == "training":
            widget.tabs.setCurrentIndex(1)
        width, height = laid_out(slicer_desktop, widget)
        assert width <= WIDTH
        assert height <= TWO_SCREENS * (1.25 if points else 1)
    finally:
        application.setFont(was)


def test_sections_without_content_are_hidden_until_there_is_some(
    slicer_desktop: Any, widget: Any, add_study: Callable[[Any], Any]
) -> None:
    shown = [panel(widget, name).widget for name in ("LesionsPanel", "PlotPanel", "ClassificationPanel")]
    assert [one.isHidden() for one in shown] == [True] * 3
    widget.logic.measureMasks(add_study(widget.logic).case.labels)
    assert [one.isHidden() for one in shown] == [False] * 3


def test_one_long_section_is_unfolded_at_a_time(slicer_desktop: Any, widget: Any) -> None:
    long = [panel(widget, f"{name}Panel").widget for name in ("Plot", "Correct", "Report", "Setup")]
    for section in long:
        section.collapsed = False
        assert [one.collapsed for one in long] == [one is not section for one in long]


def test_open_setup_scrolls_to_it(slicer_desktop: Any, widget: Any) -> None:
    from PySide6 import QtCore, QtWidgets

    area = QtWidgets.QScrollArea()
    area.setAttribute(QtCore.Qt.WA_DontShowOnScreen, True)
    area.setWidgetResizable(True)
    area.setWidget(widget.parent)
    area.resize(WIDTH, 300)
    area.show()
    setup = panel(widget, "SetupPanel")
    setup.widget.collapsed = True
    for _ in range(3):
        slicer_desktop.breathe()
    setup.open()
    for _ in range(6):
        slicer_desktop.breathe()
    top = setup.widget.mapTo(area.viewport(), QtCore.QPoint(0, 0)).y()
    assert 0 <= top < 200
    area.takeWidget()


def test_choosing_another_lesion_does_not_move_what_lies_below(
    slicer_desktop: Any, widget: Any, add_study: Callable[[Any], Any]
) -> None:
    widget.logic.measureMasks(add_study(widget.logic).case.labels)
    heights = []
    for label in (1, 2):
        widget.logic.session.select(label)
        heights.append(laid_out(slicer_desktop, widget))
    assert heights[0] == heights[1]
