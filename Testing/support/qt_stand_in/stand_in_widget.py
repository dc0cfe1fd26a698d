"""How the stand-ins for ctk's and Slicer's widgets declare properties that Designer files may set."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore


def stored(type_: Any, default: Any) -> Any:
    """A Qt property without a meaning of its own: it keeps what was set."""

    class Stored:
        name = ""

    where = Stored()

    def read(self: Any) -> Any:
        return self.__dict__.get(where.name, default)

    def write(self: Any, value: Any) -> None:
        self.__dict__[where.name] = value

    made = QtCore.Property(type_, read, write)
    where.name = f"_stored_{id(made)}"
    return made


def setters_of(class_: type) -> type:
    """Class decorator: the class stands for a C++ one; each property gets its ``setName`` as well."""
    stands: Any = class_
    stands.STANDS_FOR_CXX = True
    for name, value in list(vars(class_).items()):
        if isinstance(value, QtCore.Property):
            setter = f"set{name[0].upper()}{name[1:]}"
            if setter not in vars(class_):
                setattr(class_, setter, lambda self, new, name=name: setattr(self, name, new))
    return class_
