"""How far a study of a work list is, in words."""

from __future__ import annotations

from collections.abc import Callable

_STATUS = {
    "to_do": "to do",
    "drafted": "drafted",
    "corrected": "corrected",
    "done": "done",
    "set_aside": "set aside",
}


def status_word(status: str, translate: Callable[[str], str] = str) -> str:
    """The status with this value."""
    return translate(_STATUS[status])
