"""Near a lesion and back to the body: a key while the module is shown, and a double click in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _

from MTINetLib.scene.pointer import pointer_ras

if TYPE_CHECKING:
    from MTINetLib.session.session import Session

#: Slicer's segment editor has Z for Undo, its slice views have F, B, R, V, G and T; and of two shortcuts for
#: one key neither is heard. A double click in a slice view makes it fill the window.
ZOOM_KEY = "L"
_TEXT_FIELDS = ("QLineEdit", "QTextEdit", "QPlainTextEdit", "QAbstractSpinBox")


class Zoom:
    """The key goes to the lesion under the mouse, or else to the chosen one."""

    def __init__(self, session: Session, lesion_table: Any) -> None:
        self._views, self._scene = session.views, session.scene
        self._key: Any = None
        lesion_table.toolTip = _(
            "Double click: near the lesion, and back. The key {key} does so for the lesion under the mouse."
        ).format(key=ZOOM_KEY)
        lesion_table.connect("cellDoubleClicked(int,int)", self.onDoubleClick)

    def install(self) -> None:
        """The module is shown; without a main window there is no key."""
        window = slicer.util.mainWindow()
        if window is not None and self._key is None:
            self._key = qt.QShortcut(qt.QKeySequence(ZOOM_KEY), window)
            self._key.autoRepeat = False
            self._key.connect("activated()", self.onKey)

    def remove(self) -> None:
        """The module is left."""
        if self._key is not None:
            self._key.disconnect("activated()", self.onKey)
            self._key.setEnabled(False)
            self._key.setParent(None)
            self._key.deleteLater()
            self._key = None

    def onKey(self) -> None:
        if not text_is_written(qt.QApplication.focusWidget()):
            self._views.toggle_lesion(pointer_ras(self._scene))

    def onDoubleClick(self, _row: int, _column: int) -> None:
        self._views.toggle_lesion()


def text_is_written(focused: Any) -> bool:
    """Whether letters go into the widget that has the focus."""
    if focused is None:
        return False
    if focused.inherits("QComboBox"):
        return bool(focused.editable)
    return any(focused.inherits(name) for name in _TEXT_FIELDS)
