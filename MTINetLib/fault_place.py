"""Where an error came from, told without its text: it may hold file names, and with them a patient's name."""

from __future__ import annotations

import traceback


def place_of(error: BaseException) -> str:
    """The way to the fault, for the log."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{_in_package(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    return " > ".join([*lines, type(error).__name__])


def last_line(place: str) -> str:
    """File and line in which the error arose, out of what :func:`place_of` says; empty where unknown."""
    own = [part for part in place.split(" > ") if ".py:" in part]
    return own[-1].split(" ")[0] if own else ""


def _in_package(path: str) -> str:
    return "/".join(path.replace("\\", "/").split("/")[-2:])
