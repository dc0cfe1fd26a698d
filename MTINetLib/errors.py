"""Errors that a user meets: each is one clear sentence that names the thing and says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Statement:
    """What a person is told, as a code with its values; ``presentation.statements`` makes the sentence.

    Args:
        values: numbers, texts and lists of these, by the names of the sentence's gaps.
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, **values: Any) -> Statement:
        """Paths and enumerations become texts, tuples lists, so that it is the same after JSON."""
        return cls(code, {name: _plain(value) for name, value in values.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


class MTINetError(Exception):
    """Base of every error that MTINetLib raises on purpose; its text is meant for the user.

    Attributes:
        statement: what the text was made of; None for a text that says all there is.
    """

    statement: Statement | None = None


class InputError(MTINetError):
    """What the user gave cannot be used: a file, a folder, a phase or a setting."""


class DatasetChanged(InputError):  # noqa: N818
    """The dataset of a run is another one than when it began; the user may accept that."""


class ModelError(MTINetError):
    """A model is missing, damaged or not made for this version."""


class MissingResourceError(MTINetError):
    """Something that the machine should offer is missing, such as a package, a device or disk space."""


class DeviceUnusable(MissingResourceError):  # noqa: N818
    """The device that was asked for by name is full or broken; another one may be chosen."""


class RunEnded(MissingResourceError):  # noqa: N818
    """The machine ended a training run; the sentence says how to go on with it."""


class Cancelled(MTINetError):  # noqa: N818
    """The user cancelled the work; nothing was written, or the sentence says what."""


class Stopped(Cancelled):
    """The user ended a training run early; what it has learnt by its last validation is worth keeping."""
