"""What went wrong in an installation, in one sentence, from what pip wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NO_NETWORK = re.compile(
    r"NewConnectionError|name resolution|getaddrinfo|Max retries exceeded|ConnectTimeout|ReadTimeout|"
    r"Read timed out|ProxyError|Network is unreachable|CERTIFICATE_VERIFY_FAILED|SSLError|Connection refused",
    re.IGNORECASE,
)
_NO_SPACE = re.compile(r"No space left on device|Errno 28|WinError 112|not enough space", re.IGNORECASE)
_NOT_ALLOWED = re.compile(r"Permission denied|Errno 13|Access is denied|WinError 5\b", re.IGNORECASE)
_CONFLICT = re.compile(r"ResolutionImpossible|conflicting dependencies|\(constraint\)|user requested \(con")
_NOT_FOUND = re.compile(r"No matching distribution found for ([^\s;]+)")


def explain(log: Sequence[str], offline: bool = False) -> str:
    """One sentence on why pip failed.

    Args:
        log: all lines that pip wrote.
        offline: it was told to look in a folder only.
    """
    text = "\n".join(log)
    if _NO_SPACE.search(text):
        return "The disk is full: free some space and install again."
    if _NOT_ALLOWED.search(text):
        return (
            "Slicer's own folder cannot be written: close other Slicer windows, or install Slicer in a "
            "folder of your own."
        )
    if not offline and _NO_NETWORK.search(text):
        return "The package server was not reached: check the network, or install from a folder of wheels."
    if _CONFLICT.search(text):
        return "A package would have to replace one that Slicer came with, so nothing was installed."
    missing = _NOT_FOUND.findall(text)
    if missing:
        name = re.split(r"[<>=!~\[]", missing[-1])[0]
        if offline:
            return f"The folder holds no wheel of {name} for this system and this version of Python."
        return f"There is no version of {name} for this system and this version of Python."
    return "pip ended with an error; the last lines of its log say more."


def last_lines(log: Sequence[str], count: int = 6) -> str:
    """The end of the log without empty lines."""
    return "\n".join([line.rstrip() for line in log if line.strip()][-count:])
