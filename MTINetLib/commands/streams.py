"""The program's own voice: signs that a stream cannot show, and libraries that write to stderr.

A console or a redirected file may know few signs (code page 1252, 932, plain ASCII). What it cannot show is
written in signs that it can, never an error. File names that are no valid UTF-8 are among it.

While a command runs, stderr belongs to the program alone: what libraries write there, from Python or C++, is
dropped; ``--debug`` lets it through.
"""

from __future__ import annotations

import codecs
import faulthandler
import io
import os
import sys
from typing import TextIO

_PLAIN = "mtinet_plain"
#: What stands for signs of our own texts where a stream cannot show them.
_INSTEAD = {
    "±": "+/-",
    "×": "x",
    "≥": ">=",
    "≤": "<=",
    "²": "2",
    "³": "3",
    "µ": "u",
    "°": " deg",
    "–": "-",
    "—": "-",
    "…": "...",
    "’": "'",
    "“": '"',
    "”": '"',
    "•": "*",
    "●": "*",
    "→": "->",
    "─": "-",
    "━": "-",
    "│": "|",
}
#: The true stderr while libraries are kept off it.
_own: TextIO | None = None


def show_what_can_be_shown() -> None:
    """Let stdout and stderr write something else for each sign that they cannot show."""
    codecs.register_error(_PLAIN, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_PLAIN)


def keep_libraries_quiet() -> None:
    """Send what others write to stderr nowhere; :func:`own_stderr` is the way past that."""
    global _own
    if _own is not None or not isinstance(sys.stderr, io.TextIOWrapper):
        return
    try:
        number = sys.stderr.fileno()
        own = os.dup(number)
        nowhere = os.open(os.devnull, os.O_WRONLY)
    except OSError:  # it is closed already
        return
    sys.stderr.flush()
    os.dup2(nowhere, number)
    os.close(nowhere)
    _own = open(  # noqa: SIM115, PTH123  (for the life of the process)
        own, "w", buffering=1, encoding=sys.stderr.encoding, errors=sys.stderr.errors
    )
    faulthandler.enable(_own)


def let_libraries_speak() -> None:
    """Give stderr back to all."""
    global _own
    if _own is not None and sys.stderr is not None:
        os.dup2(_own.fileno(), sys.stderr.fileno())
        _own = None


def own_stderr() -> TextIO | None:
    """Where the program itself speaks; None where stderr is closed."""
    return _own or sys.stderr


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    words = "".join(_INSTEAD.get(sign, "?") for sign in signs)
    return words, error.end
