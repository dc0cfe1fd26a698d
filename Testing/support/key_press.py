"""Keys as a user presses them."""

from __future__ import annotations

from typing import Any


def press(where: Any, key: str) -> None:
    """As the keyboard does: shortcuts are asked first, unless a text field wants the letter."""
    from PySide6 import QtCore, QtTest

    QtTest.QTest.keyClick(where, getattr(QtCore.Qt, f"Key_{key}"))
