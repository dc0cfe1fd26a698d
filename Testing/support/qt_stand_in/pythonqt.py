"""PySide6 made to answer as PythonQt does: properties are attributes, signals are connected by name.

What PythonQt refuses is refused here too: calling a property, keyword arguments, attributes that a Qt
object does not have, and signals that its class does not know.
"""

from __future__ import annotations

import inspect
import sys
import traceback
import weakref
from collections.abc import Callable, Iterator
from types import MethodType, ModuleType
from typing import Any

from PySide6 import QtCore

#: Getters that C++ calls as virtual functions stay methods.
_VIRTUAL = {"sizeHint", "minimumSizeHint"}
#: Exceptions that left a slot, an observer or a timer's callback: PythonQt prints them and goes on.
slot_errors: list[str] = []
_connections: weakref.WeakKeyDictionary[Any, list[tuple[str, Any, Any]]] = weakref.WeakKeyDictionary()
_shiboken_object: Any = QtCore.QObject.__mro__[1]
_object_setattr = _shiboken_object.__setattr__
_object_getattribute = _shiboken_object.__getattribute__


def single_shot(make: Any) -> Any:
    """``QTimer.singleShot`` of the class, with a guarded callback."""
    return lambda milliseconds, callback: make(milliseconds, guarded(callback))


class PropertyAttribute:
    """A Q_PROPERTY as an attribute. Asked of the class it is what was there before."""

    def __init__(self, name: str, before: Any, getter: Any, setter: Any) -> None:
        self._name, self.before, self._getter, self._setter = name, before, getter, setter

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self.before
        if self._getter is not None:
            return self._getter(instance)
        return QtCore.QObject.property(instance, self._name)

    def __set__(self, instance: Any, value: Any) -> None:
        if self._setter is None:
            raise AttributeError(f"property {self._name} of {type(instance).__name__} is read-only")
        self._setter(instance, value)


def speak_pythonqt(modules: tuple[ModuleType, ...]) -> None:
    """Change every QObject class of these modules, once a process."""
    if "className" in QtCore.QObject.__dict__:
        return
    for module in modules:
        for class_ in _qobject_classes(module):
            _properties_as_attributes(class_)
            _without_keywords(class_)
            # Each class of PySide6 has both of its own; those of QObject are not asked.
            class_.__setattr__ = _set_attribute
            class_.__getattribute__ = _attribute_getter(class_.__getattribute__)
    timer: Any = QtCore.QTimer
    timer.__dict__["singleShot"].before = single_shot(timer.singleShot)
    qobject: Any = QtCore.QObject
    qobject.name = PropertyAttribute(
        "objectName", None, lambda o: o.objectName, lambda o, value: o.setObjectName(value)
    )
    qobject.className = lambda self: QtCore.QMetaObject.className(self.metaObject())
    qobject.delete = lambda self: _delete(self)


def _qobject_classes(module: ModuleType) -> Iterator[Any]:
    for name in dir(module):
        class_ = getattr(module, name)
        if isinstance(class_, type) and issubclass(class_, QtCore.QObject):
            yield class_


def _properties_as_attributes(class_: Any) -> None:
    meta = class_.staticMetaObject
    for index in range(meta.propertyOffset(), meta.propertyCount()):
        about = meta.property(index)
        name = about.name()
        if name in _VIRTUAL:
            continue
        capital = name[0].upper() + name[1:]
        before = getattr(class_, name, None)
        getter = getattr(class_, f"is{capital}", None) or (before if callable(before) else None)
        setter = getattr(class_, f"set{capital}", None)
        if setter is None and about.isWritable():

            def setter(instance: Any, value: Any, name: str = name) -> None:
                QtCore.QObject.setProperty(instance, name, value)

        setattr(class_, name, PropertyAttribute(name, before, getter, setter))


def _without_keywords(class_: Any) -> None:
    make = class_.__init__

    def init(self: Any, *arguments: Any, **keywords: Any) -> None:
        if keywords:
            raise TypeError(f"PythonQt takes no keyword arguments: {class_.__name__}({', '.join(keywords)})")
        make(self, *arguments)

    class_.__init__ = init


def _set_attribute(self: Any, name: str, value: Any) -> None:
    class_ = type(self)
    if isinstance(value, QtCore.SignalInstance):  # PySide6 keeps those that it has made
        _object_setattr(self, name, value)
        return
    there = inspect.getattr_static(class_, name, None)
    if isinstance(there, QtCore.Property):
        if not QtCore.QObject.setProperty(self, name, value):
            raise TypeError(f"property {name} of {class_.__name__} does not take {value!r}")
        return
    if not hasattr(class_, name) and not name.startswith("_"):
        if name in {bytes(key.data()).decode() for key in self.dynamicPropertyNames()}:
            self.setProperty(name, value)
            return
        if _is_qt_s_own(class_):
            raise AttributeError(f"{class_.__name__} has no property '{name}' that could be set")
    elif _is_qt_s_own(class_) and inspect.isroutine(there):
        raise AttributeError(f"'{name}' of {class_.__name__} is a method and cannot be set")
    _object_setattr(self, name, value)


def _is_qt_s_own(class_: type) -> bool:
    """Whether the class stands for a C++ one; classes derived in Python may have any attribute."""
    return class_.__module__.startswith("PySide6.") or "STANDS_FOR_CXX" in class_.__dict__


def _attribute_getter(own: Any) -> Any:
    """``own``: that of the class, which knows its methods that are static and not static as well."""

    def get(self: Any, name: str) -> Any:
        if name == "connect":
            return MethodType(_connect, self)
        if name == "disconnect":
            return MethodType(_disconnect, self)
        return own(self, name)

    return get


def _delete(self: Any) -> None:
    import shiboken6

    shiboken6.delete(self)


def _signal(sender: Any, signature: str) -> tuple[Any, int]:
    """The bound signal of that signature and its number of arguments."""
    name, _, inside = signature.replace(" ", "").partition("(")
    inside = inside.removesuffix(")")
    count = len(inside.split(",")) if inside else 0
    own = getattr(type(sender), "SIGNALS", {})
    if f"{name}({inside})" in own:
        return getattr(sender, own[f"{name}({inside})"]), count
    meta = sender.metaObject()
    normal = bytes(QtCore.QMetaObject.normalizedSignature(signature).data()).decode()
    if meta.indexOfSignal(normal) < 0:
        raise ValueError(f"{type(sender).__name__} has no signal {signature!r}")
    method = meta.method(meta.indexOfSignal(normal))
    bound = getattr(sender, name)
    types = tuple(bytes(one.data()).decode() for one in method.parameterTypes())
    try:
        return (bound[types] if len(types) > 1 else bound[types[0]]) if types else bound, count
    except (IndexError, KeyError):
        return bound, count


def guarded(callback: Callable[..., Any]) -> Callable[..., None]:
    """The same, but what it raises is noted and goes no further."""

    def call(*values: Any) -> None:
        try:
            callback(*values)
        except Exception:
            note_error(sys.exc_info())

    return call


def _accepts(callback: Callable[..., Any]) -> int | None:
    """How many positional arguments it takes, as PythonQt asks functions and methods; None: any number."""
    function = callback.__func__ if isinstance(callback, MethodType) else callback
    code = getattr(function, "__code__", None)
    if code is None or code.co_flags & inspect.CO_VARARGS:
        return None
    return int(code.co_argcount) - isinstance(callback, MethodType)


def _connect(self: Any, *arguments: Any) -> Any:
    if arguments and isinstance(arguments[0], QtCore.QObject):  # PySide6 itself, for signal.connect(slot)
        return _object_getattribute(self, "connect")(*arguments)
    if len(arguments) != 2 or not isinstance(arguments[0], str) or not callable(arguments[1]):
        raise TypeError("the stand-in knows connect('signal(types)', callable) alone")
    signature, callback = arguments
    bound, count = _signal(self, signature)
    accepted = _accepts(callback)
    taken = count if accepted is None else min(count, accepted)

    called = guarded(callback)

    def slot(*values: Any) -> None:
        called(*values[:taken])

    bound.connect(slot)
    _connections.setdefault(self, []).append((signature, callback, (bound, slot)))
    return True


def _disconnect(self: Any, *arguments: Any) -> Any:
    if arguments and isinstance(arguments[0], QtCore.QObject):
        return _object_getattribute(self, "disconnect")(*arguments)
    if len(arguments) not in (1, 2) or not isinstance(arguments[0], str):
        raise TypeError("the stand-in knows disconnect('signal(types)', callable) alone")
    _signal(self, arguments[0])
    kept, ended = [], False
    for signature, callback, (bound, slot) in _connections.get(self, []):
        if signature == arguments[0] and (len(arguments) == 1 or callback == arguments[1]):
            bound.disconnect(slot)
            ended = True
        else:
            kept.append((signature, callback, (bound, slot)))
    _connections[self] = kept
    return ended


def disconnect_all(sender: Any) -> None:
    """Undo every connect() that was made by name."""
    for _, _, (bound, slot) in _connections.pop(sender, []):
        bound.disconnect(slot)


def note_error(error: Any) -> None:
    """Keep and print what a slot raised; the event loop goes on, as in the application."""
    text = "".join(traceback.format_exception(*error))
    slot_errors.append(text)
    sys.stderr.write(text)
