"""Processes that are started so that they can be ended with all that they started."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any


def detached() -> dict[str, Any]:
    """How such a process is started: in a session of its own, or without a window."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW}
    else:
        return {"start_new_session": True}


def kill_tree(pid: int) -> subprocess.Popen[bytes] | None:
    """End a detached process and all that it started; on Windows gives the process that does it."""
    if sys.platform == "win32":
        return _taskkill(pid)
    else:
        # The group is the process and whatever it started. macOS refuses when only a zombie of it is left.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        return None


def descendants(pid: int) -> list[Any]:
    """What a process started, also in sessions of their own; empty where psutil is not installed."""
    try:
        psutil = importlib.import_module("psutil")
    except ImportError:
        return []
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        return []


def kill_with_descendants(process: subprocess.Popen[Any], wait_s: float) -> None:
    """End a detached process and everything under it; wait for it a while, but not for ever.

    A process inside a driver that hangs does not end before the driver lets it go.
    """
    if process.poll() is not None:
        return
    others = descendants(process.pid)
    killer = kill_tree(process.pid)
    for other in others:
        with suppress(Exception):  # it has gone already, or belongs to the system
            other.kill()
    for one in (killer, process):
        if one is not None:
            with suppress(subprocess.TimeoutExpired):
                one.wait(wait_s)


def _taskkill(pid: int) -> subprocess.Popen[bytes]:
    """Windows: the process and all its children, found by their parents."""
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        ["taskkill", "/PID", str(pid), "/T", "/F"],
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        creationflags=flags,
    )
