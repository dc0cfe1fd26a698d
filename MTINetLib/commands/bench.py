"""``mtinet bench``: the benchmarks, which lie beside the library in the source tree and are not installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import MTINetLib
from MTINetLib.errors import MissingResourceError

_SOURCE_TREE = Path(MTINetLib.__file__).resolve().parent.parent


def bench_command() -> Callable[..., Any]:
    """The command where the benchmarks are at hand, else one that says where they are."""
    if not (_SOURCE_TREE / "benchmarks" / "command.py").is_file():
        return _missing
    if str(_SOURCE_TREE) not in sys.path:
        sys.path.append(str(_SOURCE_TREE))
    command: Callable[..., Any] = importlib.import_module("benchmarks.command").bench
    return command


def _missing() -> None:
    """Measure how fast this machine is; needs MTINet's source tree."""
    raise MissingResourceError(
        "The benchmarks are not part of the installed program; run `make bench` in MTINet's source tree."
    )
