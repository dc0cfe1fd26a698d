"""A network's settings from the plain values of a config: every name known, every value of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from MTINetLib.errors import InputError

S = TypeVar("S")


def settings_of_plain_values(kind: type[S], values: Mapping[str, Any]) -> S:
    """Settings of a frozen dataclass whose fields all have plain defaults; what is not named keeps its own.

    Raises:
        InputError: a name that no setting has, or a value of the wrong kind.
    """
    kinds = {item.name: type(item.default) for item in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(kinds))
    if unknown:
        raise InputError(f"Unknown network setting {unknown[0]!r}; known are {', '.join(sorted(kinds))}.")
    return kind(**{key: _as_kind(key, value, kinds[key]) for key, value in values.items()})


def _as_kind(name: str, value: Any, kind: type) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if kind is tuple and isinstance(value, list):
        return tuple(value)
    if type(value) is not kind:
        raise InputError(f"Network setting {name} is {value!r}; it must be of kind {kind.__name__}.")
    return value
