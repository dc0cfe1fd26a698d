"""The computer's memory, without a package for it."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

if sys.platform == "win32":

    def memory_bytes() -> int | None:
        """All of it; None where the system does not tell."""
        return _status()[0]

    def free_memory_bytes() -> int | None:
        """What programs can still take; None where the system does not tell."""
        return _status()[1]

    class _Status(ctypes.Structure):
        """MEMORYSTATUSEX."""

        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total", ctypes.c_ulonglong),
            ("available", ctypes.c_ulonglong),
            ("rest", ctypes.c_ulonglong * 5),
        ]

    def _status() -> tuple[int | None, int | None]:
        status = _Status()
        status.length = ctypes.sizeof(_Status)
        if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
            return None, None
        return int(status.total), int(status.available)

else:

    def memory_bytes() -> int | None:
        """All of it; None where the system does not tell."""
        try:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (ValueError, OSError):
            return None

    def free_memory_bytes() -> int | None:
        """What programs can still take; None where the system does not tell (macOS)."""
        try:
            for line in Path("/proc/meminfo").read_text("ascii").splitlines():
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        except (OSError, ValueError):
            pass
        return None
