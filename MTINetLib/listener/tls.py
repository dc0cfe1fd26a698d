"""TLS of the node: its own certificate, and whose certificates it asks for."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.report.sending.secure import tls_context

#: A caller that keeps silent for so long in the middle of a message is gone.
_SILENT_S = 60.0


@dataclass(frozen=True)
class NodeTls:
    """How the node speaks TLS.

    Args:
        receiving: to those who call it.
        calling: to those whom it calls.
    """

    receiving: ssl.SSLContext
    calling: ssl.SSLContext


def node_tls(certificate: Path | None, key: Path | None, ca: Path | None) -> NodeTls | None:
    """None where no certificate is given.

    Args:
        certificate, key: the node's own (PEM).
        ca: certificates to trust (PEM): each caller must show one that they have signed. Without it callers
            need none, and nodes that are called are checked against the system's.

    Raises:
        InputError: a file cannot be used.
    """
    if certificate is None:
        if key or ca:
            raise InputError("--tls-key and --tls-ca need --tls-cert: name the certificate of the node.")
        return None
    receiving = _Receiving(ssl.PROTOCOL_TLS_SERVER)
    receiving.minimum_version = ssl.TLSVersion.TLSv1_2
    calling = tls_context(ca, certificate, key)
    receiving.load_cert_chain(certificate, key)
    if ca is not None:
        receiving.load_verify_locations(ca)
        receiving.verify_mode = ssl.CERT_REQUIRED
    return NodeTls(receiving, calling)


class _Receiving(ssl.SSLContext):
    """Shakes hands when an association's own thread first reads: a silent caller holds up no other."""

    def wrap_socket(self, sock: socket.socket, *more: Any, **told: Any) -> ssl.SSLSocket:
        sock.settimeout(_SILENT_S)
        return super().wrap_socket(sock, *more, **{**told, "do_handshake_on_connect": False})
