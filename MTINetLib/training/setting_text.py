"""Settings told as text, ``key=value``: nested frozen dataclasses changed with types checked and clear errors."""

from __future__ import annotations

import types
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from MTINetLib.errors import InputError

S = TypeVar("S")

_YES = {"true", "yes", "on", "1"}
_NO = {"false", "no", "off", "0"}


def change_settings(settings: S, changes: Iterable[str]) -> S:
    """A copy of a (nested) frozen dataclass with ``key=value`` changes made, such as ``network.widths=16,32``.

    Raises:
        InputError: the text is not ``key=value``, there is no such setting, or the value does not fit it.
    """
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or not key.strip():
            raise InputError(f"'{change}' is not a setting: write key=value, such as batch_size=8.")
        settings = _changed(settings, key.strip().split("."), text.strip(), key.strip())
    return settings


def _changed(settings: Any, path: list[str], text: str, key: str) -> Any:
    known = [item.name for item in fields(settings)]
    name, rest = path[0], path[1:]
    if name not in known:
        raise InputError(f"There is no setting '{key}'; known here are {', '.join(sorted(known))}.")
    value = getattr(settings, name)
    if is_dataclass(value):
        if not rest:
            inner = ", ".join(f"{name}.{item.name}" for item in fields(value))
            raise InputError(f"'{key}' is a group of settings; set one of {inner}.")
        return replace(settings, **{name: _changed(value, rest, text, key)})
    if rest:
        raise InputError(f"There is no setting '{key}'; '{name}' has no parts.")
    return replace(settings, **{name: parse_value(text, get_type_hints(type(settings))[name], key)})


def parse_value(text: str, kind: Any, key: str) -> Any:
    """``text`` as a value of the annotation ``kind``: bool, int, float, str, Literal, X | None, tuple[X, ...].

    Raises:
        InputError: the text does not fit.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if text.lower() in ("none", "") and type(None) in arguments:
            return None
        kinds = [argument for argument in arguments if argument is not type(None)]
        return parse_value(text, kinds[0], key)
    if origin is Literal:
        return _choice(text, arguments, key)
    if origin is tuple:
        return _tuple(text, arguments, key)
    if kind is bool:
        return _boolean(text, key)
    try:
        return kind(text)
    except ValueError:
        raise InputError(f"{key}={text}: '{text}' is not {_NOUNS.get(kind, kind.__name__)}.") from None


_NOUNS = {int: "a whole number", float: "a number"}


def _boolean(text: str, key: str) -> bool:
    if text.lower() in _YES | _NO:
        return text.lower() in _YES
    raise InputError(f"{key}={text}: write true or false.")


def _choice(text: str, choices: tuple[Any, ...], key: str) -> Any:
    for choice in choices:
        if str(choice) == text:
            return choice
    raise InputError(f"{key}={text}: choose one of {', '.join(map(str, choices))}.")


def _tuple(text: str, arguments: tuple[Any, ...], key: str) -> tuple[Any, ...]:
    parts = [part.strip() for part in text.strip("()[]").split(",") if part.strip()]
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(parse_value(part, arguments[0], key) for part in parts)
    if len(parts) != len(arguments):
        raise InputError(f"{key}={text}: {len(arguments)} values separated by commas are needed.")
    return tuple(parse_value(part, kind, key) for part, kind in zip(parts, arguments))
