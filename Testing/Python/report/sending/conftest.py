from __future__ import annotations

from pathlib import Path

import pytest
from support.certificate import Certificate, make_certificate
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


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))
