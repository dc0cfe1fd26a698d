"""The system's ways to end a program, taken as Ctrl+C is: cancelled, and nothing stays half-written.

A signal that whoever started the program had set to be ignored (nohup, a background job) stays ignored.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from types import FrameType

#: By name, for no system knows them all: kill and shutdown, a closed terminal, Ctrl+Break on Windows.
_ENDINGS = ("SIGTERM", "SIGHUP", "SIGBREAK")
_program = 0


def end_as_cancelled() -> None:
    """From now on every ending raises KeyboardInterrupt in the main thread."""
    global _program
    _program = os.getpid()
    for name in _ENDINGS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _: FrameType | None) -> None:
    if os.getpid() != _program:  # a forked child, which has nothing to tidy up
        os._exit(128 + number)
    signal.signal(number, signal.SIG_IGN)  # a second one would end the tidying up
    for child in multiprocessing.active_children():  # Ctrl+C reaches them by itself
        child.terminate()
    raise KeyboardInterrupt
