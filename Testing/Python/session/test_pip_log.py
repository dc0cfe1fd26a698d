"""pip's log in one sentence."""

from __future__ import annotations

import pytest

from MTINetLib.presentation.statements import sentence
from MTINetLib.session.pip_log import explain, last_lines

RETRY = (
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip._vendor>: "
    "Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/x/"
)
NONE_FOUND = "ERROR: No matching distribution found for safetensors>=0.4.3"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "disk is full",
        ),
        ("OSError: [Errno 13] Permission denied: '/opt/Slicer/lib/Python'", "cannot be written"),
        ("OSError: [WinError 5] Access is denied: 'C:\\\\Slicer'", "cannot be written"),
        (RETRY, "package server was not reached"),
        (
            "SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))",
            "package server was not reached",
        ),
        ("ERROR: ResolutionImpossible: for help visit", "would have to replace one"),
        (NONE_FOUND, "no version of safetensors for this system"),
        ("Segmentation fault", "last lines of its log"),
    ],
)
def test_each_cause_has_its_sentence(line: str, words: str) -> None:
    said = sentence(explain(["Collecting x", line]))
    assert words in said
    assert said.endswith(".")


def test_without_network_the_network_is_blamed_and_not_the_package() -> None:
    assert "not reached" in sentence(explain([RETRY, NONE_FOUND]))


def test_a_folder_is_never_blamed_on_the_network() -> None:
    assert "holds no wheel of safetensors" in sentence(explain([NONE_FOUND], offline=True))


def test_the_end_of_the_log_has_no_empty_lines() -> None:
    assert last_lines(["a", "", "b  ", " ", "c"], 2) == "b\nc"
