"""Which widget can show which parameter, exactly as Slicer's wrapper has it: by the widget's own class."""

from __future__ import annotations

import enum
import pathlib
import typing
from collections.abc import Callable
from typing import Any

import slicer
from PySide6 import QtWidgets

from . import ctk_module
from .parameter_types import Choice, Maximum, Minimum, WithinRange


class Connector:
    """Reads and writes one widget and hears of its changes."""

    def __init__(self, signal: Any, read: Callable[[], Any], write: Callable[[Any], None]) -> None:
        self._signal, self.read, self.write = signal, read, write
        self._slot: Any = None

    def connect(self, changed: Callable[[], None]) -> None:
        self._slot = lambda *_: changed()
        self._signal.connect(self._slot)

    def disconnect(self) -> None:
        if self._slot is not None:
            self._signal.disconnect(self._slot)
            self._slot = None


def connector_for(widget: Any, annotated: Any) -> Connector:
    """Raises RuntimeError where Slicer has no connection for the widget and the type."""
    type_, extras = annotated, ()
    if typing.get_origin(annotated) is typing.Annotated:
        type_, *rest = typing.get_args(annotated)
        extras = tuple(rest)
    kind = type(widget)
    if type_ is bool and kind in (QtWidgets.QCheckBox, QtWidgets.QPushButton):
        if not widget.checkable:
            raise RuntimeError(f"the button {widget.objectName} must be checkable in its Designer file")
        return _property(widget, widget.toggled, "checked")
    if type_ is int and kind in (QtWidgets.QSlider, QtWidgets.QSpinBox):
        _set_limits(widget, extras, -(2**31), 2**31 - 1)
        return _property(widget, widget.valueChanged, "value")
    if type_ is float and kind in (QtWidgets.QDoubleSpinBox, ctk_module.ctkSliderWidget):
        _set_limits(widget, extras, float("-inf"), float("inf"))
        return _property(widget, widget.valueChanged, "value")
    if kind is QtWidgets.QComboBox and type_ in (int, float, str, bool):
        choices = [extra.choices for extra in extras if isinstance(extra, Choice)]
        if not choices:
            raise RuntimeError("a QComboBox needs the Choice annotation on its parameter")
        return _combo(widget, [(str(one), one) for one in choices[0]])
    if kind is QtWidgets.QComboBox and isinstance(type_, type) and issubclass(type_, enum.Enum):
        label = getattr(type_, "label", lambda one: one.name)
        return _combo(widget, [(label(one), one) for one in type_])
    if kind is QtWidgets.QLineEdit and type_ is str:
        return _property(widget, widget.textChanged, "text")
    if kind is QtWidgets.QTextEdit and type_ is str:
        return Connector(widget.textChanged, widget.toPlainText, widget.setPlainText)
    if kind is ctk_module.ctkPathLineEdit and type_ in (pathlib.Path, pathlib.PurePath):
        return Connector(
            widget.currentPathChanged,
            lambda: type_(widget.currentPath),
            lambda value: setattr(widget, "currentPath", str(value)),
        )
    if kind is ctk_module.ctkDirectoryButton and type_ in (pathlib.Path, pathlib.PurePath):
        return Connector(
            widget.directoryChanged,
            lambda: type_(widget.directory),
            lambda value: setattr(widget, "directory", str(value)),
        )
    if kind is slicer.qMRMLNodeComboBox and isinstance(type_, type) and issubclass(type_, slicer.vtkMRMLNode):
        widget.nodeTypes = [type_.__name__]
        return Connector(widget.currentNodeChanged, widget.currentNode, widget.setCurrentNode)
    raise RuntimeError(
        f"Unable to create GUI connector from datatype '{annotated}' to widget type '{kind}' "
        f"({widget.objectName})"
    )


def _property(widget: Any, signal: Any, name: str) -> Connector:
    return Connector(signal, lambda: getattr(widget, name), lambda value: setattr(widget, name, value))


def _combo(widget: Any, labelled: list[tuple[str, Any]]) -> Connector:
    widget.clear()
    for text, _ in labelled:
        widget.addItem(text)
    values = [value for _, value in labelled]

    def write(value: Any) -> None:
        widget.currentIndex = values.index(value)

    return Connector(widget.currentIndexChanged, lambda: values[widget.currentIndex], write)


def _set_limits(widget: Any, extras: Any, lowest: float, highest: float) -> None:
    for extra in extras:
        if isinstance(extra, WithinRange | Minimum):
            lowest = extra.minimum
        if isinstance(extra, WithinRange | Maximum):
            highest = extra.maximum
    bounded = isinstance(widget, QtWidgets.QSlider | ctk_module.ctkSliderWidget)
    if bounded and (abs(lowest) >= 2**31 - 1 or abs(highest) >= 2**31 - 1):
        raise RuntimeError("a slider needs a parameter with both limits")
    widget.minimum = lowest
    widget.maximum = highest
