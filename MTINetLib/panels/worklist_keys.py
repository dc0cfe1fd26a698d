"""Keys of the work list while the module is shown and a study of the list is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import qt
import slicer

from MTINetLib.panels.zoom import text_is_written


class Keys:
    """One shortcut each, in the main window; without one there are none.

    Args:
        actions: what a key does, by its letter. Slicer's own letters stand in the panels' README.
    """

    def __init__(self, actions: Mapping[str, Callable[[], None]]) -> None:
        self._actions = actions
        self._shortcuts: list[Any] = []
        self._slots: list[Callable[[], None]] = []

    def install(self) -> None:
        """Hear them from now on."""
        window = slicer.util.mainWindow()
        if window is None or self._shortcuts:
            return
        for letter, action in self._actions.items():
            shortcut = qt.QShortcut(qt.QKeySequence(letter), window)
            shortcut.autoRepeat = False
            slot = _unless_text_is_written(action)
            shortcut.connect("activated()", slot)
            self._shortcuts.append(shortcut)
            self._slots.append(slot)

    def remove(self) -> None:
        """Hear them no more."""
        for shortcut, slot in zip(self._shortcuts, self._slots, strict=True):
            shortcut.disconnect("activated()", slot)
            shortcut.setEnabled(False)
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._shortcuts, self._slots = [], []


def _unless_text_is_written(action: Callable[[], None]) -> Callable[[], None]:
    def slot() -> None:
        if not text_is_written(qt.QApplication.focusWidget()):
            action()

    return slot
