"""The module ``ctk``: those of its widgets that the panels use, drawn simply."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from .popups import popups
from .stand_in_widget import setters_of, stored


@setters_of
class ctkCollapsibleButton(QtWidgets.QAbstractButton):
    """A header with a text; pressing it hides what lies below. ``collapsed`` means not ``checked``."""

    contentsCollapsed = QtCore.Signal(bool)
    collapsedHeight = stored(int, 0)
    contentsFrameShape = stored(int, 0)
    flat = stored(bool, False)

    def __init__(self, *words: Any) -> None:
        text = words[0] if words and isinstance(words[0], str) else ""
        super().__init__(*(word for word in words if not isinstance(word, str)))
        self.setText(text)
        self.setCheckable(True)
        self.setChecked(True)
        self._header = self.fontMetrics().height() + 10
        self._hidden: list[Any] = []
        self.setContentsMargins(0, self._header, 0, 0)
        self.setSizePolicy(QtWidgets.QSizePolicy.Preferred, QtWidgets.QSizePolicy.Preferred)
        self.toggled.connect(self._toggled)

    def _read_collapsed(self) -> bool:
        return not self.checked

    def _write_collapsed(self, collapsed: bool) -> None:
        self.setChecked(not collapsed)

    collapsed = QtCore.Property(bool, _read_collapsed, _write_collapsed)

    def _toggled(self, expanded: bool) -> None:
        if expanded:
            for child in self._hidden:
                child.setVisible(True)
            self._hidden = []
        else:
            self._hide_children()
        self.updateGeometry()
        self.contentsCollapsed.emit(not expanded)

    def _hide_children(self) -> None:
        for child in self.children():
            if isinstance(child, QtWidgets.QWidget) and not child.isHidden():
                child.setVisible(False)
                self._hidden.append(child)

    def showEvent(self, event: Any) -> None:
        if not self.checked:
            self._hide_children()
        super().showEvent(event)

    def sizeHint(self) -> Any:
        if self.checked and self.layout() is not None:
            return self.layout().totalSizeHint()
        return QtCore.QSize(120, self._header)

    def minimumSizeHint(self) -> Any:
        if self.checked and self.layout() is not None:
            least, wanted = self.layout().totalMinimumSize(), self.layout().totalSizeHint()
            return QtCore.QSize(max(least.width(), wanted.width()), least.height())  # as ctk's does
        return QtCore.QSize(60, self._header)

    def hitButton(self, position: Any) -> bool:
        return bool(position.y() <= self._header)

    def paintEvent(self, _event: Any) -> None:
        painter = QtGui.QPainter(self)
        painter.fillRect(0, 0, self.width, self._header, self.palette.button())
        painter.setPen(self.palette.buttonText().color())
        arrow = "▾" if self.checked else "▸"
        box = QtCore.QRect(8, 0, self.width - 16, self._header)
        painter.drawText(box, QtCore.Qt.AlignVCenter, f"{arrow}  {self.text}")
        painter.end()


@setters_of
class ctkPathLineEdit(QtWidgets.QWidget):
    """A line edit and a button that asks for a path."""

    currentPathChanged = QtCore.Signal(str)
    validInputChanged = QtCore.Signal(bool)
    nameFilters = stored("QStringList", [])
    settingKey = stored(str, "")
    label = stored(str, "")
    showHistoryButton = stored(bool, True)
    options = stored(int, 0)
    #: QDir::Filter values, as in ctk.
    Dirs, Files, Drives, Readable, Writable, Executable = 1, 2, 4, 0x10, 0x20, 0x40
    NoDotAndDotDot, Hidden = 0x6000, 0x100

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._filters: Any = self.Files
        self._edit = QtWidgets.QLineEdit(self)
        self._browse = QtWidgets.QToolButton(self)
        self._browse.setText("…")
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._edit)
        row.addWidget(self._browse)
        self._edit.textChanged.connect(self.currentPathChanged)
        self._browse.clicked.connect(self.browse)

    def _read_path(self) -> str:
        return str(self._edit.text)

    def _write_path(self, path: str) -> None:
        self._edit.setText(path)

    def _read_filters(self) -> Any:
        return self._filters

    def _write_filters(self, filters: Any) -> None:
        self._filters = filters

    currentPath = QtCore.Property(str, _read_path, _write_path)
    filters = QtCore.Property(int, _read_filters, _write_filters)

    def addCurrentPathToHistory(self) -> None:
        """The stand-in keeps no history."""

    def browse(self) -> None:
        path = popups.path("ctkPathLineEdit")
        if path:
            self.currentPath = path


@setters_of
class ctkDirectoryButton(QtWidgets.QPushButton):
    """A button that shows a folder."""

    directoryChanged = QtCore.Signal(str)
    directorySelected = QtCore.Signal(str)
    caption = stored(str, "")

    def _read(self) -> str:
        return str(self.property("_directory") or "")

    def _write(self, folder: str) -> None:
        if folder != self._read():
            self.setProperty("_directory", folder)
            self.setText(folder)
            self.directoryChanged.emit(folder)

    directory = QtCore.Property(str, _read, _write)


@setters_of
class ctkSliderWidget(QtWidgets.QWidget):
    """A slider and a spin box that show one number."""

    valueChanged = QtCore.Signal(float)
    suffix = stored(str, "")
    decimals = stored(int, 2)
    tracking = stored(bool, True)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._box = QtWidgets.QDoubleSpinBox(self)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box)
        self._box.valueChanged.connect(self.valueChanged)

    value = QtCore.Property(float, lambda s: s._box.value, lambda s, v: s._box.setValue(v))
    minimum = QtCore.Property(float, lambda s: s._box.minimum, lambda s, v: s._box.setMinimum(v))
    maximum = QtCore.Property(float, lambda s: s._box.maximum, lambda s, v: s._box.setMaximum(v))
    singleStep = QtCore.Property(float, lambda s: s._box.singleStep, lambda s, v: s._box.setSingleStep(v))


@setters_of
class ctkMessageBox(QtWidgets.QMessageBox):
    """Never waits: its exec_ is the one of all dialogs here."""

    dontShowAgainSettingsKey = stored(str, "")
    dontShowAgainVisible = stored(bool, False)


@setters_of
class ctkExpandableWidget(QtWidgets.QFrame):
    """A frame."""


WIDGETS = (
    ctkCollapsibleButton,
    ctkDirectoryButton,
    ctkExpandableWidget,
    ctkMessageBox,
    ctkPathLineEdit,
    ctkSliderWidget,
)


def make_ctk() -> ModuleType:
    module: Any = ModuleType("ctk")
    for class_ in WIDGETS:
        setattr(module, class_.__name__, class_)
    return module
