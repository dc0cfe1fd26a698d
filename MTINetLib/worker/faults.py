"""What a failed job says: one sentence for the user, the place of the fault for the log."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from MTINetLib import errors
from MTINetLib.errors import InputError, MissingResourceError, ModelError, MTINetError
from MTINetLib.fault_place import last_line, place_of

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
    """How an error travels: the name of its class, its sentence, and where it came from if it is a defect."""

    kind: str
    text: str
    place: str = ""

    def error(self) -> MTINetError:
        """The error again, on the other side."""
        return _KINDS.get(self.kind, MissingResourceError)(self.text)


def fault_of(error: BaseException) -> Fault:
    """What to say of an error of any kind.

    The text of an unexpected error is not told on: it may hold file names, and with them a patient's name.
    """
    if isinstance(error, MTINetError):
        kind = next((name for name in _KINDS if isinstance(error, _KINDS[name])), "InputError")
        return Fault(kind, str(error))
    if isinstance(error, KeyboardInterrupt):
        return Fault("Cancelled", "The work was cancelled; nothing was changed.")
    if _is_out_of_memory(error):
        return Fault(
            "MissingResourceError",
            "The computer ran out of memory; close other programs or volumes and try again.",
            place_of(error),
        )
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        return Fault(
            "MissingResourceError", "The disk is full; make room on it and try again.", place_of(error)
        )
    if isinstance(error, ImportError):
        return Fault("MissingResourceError", _missing(error), place_of(error))
    place = place_of(error)
    return Fault(
        "MissingResourceError",
        f"The work failed by a defect of MTINet ({type(error).__name__}{_short(place)}); "
        "please report it with the log.",
        place,
    )


def _missing(error: ImportError) -> str:
    package = (error.name or "").split(".")[0]
    if package == "torch":
        return "PyTorch is not installed or cannot be loaded: open Setup and install PyTorch."
    if isinstance(error, ModuleNotFoundError) and package and package != "MTINetLib":
        return f"The Python package '{package}' is not installed: open Setup and install the packages."
    return (
        f"A Python package cannot be loaded ({package or 'name unknown'}): "
        "open Setup and install the packages again."
    )


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def _short(place: str) -> str:
    line = last_line(place)
    return f" in {line}" if line else ""
