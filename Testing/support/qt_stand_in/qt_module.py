"""The module ``qt`` over PySide6, offscreen. Dialogs never wait: they take the answer that the test left."""

from __future__ import annotations

import inspect
import os
import xml.etree.ElementTree as ET
from types import ModuleType
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.*=false")

from PySide6 import QtCore, QtGui, QtNetwork, QtSvg, QtUiTools, QtWidgets

from .i18n import tr
from .popups import popups
from .pythonqt import PropertyAttribute, speak_pythonqt

#: Widget classes that Designer files name and Qt does not have.
CUSTOM_WIDGETS: dict[str, type] = {}
_kept: list[Any] = []


def make_qt() -> ModuleType:
    """Every name of the Qt modules in one module, as PythonQt has it."""
    parts = (QtCore, QtGui, QtWidgets, QtSvg, QtNetwork, QtUiTools)
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["Slicer"])
    _kept.append(application)
    application.setQuitOnLastWindowClosed(False)
    speak_pythonqt(parts)
    module: Any = ModuleType("qt")
    for part in parts:
        for name in dir(part):
            if not name.startswith("_"):
                setattr(module, name, getattr(part, name))
    module.QUiLoader = DesignerLoader
    _answer_instead_of_waiting()
    return module


class DesignerLoader(QtUiTools.QUiLoader):
    """Knows the stand-ins for Slicer's widgets, and refuses what nothing stands for."""

    def createWidget(self, class_name: str, parent: Any = None, name: str = "") -> Any:
        if class_name in CUSTOM_WIDGETS:
            widget = CUSTOM_WIDGETS[class_name](parent)
            widget.setObjectName(name)
            _kept.append(widget) if parent is None else None
            return widget
        return super().createWidget(class_name, parent, name)

    def load(self, file: Any, parent: Any = None) -> Any:
        """Connections of the scene are taken out of the XML and made here: Qt knows no vtkMRMLScene."""
        root = ET.fromstring(bytes(file.readAll().data()))
        _refuse_what_is_unknown(root)
        _translate(root)
        scene_links = []
        for connections in root.iter("connections"):
            for connection in list(connections):
                words = {child.tag: child.text or "" for child in connection}
                if "vtkMRMLScene" in words.get("signal", ""):
                    scene_links.append((words["sender"], words["receiver"]))
                    connections.remove(connection)
        buffer = QtCore.QBuffer()
        buffer.setData(ET.tostring(root))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        widget = super().load(buffer, parent)
        if widget is None:
            raise ValueError(f"the Designer file cannot be loaded: {self.errorString()}")
        named = {child.objectName: child for child in [widget, *widget.findChildren(QtWidgets.QWidget)]}
        for sender, receiver in scene_links:
            named[sender].mrmlSceneChanged.connect(named[receiver].setMRMLScene)
        return widget


def _refuse_what_is_unknown(root: ET.Element) -> None:
    """Qt would take another widget for one that it does not know, and make a dynamic property of a name that
    is misspelt; it says nothing."""
    for widget in root.iter("widget"):
        name = widget.get("class", "")
        class_: Any = CUSTOM_WIDGETS.get(name) or getattr(
            QtWidgets, "QFrame" if name == "Line" else name, None
        )
        if class_ is None:
            raise ValueError(f"the Designer file names {name}, which the stand-in does not have")
        for about in widget.findall("property"):
            there = inspect.getattr_static(class_, about.get("name", ""), None)
            known = isinstance(there, (PropertyAttribute, QtCore.Property))
            if not known and about.get("stdset") != "0" and name != "Line":
                raise ValueError(f"the Designer file sets {about.get('name')}, which {name} does not have")


def _translate(root: ET.Element) -> None:
    """What Slicer's translators do with the texts of a Designer file."""
    for name in ("text", "title", "placeholderText", "suffix", "specialValueText"):
        for about in root.iter("property"):
            text = about.find("string") if about.get("name") == name else None
            if text is not None and text.text and text.get("notr") != "true":
                text.text = tr(text.text)


def _answer_instead_of_waiting() -> None:
    dialogs: Any = QtWidgets.QDialog
    dialogs.exec_ = dialogs.exec = lambda self: popups.dialog(self)
    for loop in (QtWidgets.QApplication, QtCore.QEventLoop):
        other: Any = loop
        other.exec_ = other.exec
    menus: Any = QtWidgets.QMenu
    menus.exec_ = menus.exec = lambda self, *where: popups.menu(self)
    files: Any = QtWidgets.QFileDialog
    for name in ("getExistingDirectory", "getOpenFileName", "getSaveFileName"):
        setattr(files, name, staticmethod(lambda *_, name=name: popups.path(name)))
    boxes: Any = QtWidgets.QMessageBox
    for name in ("question", "information", "warning", "critical"):
        setattr(boxes, name, staticmethod(lambda *words, name=name: popups.box(name, *words)))
