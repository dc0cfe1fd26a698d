"""How a type looks in a file, told by its annotations alone: the codec and the schema both follow them.

Dataclasses become objects, tuples lists, enumerations their values. What stands once a phase (``PerPhase``)
is a tuple in the order of the study's phases here, and an object with the phases' names there.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from MTINetLib.study.phase import Phase

#: Key of a field's metadata: its name in the file, where that is not its own.
FILE_NAME = "file_name"
T = TypeVar("T")


class Rule:
    """Keywords of JSON Schema that a type cannot say by itself, such as ``minimum=0``."""

    def __init__(self, **keywords: Any) -> None:
        self.keywords = keywords


class _ByPhase:
    """Marks a tuple that is in the order of the study's phases."""


PerPhase = Annotated[tuple[T, ...], _ByPhase()]


@dataclass(frozen=True)
class Shape:
    """A type taken apart.

    Args:
        kind: the bare type, without None and annotations.
        optional: None is allowed.
        by_phase: a tuple with an item a phase.
        keywords: of JSON Schema.
    """

    kind: Any
    optional: bool
    by_phase: bool
    keywords: Mapping[str, Any]

    @property
    def items(self) -> tuple[Any, ...]:
        """The types inside: of a tuple's items, or of a mapping's keys and values."""
        return get_args(self.kind)

    @property
    def is_object(self) -> bool:
        """A dataclass."""
        return bool(is_dataclass(self.kind))

    @property
    def container(self) -> Any:
        return get_origin(self.kind)


def shape_of(hint: Any) -> Shape:
    """Take a type apart."""
    optional, by_phase = False, False
    keywords: dict[str, Any] = {}
    while True:
        if get_origin(hint) is Annotated:
            hint, *marks = get_args(hint)
            by_phase = by_phase or any(isinstance(mark, _ByPhase) for mark in marks)
            for mark in marks:
                keywords.update(mark.keywords if isinstance(mark, Rule) else {})
        elif get_origin(hint) in (Union, types.UnionType):
            (hint,) = (part for part in get_args(hint) if part is not type(None))
            optional = True
        else:
            return Shape(hint, optional, by_phase, keywords)


@cache
def fields_of(kind: type) -> tuple[tuple[Field[Any], str, Any], ...]:
    """A dataclass's fields: each with its name in the file and its type."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return tuple((f, f.metadata.get(FILE_NAME, f.name), hints[f.name]) for f in fields(kind))


def encode(value: Any, hint: Any, phases: tuple[Phase, ...]) -> Any:
    """A value as plain dicts, lists, numbers and words."""
    shape = shape_of(hint)
    if value is None:
        return None
    if shape.is_object:
        return {name: encode(getattr(value, f.name), hint, phases) for f, name, hint in fields_of(shape.kind)}
    if shape.by_phase:
        pairs = zip(phases, value, strict=True)
        return {phase.value: encode(item, shape.items[0], phases) for phase, item in pairs}
    if shape.container is tuple:
        return [
            encode(item, hint, phases) for item, hint in zip(value, _item_hints(shape, value), strict=True)
        ]
    if shape.container is Mapping:
        key, inner = shape.items
        return {encode(k, key, phases): encode(item, inner, phases) for k, item in value.items()}
    return value.value if isinstance(value, Enum) else value


def decode(data: Any, hint: Any, phases: tuple[Phase, ...], place: str) -> Any:
    """The value that :func:`encode` made ``data`` of.

    Raises:
        ValueError: it is not of that form; the sentence names the place.
    """
    shape = shape_of(hint)
    if data is None and (shape.optional or shape.kind is Any):
        return None
    if shape.is_object:
        return _decode_object(data, shape.kind, phases, place)
    if shape.by_phase:
        return _decode_by_phase(data, shape.items[0], phases, place)
    if shape.container is tuple:
        items = _checked(data, list, "a list", place)
        hints = _item_hints(shape, items)
        if len(hints) != len(items):
            raise ValueError(f"{place} has {len(items)} items, not {len(hints)}")
        pairs = enumerate(zip(items, hints, strict=True))
        return tuple(decode(item, hint, phases, f"{place}[{n}]") for n, (item, hint) in pairs)
    if shape.container is Mapping:
        key, inner = shape.items
        pairs = _checked(data, dict, "an object", place).items()
        return {
            decode(k, key, phases, place): decode(item, inner, phases, f"{place}.{k}") for k, item in pairs
        }
    return _decode_plain(data, shape.kind, place)


def _item_hints(shape: Shape, items: Any) -> list[Any]:
    """The type of each item of a tuple."""
    *hints, last = shape.items
    return hints * len(items) if last is Ellipsis else [*hints, last]


def _decode_object(data: Any, kind: Any, phases: tuple[Phase, ...], place: str) -> Any:
    values = dict(_checked(data, dict, "an object", place))
    made = {}
    for f, name, hint in fields_of(kind):
        if name in values:
            made[f.name] = decode(values.pop(name), hint, phases, f"{place}.{name}")
        elif f.default is MISSING:
            raise ValueError(f"{place} has no '{name}'")
    if values:
        raise ValueError(f"{place} has '{next(iter(values))}', which nobody knows")
    return kind(**made)


def _decode_by_phase(data: Any, inner: Any, phases: tuple[Phase, ...], place: str) -> tuple[Any, ...]:
    named = _checked(data, dict, "an object", place)
    if set(named) != {phase.value for phase in phases}:
        names = ", ".join(phase.value for phase in phases)
        raise ValueError(f"{place} names {', '.join(named) or 'no phase'}; the study's phases are {names}")
    return tuple(decode(named[phase.value], inner, phases, f"{place}.{phase.value}") for phase in phases)


def _decode_plain(data: Any, kind: Any, place: str) -> Any:
    if kind is Any:
        return data
    if get_origin(kind) is Literal:
        if data not in get_args(kind):
            raise ValueError(f"{place} is {data!r}, not one of {', '.join(map(repr, get_args(kind)))}")
        return data
    if isinstance(kind, type) and issubclass(kind, Enum):
        names = [member.value for member in kind]
        if data not in names:
            raise ValueError(f"{place} is {data!r}, not one of {', '.join(map(repr, names))}")
        return kind(data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if isinstance(data, bool) and kind is not bool:
        raise ValueError(f"{place} is {data!r}, not {_KINDS[kind]}")
    return _checked(data, kind, _KINDS[kind], place)


_KINDS = {str: "text", float: "a number", int: "a whole number", bool: "true or false"}


def _checked(data: Any, kind: Any, name: str, place: str) -> Any:
    if not isinstance(data, kind):
        raise ValueError(f"{place} is {data!r:.60}, not {name}")
    return data
