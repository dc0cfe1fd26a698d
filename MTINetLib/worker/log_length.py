"""The worker's log is a file of the temporary folder, which hours of warnings must not fill."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress

#: Bytes after which the log begins anew.
LONGEST = 1 << 20


def keep_log_short() -> None:
    """Empty the file behind stderr when it has grown long; anything but a file is left alone.

    The client opens it for appending, so what follows stands at its new beginning.
    """
    with suppress(OSError, ValueError, AttributeError):  # stderr is closed, or none
        number = sys.__stderr__.fileno()  # type: ignore[union-attr]
        found = os.fstat(number)
        if stat.S_ISREG(found.st_mode) and found.st_size > LONGEST:
            os.ftruncate(number, 0)
