"""slicer.parameterNodeWrapper: the decorators and the connection with widgets."""

from __future__ import annotations

import typing
from typing import Any

import slicer

from . import parameter_types
from .parameter_gui import connector_for
from .parameter_types import Kept, kept_as

SLICER_PARAMETER_NAME = "SlicerParameterName"
_MODIFIED = "ModifiedEvent"


def parameterPack(classtype: Any = None) -> Any:
    """Class decorator: a group of parameters."""
    return _pack if classtype is None else _pack(classtype)


def _members(classtype: Any) -> dict[str, Kept]:
    hints = typing.get_type_hints(classtype, include_extras=True)
    return {name: kept_as(hint, classtype, name) for name, hint in hints.items()}


def _pack(classtype: Any) -> Any:
    members = _members(classtype)
    if not members:
        raise ValueError("a parameterPack has no members")
    classtype.allParameters = members
    classtype._is_parameterPack = True
    for name in members:
        setattr(classtype, name, _pack_property(name))

    def init(self: Any, *values: Any, **named: Any) -> None:
        self.__dict__["_values"] = {}
        given = {**dict(zip(members, values, strict=False)), **named}
        if unknown := set(given) - set(members):
            raise TypeError(f"unknown parameters: {unknown}")
        for name, kept in members.items():
            setattr(self, name, given.get(name, kept.default))

    def observed(node: Any, name: str) -> Any:
        pack = classtype.__new__(classtype)
        pack.__dict__.update(_values={}, _node=node, _name=name)
        return pack

    classtype.__init__ = init
    classtype.__eq__ = lambda self, other: (
        isinstance(other, classtype) and all(getattr(self, n) == getattr(other, n) for n in members)
    )
    classtype.__hash__ = None
    classtype._observed = staticmethod(observed)
    classtype.getValue = _get_dotted
    classtype.setValue = _set_dotted
    classtype.dataType = staticmethod(lambda name: _data_type(members, name))
    return classtype


def _pack_property(name: str) -> property:
    def read(self: Any) -> Any:
        if "_node" in self.__dict__:
            return self.allParameters[name].read(self._node, f"{self._name}.{name}")
        return self._values[name]

    def write(self: Any, value: Any) -> None:
        self.allParameters[name].validate(value)
        if "_node" in self.__dict__:
            self.allParameters[name].write(self._node, f"{self._name}.{name}", value)
        else:
            self._values[name] = value

    return property(read, write)


def _get_dotted(self: Any, name: str) -> Any:
    for part in name.split("."):
        if part not in self.allParameters:
            raise ValueError(f"there is no parameter {name}")
        self = getattr(self, part)
    return self


def _set_dotted(self: Any, name: str, value: Any) -> None:
    *path, last = name.split(".")
    owner = _get_dotted(self, ".".join(path)) if path else self
    if last not in owner.allParameters:
        raise ValueError(f"there is no parameter {name}")
    setattr(owner, last, value)


def _data_type(members: dict[str, Kept], name: str) -> Any:
    first, _, rest = name.partition(".")
    if first not in members:
        raise ValueError(f"Cannot find a param with the given name: {first}")
    return _data_type(members[first].type_.allParameters, rest) if rest else members[first].annotated


_RESERVED = (
    "allParameters default isCached dataType getValue setValue connectGui connectParametersToGui "
    "disconnectGui StartModify EndModify AddObserver RemoveObserver Modified"
).split()


def parameterNodeWrapper(classtype: Any = None) -> Any:
    """Class decorator: typed attributes kept in the parameter node given to the constructor."""
    return _wrapper if classtype is None else _wrapper(classtype)


def _wrapper(classtype: Any) -> Any:
    members = _members(classtype)
    if taken := [name for name in _RESERVED if hasattr(classtype, name) or name in members]:
        raise ValueError(f"Cannot use reserved names {taken} in a parameterNodeWrapper")
    classtype.allParameters = members
    classtype._is_parameter_node_wrapper = True
    for name in members:
        setattr(classtype, name, _node_property(name))

    def init(self: Any, node: Any, prefix: str | None = None) -> None:
        if prefix:
            raise NotImplementedError("the stand-in knows no prefixes")
        self.__dict__.update(parameterNode=node, _guis={}, _next=0, _updating=False)
        for name, kept in members.items():
            if not kept.is_in(node, name):
                kept.write(node, name, kept.default)

    classtype.__init__ = init
    classtype.getValue = _get_dotted
    classtype.setValue = _set_dotted
    classtype.dataType = staticmethod(lambda name: _data_type(members, name))
    classtype.connectGui = _connect_gui
    classtype.connectParametersToGui = _connect_parameters
    classtype.disconnectGui = _disconnect_gui
    classtype.StartModify = lambda self: self.parameterNode.StartModify()
    classtype.EndModify = lambda self, was: self.parameterNode.EndModify(was)
    classtype.AddObserver = lambda self, *words: self.parameterNode.AddObserver(*words)
    classtype.RemoveObserver = lambda self, tag: self.parameterNode.RemoveObserver(tag)
    classtype.Modified = lambda self: self.parameterNode.Modified()
    return classtype


def _node_property(name: str) -> property:
    return property(
        lambda self: self.allParameters[name].read(self.parameterNode, name),
        lambda self, value: self.allParameters[name].write(self.parameterNode, name, value),
    )


def _connect_gui(self: Any, gui: Any) -> None:
    """Widgets of a childWidgetVariables object, or the children of a widget, by their SlicerParameterName.

    No tag comes back: Slicer's loses it too, so that only connectParametersToGui can be undone.
    """
    widgets = (
        gui.findChildren(_widget_class()) if hasattr(gui, "isWidgetType") else list(gui.__dict__.values())
    )
    named = {}
    for widget in widgets:
        name = widget.property(SLICER_PARAMETER_NAME)
        if name:
            named[name] = widget
    _connect_parameters(self, named)


def _widget_class() -> Any:
    from PySide6.QtWidgets import QWidget

    return QWidget


def _connect_parameters(self: Any, mapping: dict[str, Any]) -> int:
    connectors = {name: connector_for(widget, self.dataType(name)) for name, widget in mapping.items()}
    tag = self._next
    self.__dict__["_next"] += 1
    self._guis[tag] = connectors
    for name, connector in connectors.items():
        connector.write(self.getValue(name))

        def changed(name: str = name, connector: Any = connector) -> None:
            with slicer.util.NodeModify(self):
                if not self._updating:
                    self.setValue(name, connector.read())

        connector.connect(changed)
    self.AddObserver(_MODIFIED, lambda *_: _update_gui(self))
    return tag


def _update_gui(self: Any) -> None:
    if self._updating:
        return
    self.__dict__["_updating"] = True
    try:
        for connectors in self._guis.values():
            for name, connector in connectors.items():
                connector.write(self.getValue(name))
    finally:
        self.__dict__["_updating"] = False


def _disconnect_gui(self: Any, tag: int) -> None:
    for connector in self._guis.pop(tag, {}).values():
        connector.disconnect()


def make_module() -> Any:
    """``slicer.parameterNodeWrapper``."""
    from types import ModuleType

    module: Any = ModuleType("slicer.parameterNodeWrapper")
    for name in "Validator NotNone IsInstance WithinRange Minimum Maximum Choice Default".split():
        setattr(module, name, getattr(parameter_types, name))
    module.parameterPack = parameterPack
    module.parameterNodeWrapper = parameterNodeWrapper
    module.isParameterNodeWrapper = lambda one: getattr(one, "_is_parameter_node_wrapper", False)
    module.isParameterPack = lambda one: getattr(one, "_is_parameterPack", False)
    module.SlicerParameterNamePropertyName = SLICER_PARAMETER_NAME
    return module
