"""What went wrong in an installation, from what pip wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence

from MTINetLib.errors import Statement

_NO_NETWORK = re.compile(
    r"NewConnectionError|name resolution|getaddrinfo|Max retries exceeded|ConnectTimeout|ReadTimeout|"
    r"Read timed out|ProxyError|Network is unreachable|CERTIFICATE_VERIFY_FAILED|SSLError|Connection refused",
    re.IGNORECASE,
)
_NO_SPACE = re.compile(r"No space left on device|Errno 28|WinError 112|not enough space", re.IGNORECASE)
_NOT_ALLOWED = re.compile(r"Permission denied|Errno 13|Access is denied|WinError 5\b", re.IGNORECASE)
_CONFLICT = re.compile(r"ResolutionImpossible|conflicting dependencies|\(constraint\)|user requested \(con")
_NOT_FOUND = re.compile(r"No matching distribution found for ([^\s;]+)")


def explain(log: Sequence[str], offline: bool = False) -> Statement:
    """Why pip failed.

    Args:
        log: all lines that pip wrote.
        offline: it was told to look in a folder only.
    """
    text = "\n".join(log)
    if _NO_SPACE.search(text):
        return Statement.of("pip_disk_full")
    if _NOT_ALLOWED.search(text):
        return Statement.of("pip_not_allowed")
    if not offline and _NO_NETWORK.search(text):
        return Statement.of("pip_no_network")
    if _CONFLICT.search(text):
        return Statement.of("pip_conflict")
    missing = _NOT_FOUND.findall(text)
    if not missing:
        return Statement.of("pip_failed")
    name = re.split(r"[<>=!~\[]", missing[-1])[0]
    return Statement.of("pip_no_wheel" if offline else "pip_no_version", package=name)


def last_lines(log: Sequence[str], count: int = 6) -> str:
    """The end of the log without empty lines."""
    return "\n".join([line.rstrip() for line in log if line.strip()][-count:])
