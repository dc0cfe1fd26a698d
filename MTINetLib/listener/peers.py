"""Who may send images, and who gets the results: ``TITLE@HOST`` and ``TITLE@HOST:PORT``."""

from __future__ import annotations

from dataclasses import dataclass

from MTINetLib.errors import InputError
from MTINetLib.report.sending.c_store import is_title


@dataclass(frozen=True)
class Peer:
    """Another DICOM node.

    Args:
        title: its application entity title.
        host: its name or address.
        port: where it takes associations; None for one that only sends.
    """

    title: str
    host: str
    port: int | None = None


def peer_of(text: str, option: str, port_needed: bool) -> Peer:
    """Read ``TITLE@HOST`` or ``TITLE@HOST:PORT``; an IPv6 address stands in brackets.

    Raises:
        InputError: it is neither, or the port is missing where it is needed.
    """
    title, at, address = text.partition("@")
    host, port = _split(address)
    example = f"{option} PACS@archive.example:104" if port_needed else f"{option} SCANNER@10.0.0.7"
    if not (at and host and is_title(title)) or (port_needed and port is None):
        raise InputError(f"{option} {text} names no DICOM node; write it as in {example}.")
    if port is not None and not 0 < port < 65536:
        raise InputError(f"{port} in {option} {text} is no port: name one from 1 to 65535.")
    return Peer(title, host, port)


def _split(address: str) -> tuple[str, int | None]:
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        port = rest.removeprefix(":")
    else:
        host, _, port = address.partition(":")
    if not port:
        return host, None
    return (host, int(port)) if port.isdecimal() else ("", None)
