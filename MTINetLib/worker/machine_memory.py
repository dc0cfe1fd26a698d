"""The computer's memory, without a package for it."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path


def memory_bytes() -> int | None:
    """All of it; None where the system does not tell."""
    if sys.platform == "win32":
        return _windows()[0]
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def free_memory_bytes() -> int | None:
    """What programs can still take; None where the system does not tell (macOS)."""
    if sys.platform == "win32":
        return _windows()[1]
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None


def _windows() -> tuple[int | None, int | None]:
    """Total and available physical memory by GlobalMemoryStatusEx."""

    class Status(ctypes.Structure):
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total", ctypes.c_ulonglong),
            ("available", ctypes.c_ulonglong),
            ("rest", ctypes.c_ulonglong * 5),
        ]

    status = Status()
    status.length = ctypes.sizeof(Status)
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  (there on Windows only)
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None, None
    return int(status.total), int(status.available)
