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

import MTINetLib
from MTINetLib.commands.streams import keep_libraries_quiet, let_libraries_speak, own_stderr
from MTINetLib.errors import Cancelled, MTINetError

DEFECT, USER, CANCELLED = 1, 2, 130

#: Packages that an optional part needs, and the extra that brings them.
_EXTRAS = {
    "lightning": "train",
    "monai": "train",
    "tensorboard": "train",
    "timm": "compare",
    "sklearn": "compare",
    "dynamic_network_architectures": "evaluate",
    "openvino": "openvino",
    "dask": "cohort",
    "distributed": "cohort",
    "pyarrow": "cohort",
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
        let_libraries_speak()
        logging.captureWarnings(True)
        warnings.simplefilter("default")
        _log_to_stderr(logging.INFO)


def quiet_libraries() -> None:
    """Other people's code stays away from the user's terminal; MTINet's own warnings come as one line.

    It is the handler that chooses: libraries set the levels of their own loggers when they are imported.
    """
    keep_libraries_quiet()
    logging.captureWarnings(True)
    _log_to_stderr(logging.WARNING).addFilter(_is_ours)


def log_progress(room: str) -> None:
    """From now on what a room tells of its work stands on stderr too, each line with its time."""
    handler = _log_to_stderr(logging.INFO)
    handler.addFilter(_is_ours)
    handler.addFilter(lambda record: record.levelno > logging.INFO or record.name.startswith(room))
    handler.setFormatter(_InWords("%(asctime)s %(message)s"))


class _InWords(logging.Formatter):
    """A record may hold a note, which is a code: people read its words."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        if hasattr(record, "note"):
            from MTINetLib.presentation.note_words import note_in_words

            record.message = note_in_words(record.note)
        return super().formatMessage(record)


def _log_to_stderr(level: int) -> logging.Handler:
    """The only handler of the root logger."""
    handler = logging.StreamHandler(own_stderr())
    handler.setFormatter(_InWords("mtinet: %(message)s"))
    handler.setLevel(level)
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger().setLevel(level)
    return handler


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == MTINetLib.__name__


def failure_of(error: BaseException) -> Failure:
    """What to say of an error and how to exit."""
    if isinstance(error, SystemExit):
        return Failure(error.code if isinstance(error.code, int) else int(error.code is not None))
    if isinstance(error, BrokenPipeError):
        return _reader_gone()
    if _debug and not isinstance(error, (KeyboardInterrupt, typer.Abort)):
        traceback.print_exception(type(error), error, error.__traceback__)
    if isinstance(error, Cancelled):
        return Failure(CANCELLED, _one_line(error) or "Cancelled.")
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return Failure(CANCELLED, "Cancelled.")
    if isinstance(error, MTINetError):
        return Failure(USER, _one_line(error))
    return _usage(error) or _machine(error) or _defect(error)


def _reader_gone() -> Failure:
    """Who read the output has gone; a second complaint at exit is kept away too."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Failure(DEFECT)


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
