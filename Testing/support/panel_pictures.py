"""Pictures of panels as the tests see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def grab(widget: Any, path: Path | str, width: int = 420) -> Path:
    """Save a window as a PNG, ``width`` pixels wide and as high as it needs; its path comes back.

    What lies inside another widget has that one's layout and cannot be as high as it needs.
    """
    from PySide6 import QtCore, QtWidgets

    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    widget.setAttribute(QtCore.Qt.WA_DontShowOnScreen, True)
    widget.show()
    layout = widget.layout()
    for _ in range(3):  # labels that wrap need their width before they know their height
        QtWidgets.QApplication.processEvents()
        if layout is not None:
            layout.activate()
        height = widget.sizeHint().height()
        if layout is not None and layout.hasHeightForWidth():
            height = max(height, layout.totalHeightForWidth(width))
        widget.resize(width, max(height, 24))
    QtWidgets.QApplication.processEvents()
    if not widget.grab().save(str(target), "PNG"):
        raise OSError(f"{target} could not be written")
    return target
