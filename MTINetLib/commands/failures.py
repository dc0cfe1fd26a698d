"""How a command's errors reach the user: one sentence and an exit code, no traceback."""

from __future__ import annotations

import errno
import logging
import os
import sys
import traceback
import warnings
from dataclasses import dataclass

import typer

from MTINetLib.errors import Cancelled, MTINetError

DEFECT, USER, CANCELLED = 1, 2, 130

#: Packages that an optional part needs, and the extra that brings them.
_EXTRAS = {
    "lightning": "train",
    "monai": "train",
    "tensorboard": "train",
    "dynamic_network_architectures": "evaluate",
    "openvino": "openvino",
    "slicer": "viewer",
    "vtk": "viewer",
}
_debug = False


@dataclass(frozen=True)
class Failure:
    """How a command ended: the exit code, and what is said on stderr (nothing if empty)."""

    code: int
    sentence: str = ""


def show_tracebacks(wanted: bool) -> None:
    """Whether errors come with their traceback, and libraries may warn and log again."""
    global _debug
    _debug = wanted
    if wanted:
        warnings.simplefilter("default")
        logging.getLogger().setLevel(logging.INFO)
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.INFO)


#: Loggers that speak of things a user can do nothing about.
_TALKATIVE = ("py.warnings", "pydicom", "lightning", "lightning.pytorch", "matplotlib", "fontTools")


def quiet_libraries() -> None:
    """Warnings of other people's code stay away from the user's terminal; MTINet's own come as one line."""
    logging.basicConfig(level=logging.WARNING, format="mtinet: %(message)s")
    logging.captureWarnings(True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)


def failure_of(error: BaseException) -> Failure:
    """What to say of an error and how to exit."""
    if isinstance(error, SystemExit):
        return Failure(error.code if isinstance(error.code, int) else int(error.code is not None))
    if isinstance(error, BrokenPipeError):
        # Who read the output has gone; a second complaint at exit is kept away too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Failure(DEFECT)
    if _debug and not isinstance(error, (KeyboardInterrupt, typer.Abort)):
        traceback.print_exception(type(error), error, error.__traceback__)
    if isinstance(error, Cancelled):
        return Failure(CANCELLED, _one_line(error) or "Cancelled.")
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return Failure(CANCELLED, "Cancelled.")
    if isinstance(error, MTINetError):
        return Failure(USER, _one_line(error))
    return _usage(error) or _machine(error) or _defect(error)


def _usage(error: BaseException) -> Failure | None:
    """Errors of the options: Typer raises click's, from the package or its own copy of it."""
    if not hasattr(error, "format_message"):
        return None
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "mtinet"
    words = " ".join(str(error.format_message()).split())
    return Failure(USER, f"{words.rstrip('.')}; see {path} --help.")


def _machine(error: BaseException) -> Failure | None:
    """What the machine lacks."""
    if isinstance(error, MemoryError):
        return Failure(USER, "The memory is not enough for this; close other programs, or use less data.")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Failure(USER, "The disk is full; make room, then run the command again.")
    if isinstance(error, PermissionError) and error.filename:
        return Failure(USER, f"{error.filename} may not be read or written; change its permissions.")
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.split(".")[0]
        if package in _EXTRAS:
            extra = _EXTRAS[package]
            return Failure(
                USER, f"The package {package} is missing: install MTINet with its extra '{extra}'."
            )
        if package != "MTINetLib":
            return Failure(USER, f"The package {package} is missing: install MTINet again.")
    return None


def _defect(error: BaseException) -> Failure:
    kind, words = type(error).__name__, _one_line(error)
    told = f"{kind}: {words}" if words else kind
    hint = "" if _debug else "; mtinet --debug COMMAND shows where"
    return Failure(DEFECT, f"This is a defect of MTINet ({told}){hint}.")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
