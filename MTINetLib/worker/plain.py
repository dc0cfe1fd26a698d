"""Frozen dataclasses to plain JSON values and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Any, ClassVar, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

Self = TypeVar("Self", bound="Serializable")


class Serializable:
    """Base of frozen dataclasses that travel; their fields are plain values, tuples and more of the kind."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        data: dict[str, Any] = plain(self)
        return data

    @classmethod
    def from_dict(cls: type[Self], data: Mapping[str, Any]) -> Self:
        """What :meth:`to_dict` gave, also after it went through JSON; names that are not known are ignored.

        Raises:
            ValueError: a value is missing or of another kind.
        """
        made: Self = _built(cls, data)
        return made


Result = TypeVar("Result", bound=Serializable)


class Request(Serializable, Generic[Result]):
    """What a job is asked, written as ``class Measure(Request[Measured])``.

    Attributes:
        job: its name in the table of ``jobs.py``.
    """

    job: ClassVar[str]

    def result(self, data: Mapping[str, Any]) -> Result:
        """The job's answer, of what it sent."""
        (kind,) = get_args(type(self).__orig_bases__[0])  # type: ignore[attr-defined]
        made: Result = kind.from_dict(data)
        return made


def plain(value: Any) -> Any:
    """Dataclasses as dicts, enums as their values, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _built(kind: Any, data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise ValueError(f"{kind.__name__} cannot be read from {type(data).__name__}")
    values = {}
    for item in fields(kind):
        if item.name in data:
            values[item.name] = _value(_hints(kind)[item.name], data[item.name])
        elif item.default is MISSING and item.default_factory is MISSING:
            raise ValueError(f"{kind.__name__} lacks '{item.name}'")
    return kind(**values)


def _value(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        if data is None:
            return None
        kind = next(one for one in get_args(kind) if one is not type(None))
        return _value(kind, data)
    if origin is tuple:
        inner = get_args(kind)
        same = len(inner) == 2 and inner[1] is Ellipsis
        kinds = [inner[0]] * len(data) if same else list(inner)
        return tuple(_value(one, item) for one, item in zip(kinds, data, strict=True))
    if isinstance(kind, type) and is_dataclass(kind):
        return _built(kind, data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    return data


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
