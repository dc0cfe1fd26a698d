"""The left mouse button in all slice views, taken from Slicer's own tools for a while, and Esc to end it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import qt
import slicer

from MTINetLib.panels.zoom import text_is_written

#: Before Slicer's own observers of the same events.
_FIRST = 10.0
_Pixel = tuple[int, int]
_At = Callable[[Any, _Pixel], None]


class ViewMouse:
    """Hears press, move and release, and no others do, between :meth:`take` and :meth:`give_back`.

    Args:
        pressed, dragged, released: get the vtkMRMLSliceNode and the pixel from the lower left.
        escaped: called on Esc; without a main window there is none.
    """

    def __init__(self, pressed: _At, dragged: _At, released: _At, escaped: Callable[[], None]) -> None:
        self._pressed, self._dragged, self._released = pressed, dragged, released
        self._escaped = escaped
        self._observed: list[tuple[Any, int]] = []
        self._views: list[Any] = []
        self._down: Any = None
        self._key: Any = None

    @property
    def taken(self) -> bool:
        """Whether the mouse is ours."""
        return bool(self._observed)

    def take(self) -> None:
        """Hear the mouse in the slice views that there are; does nothing without a window."""
        manager = slicer.app.layoutManager()
        if manager is None or self.taken:
            return
        for name in manager.sliceViewNames():
            widget = manager.sliceWidget(name)
            view = widget.sliceView()
            self._views.append(view)
            view.setViewCursor(qt.QCursor(qt.Qt.CrossCursor))
            interactor, node = view.interactor(), widget.mrmlSliceNode()
            for event, slot in (
                ("LeftButtonPressEvent", self._onPress),
                ("MouseMoveEvent", self._onMove),
                ("LeftButtonReleaseEvent", self._onRelease),
            ):
                self._observe(interactor, event, partial(slot, interactor, node))
        window = slicer.util.mainWindow()
        if window is not None:
            self._key = qt.QShortcut(qt.QKeySequence("Esc"), window)
            self._key.connect("activated()", self._onEscape)

    def give_back(self) -> None:
        """The mouse and Esc are Slicer's again."""
        for interactor, tag in self._observed:
            interactor.RemoveObserver(tag)
        for view in self._views:
            view.unsetViewCursor()
        self._observed, self._views, self._down = [], [], None
        if self._key is not None:
            self._key.disconnect("activated()", self._onEscape)
            self._key.setEnabled(False)
            self._key.setParent(None)
            self._key.deleteLater()
            self._key = None

    def _observe(self, interactor: Any, event: str, slot: Callable[[], bool]) -> None:
        tags: list[int] = []

        def heard(*_: Any) -> None:
            command = interactor.GetCommand(tags[0])
            if slot() and command is not None:
                command.SetAbortFlag(1)

        tags.append(interactor.AddObserver(event, heard, _FIRST))
        self._observed.append((interactor, tags[0]))

    def _onPress(self, interactor: Any, node: Any) -> bool:
        self._down = node
        self._pressed(node, interactor.GetEventPosition())
        return True

    def _onMove(self, interactor: Any, node: Any) -> bool:
        """Without the button the crosshair follows as ever."""
        if self._down is not node:
            return False
        self._dragged(node, interactor.GetEventPosition())
        return True

    def _onRelease(self, interactor: Any, node: Any) -> bool:
        if self._down is not node:
            return False
        self._down = None
        self._released(node, interactor.GetEventPosition())
        return True

    def _onEscape(self) -> None:
        if not text_is_written(qt.QApplication.focusWidget()):
            self._escaped()
