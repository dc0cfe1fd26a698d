"""A panel in a parent widget, as the module composes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def panels_of(panel_class: type) -> Iterator[Callable[[Any], Any]]:
    """Gives a function that opens the panel of a session; all are closed at the end."""
    import qt

    made: list[Any] = []

    def make(session: Any) -> Any:
        parent = qt.QWidget()
        parent.setLayout(qt.QVBoxLayout())
        panel = panel_class(session, parent)
        made.append((panel, parent))
        panel.enter()
        return panel

    try:
        yield make
    finally:
        for panel, _parent in made:
            panel.close()
