"""Places for results: those that cannot be written are refused before the work, and what the system says of a
failed write becomes one sentence."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from MTINetLib.errors import InputError, MissingResourceError, MTINetError

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)
#: Below this many free bytes a failed write is put down to the disk.
_NOTHING_LEFT = 1 << 20


def refuse_unusable_folder(out: Path) -> None:
    """As :func:`refuse_unwritable`, of a folder for results.

    Raises:
        InputError: ``out`` is a file; or as there.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: name a folder for the results.")
    refuse_unwritable(out)


def refuse_unwritable(out: Path) -> None:
    """Refuse a place where nothing can be written, before the work begins; nothing of the trial stays.

    Args:
        out: a file or folder; neither it nor its parents need be there yet.

    Raises:
        InputError: it would lie in a file, or its folder takes no files.
        MissingResourceError: the disk is full.
    """
    place = out.absolute()
    there = next(folder for folder in (place, *place.parents) if os.path.lexists(folder))
    if there == place and not there.is_dir():
        there = there.parent
    if not there.is_dir():
        raise InputError(f"{out} cannot be made, for {there} is no folder: choose another place.")
    with clear_disk_errors(out):
        _try_a_file(there)


@contextmanager
def clear_disk_errors(out: Path) -> Iterator[None]:
    """Turn what the system says of a failed write into one sentence."""
    try:
        yield
    except MTINetError as error:
        cause = error.__cause__
        full = isinstance(cause, OSError) and cause.errno in _DISK_FULL
        if full or (isinstance(cause, (OSError, RuntimeError)) and _free_bytes(out) < _NOTHING_LEFT):
            raise _disk_full(out) from error
        raise
    except PermissionError as error:
        raise InputError(f"{out} may not be written to: choose another folder for the results.") from error
    except OSError as error:
        if error.errno in _DISK_FULL or _free_bytes(out) < _NOTHING_LEFT:
            raise _disk_full(out) from error
        reason = error.strerror or type(error).__name__
        raise InputError(f"{out} cannot be written: {reason}; choose another folder.") from error


def is_disk_fault(error: BaseException, folder: Path) -> bool:
    """Whether an error came about because the disk of ``folder`` is full or takes no more files."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    if any(isinstance(item, OSError) and item.errno in _DISK_FULL for item in causes):
        return True
    if not any(isinstance(item, (OSError, RuntimeError)) for item in causes):
        return False
    return _free_bytes(folder) < _NOTHING_LEFT or not _takes_files(folder)


def _takes_files(folder: Path) -> bool:
    try:
        _try_a_file(folder)
    except OSError:
        return False
    return True


def _try_a_file(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as trial:
        trial.write(b"x")


def _disk_full(out: Path) -> MissingResourceError:
    return MissingResourceError(
        f"The disk is full: nothing was written to {out}; make room or choose another folder."
    )


def _free_bytes(out: Path) -> int:
    place = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    return shutil.disk_usage(place).free
