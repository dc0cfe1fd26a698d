"""Certificates for TLS, made by openssl."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    """Of 127.0.0.1, signed by itself."""

    certificate: Path
    key: Path

    def server(self, ask: Path | None = None) -> ssl.SSLContext:
        """Of a service; ``ask``: whose certificates a client must show."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        if ask is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(ask)
        return context


def make_certificate(folder: Path) -> Certificate:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: Debian, Ubuntu: apt-get install openssl")
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run([*words.split(), *more], check=True, capture_output=True)
    return made
