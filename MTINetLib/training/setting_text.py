"""Settings told as text, ``key=value``: changes of nested frozen dataclasses, types checked."""

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
    """A copy of a (nested) frozen dataclass with changes such as ``network.widths=16,32,64,64`` made.

    Raises:
        InputError: the text is not ``key=value``, there is no such setting, or the value does not fit it.
    """
    nested: dict[str, Any] = {}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or not key.strip():
            raise InputError(f"'{change}' is not a setting: write key=value, such as batch_size=8.")
        *groups, name = (part.strip() for part in key.split("."))
        place = nested
        for group in groups:
            deeper = place.setdefault(group, {})
            if not isinstance(deeper, dict):
                raise InputError(f"There is no setting '{key}'; '{group}' has no parts.")
            place = deeper
        place[name] = text.strip()
    return _changed(settings, nested, "")  # type: ignore[no-any-return]


def _changed(settings: Any, changes: dict[str, Any], prefix: str) -> Any:
    """All changes of a group at once, because its values are checked together."""
    known = {item.name for item in fields(settings)}
    hints = get_type_hints(type(settings))
    values: dict[str, Any] = {}
    for name, change in changes.items():
        key = prefix + name
        if name not in known:
            raise InputError(f"There is no setting '{key}'; known here are {', '.join(sorted(known))}.")
        value = getattr(settings, name)
        if is_dataclass(value):
            if not isinstance(change, dict):
                inner = ", ".join(f"{key}.{item.name}" for item in fields(value))
                raise InputError(f"'{key}' is a group of settings; set one of {inner}.")
            values[name] = _changed(value, change, f"{key}.")
        elif isinstance(change, dict):
            raise InputError(f"There is no setting '{key}.{next(iter(change))}'; '{key}' has no parts.")
        else:
            values[name] = parse_value(change, hints[name], key)
    return replace(settings, **values)


def parse_value(text: str, kind: Any, key: str) -> Any:
    """``text`` as a value of an annotation: bool, int, float, str, Literal, X | None, tuple[X, ...].

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
    return tuple(parse_value(part, kind, key) for part, kind in zip(parts, arguments, strict=True))
