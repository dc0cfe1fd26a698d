from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.dicom_results import write_results

from MTINetLib.report.sending.objects import Patience


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with SEG, SR and PDF."""
    folder = tmp_path_factory.mktemp("results")
    write_results(folder)
    return folder / "dicom"


@pytest.fixture
def pauses() -> list[float]:
    """The pauses that were made, without making them."""
    return []


@pytest.fixture
def patience(pauses: list[float]) -> Patience:
    return Patience(attempts=3, first_pause_s=1.0, sleep=pauses.append)


@dataclass(frozen=True)
class Certificate:
    """Of 127.0.0.1, signed by itself."""

    certificate: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: Debian, Ubuntu: apt-get install openssl")
    folder = tmp_path_factory.mktemp("certificate")
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run([*words.split(), *more], check=True, capture_output=True)
    return made
