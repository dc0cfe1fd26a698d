"""slicer.parameterNodeWrapper: how values are kept in a vtkMRMLScriptedModuleNode, and checked."""

from __future__ import annotations

import enum
import pathlib
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import slicer


class Validator:
    def validate(self, value: Any) -> None:
        raise NotImplementedError


class NotNone(Validator):
    def validate(self, value: Any) -> None:
        if value is None:
            raise ValueError("Value must not be None")


class IsInstance(Validator):
    def __init__(self, classtype: Any) -> None:
        self.classtype = classtype

    def validate(self, value: Any) -> None:
        if value is not None and not isinstance(value, self.classtype):
            raise TypeError(f"Value must be of type {self.classtype}, is {type(value)}")


class WithinRange(Validator):
    def __init__(self, minimum: float, maximum: float) -> None:
        self.minimum, self.maximum = minimum, maximum

    def validate(self, value: Any) -> None:
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"Value must be within [{self.minimum}, {self.maximum}], is {value}")


class Minimum(Validator):
    def __init__(self, minimum: float) -> None:
        self.minimum = minimum

    def validate(self, value: Any) -> None:
        if value < self.minimum:
            raise ValueError(f"Value must be at least {self.minimum}, is {value}")


class Maximum(Validator):
    def __init__(self, maximum: float) -> None:
        self.maximum = maximum

    def validate(self, value: Any) -> None:
        if value > self.maximum:
            raise ValueError(f"Value must be at most {self.maximum}, is {value}")


class Choice(Validator):
    def __init__(self, choices: Any) -> None:
        self.choices = choices

    def validate(self, value: Any) -> None:
        if value not in self.choices:
            raise ValueError(f"Value must be one of {self.choices}, is {value}")


@dataclass
class Default:
    """A default in an annotation."""

    value: Any


@dataclass(frozen=True)
class Kept:
    """One parameter: how it is kept under its name, its default and what values are right."""

    type_: Any
    annotated: Any
    default: Any
    validators: tuple[Validator, ...]
    to_text: Callable[[Any], str]
    from_text: Callable[[str], Any]

    def validate(self, value: Any) -> None:
        for validator in self.validators:
            validator.validate(value)

    @property
    def is_node(self) -> bool:
        return isinstance(self.type_, type) and issubclass(self.type_, slicer.vtkMRMLNode)

    @property
    def is_pack(self) -> bool:
        return bool(getattr(self.type_, "_is_parameterPack", False))

    def is_in(self, node: Any, name: str) -> bool:
        if self.is_pack:
            first = next(iter(self.type_.allParameters))
            return bool(self.type_.allParameters[first].is_in(node, f"{name}.{first}"))
        return bool(node.HasParameter(name))

    def write(self, node: Any, name: str, value: Any) -> None:
        self.validate(value)
        if self.is_pack:
            with slicer.util.NodeModify(node):
                for part, kept in self.type_.allParameters.items():
                    kept.write(node, f"{name}.{part}", getattr(value, part))
        elif self.is_node:
            node.SetParameter(name, "")
            node.SetNodeReferenceID(name, value.GetID() if value is not None else None)
        else:
            node.SetParameter(name, self.to_text(value))

    def read(self, node: Any, name: str) -> Any:
        if not self.is_in(node, name):
            self.write(node, name, self.default)
        if self.is_pack:
            return self.type_._observed(node, name)
        if self.is_node:
            return node.GetNodeReference(name)
        return self.from_text(node.GetParameter(name))


def kept_as(annotated: Any, owner: type, name: str) -> Kept:
    """What a member's annotation says. Types that Slicer's wrapper cannot keep are refused."""
    type_, extras = annotated, ()
    if typing.get_origin(annotated) is typing.Annotated:
        type_, *rest = typing.get_args(annotated)
        extras = tuple(rest)
    validators = tuple(extra for extra in extras if isinstance(extra, Validator))
    defaults = [extra.value for extra in extras if isinstance(extra, Default)]
    to_text, from_text, own, default = _manner(type_, owner, name)
    if name in vars(owner):
        default = vars(owner)[name]
    elif defaults:
        default = defaults[0]
    kept = Kept(type_, annotated, default, (*own, *validators), to_text, from_text)
    kept.validate(kept.default)
    return kept


def _manner(type_: Any, owner: type, name: str) -> tuple[Any, Any, tuple[Validator, ...], Any]:
    """To text, from text, the type's own validators, the type's own default."""
    if type_ is bool:
        return (lambda v: "True" if v else "False"), "True".__eq__, (NotNone(), IsInstance(bool)), False
    if type_ is int:
        return str, int, (NotNone(), IsInstance(int)), 0
    if type_ is float:
        return str, float, (NotNone(), IsInstance((int, float))), 0
    if type_ is str:
        return str, str, (NotNone(), IsInstance(str)), ""
    if type_ in (pathlib.Path, pathlib.PurePath):
        return str, type_, (NotNone(), IsInstance(type_)), type_()
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return (lambda v: v.name), (lambda t: type_[t]), (NotNone(), IsInstance(type_)), next(iter(type_))
    if isinstance(type_, type) and issubclass(type_, slicer.vtkMRMLNode):
        return str, str, (IsInstance(type_),), None
    if getattr(type_, "_is_parameterPack", False):
        return str, str, (NotNone(), IsInstance(type_)), type_()
    raise TypeError(f"{owner.__name__}.{name}: the stand-in keeps no {type_}")
