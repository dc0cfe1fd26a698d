"""How an error crosses from the worker to its client: what it states, and where a defect is, for the log."""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from MTINetLib import errors
from MTINetLib.errors import InputError, MissingResourceError, ModelError, MTINetError, Statement
from MTINetLib.fault_place import last_line, place_of
from MTINetLib.presentation.statements import statement_of, stating

_DISK_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
#: The narrower kinds first.
_KINDS = {
    kind.__name__: kind
    for kind in (
        errors.DatasetChanged,
        errors.DeviceUnusable,
        errors.RunEnded,
        errors.Stopped,
        InputError,
        ModelError,
        MissingResourceError,
        errors.Cancelled,
    )
}


@dataclass(frozen=True)
class Fault:
    """How an error travels: its class, the code and values of what it states, and where a defect is."""

    kind: str
    code: str
    values: Mapping[str, Any]
    place: str = ""

    def error(self) -> MTINetError:
        """The error again, on the other side."""
        kind: type[MTINetError] = _KINDS.get(self.kind, MissingResourceError)
        return stating(kind, Statement(self.code, self.values))


def fault_of(error: BaseException) -> Fault:
    """What to say of an error of any kind.

    The text of an unexpected error is not told on: it may hold file names, and with them a patient's name.
    """
    if isinstance(error, MTINetError):
        kind = next((name for name in _KINDS if isinstance(error, _KINDS[name])), "InputError")
        told, place = statement_of(error), ""
    elif isinstance(error, KeyboardInterrupt):
        kind, told, place = "Cancelled", Statement.of("cancelled"), ""
    else:
        place = place_of(error)
        kind, told = "MissingResourceError", _of_unexpected(error, place)
    return Fault(kind, told.code, told.values, place)


def logged(error: BaseException, log: logging.Logger, what: str) -> MTINetError:
    """An error for the user; a defect's place goes into the log, behind ``what``."""
    fault = fault_of(error)
    if fault.place:
        log.error("%s: %s", what, fault.place)
    return error if isinstance(error, MTINetError) else fault.error()


def _of_unexpected(error: BaseException, place: str) -> Statement:
    if _is_out_of_memory(error):
        return Statement.of("no_memory")
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        return Statement.of("disk_full")
    if isinstance(error, ImportError):
        return _of_import(error)
    name, line = type(error).__name__, last_line(place)
    return Statement.of("defect_in", error=name, place=line) if line else Statement.of("defect", error=name)


def _of_import(error: ImportError) -> Statement:
    package = (error.name or "").split(".")[0]
    if package == "torch":
        return Statement.of("no_torch")
    if isinstance(error, ModuleNotFoundError) and package and package != "MTINetLib":
        return Statement.of("package_missing", package=package)
    return Statement.of("package_broken", package=package) if package else Statement.of("import_failed")


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)
