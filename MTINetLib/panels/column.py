"""The module's column: sections that never widen it, one long section at a time, and the way to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import qt

#: What takes the width that there is. Each asks for the width of its content otherwise, and Slicer's
#: collapsible sections make that the least width of the whole panel.
_ELASTIC = (
    "QComboBox",
    "QTableWidget",
    "QPlainTextEdit",
    "QLineEdit",
    "QProgressBar",
    "QCheckBox",
    "ctkPathLineEdit",
    "qMRMLNodeComboBox",
)


def take_what_there_is(widgets: Sequence[Any]) -> None:
    """Let texts that are too long wrap or be cut instead of widening the panel."""
    for widget in widgets:
        wraps = isinstance(widget, qt.QLabel) and widget.wordWrap
        if wraps or any(widget.inherits(name) for name in _ELASTIC):
            make_elastic((widget,))


def make_elastic(widgets: Sequence[Any]) -> None:
    """Ask for no width at all."""
    for widget in widgets:
        policy = widget.sizePolicy
        policy = policy() if callable(policy) else policy
        policy.setHorizontalPolicy(qt.QSizePolicy.Ignored)
        widget.setSizePolicy(policy)


class LongSections:
    """Of these sections one is unfolded at a time; all are folded at first."""

    def __init__(self, sections: Mapping[Any, Sequence[Any]]) -> None:
        """``sections``: the long ones, each with others that are folded too when it is unfolded."""
        self._sections = dict(sections)
        for section in self._sections:
            section.collapsed = True
            section.connect("contentsCollapsed(bool)", partial(self._folded, section))

    def _folded(self, section: Any, collapsed: bool) -> None:
        if not collapsed:
            for other in self._sections:
                if other is not section:
                    other.collapsed = True
            for other in self._sections[section]:
                other.collapsed = True
            bring_into_view(section)


def bring_into_view(widget: Any) -> None:
    """Scroll the area around a widget to its top, after the layout has settled."""
    qt.QTimer.singleShot(0, lambda: qt.QTimer.singleShot(0, partial(_scroll_to, widget)))


def keep_in_sight(widget: Any) -> None:
    """Scroll as little as it takes to see a widget, after the layout has settled."""

    def scroll() -> None:
        area = area_around(widget)
        if area is not None:
            area.ensureWidgetVisible(widget, 0, 10)

    qt.QTimer.singleShot(0, lambda: qt.QTimer.singleShot(0, scroll))


def area_around(widget: Any) -> Any:
    """The scroll area that a widget is in, Slicer's own for a module; None for none."""
    around = widget.parentWidget()
    while around is not None and not around.inherits("QScrollArea"):
        around = around.parentWidget()
    return around


def _scroll_to(widget: Any) -> None:
    area = area_around(widget)
    if area is None:
        return
    area.ensureWidgetVisible(widget, 0, 0)
    inside = area.widget()
    area.verticalScrollBar().setValue(widget.mapTo(inside, qt.QPoint(0, 0)).y())
