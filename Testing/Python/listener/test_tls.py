"""The node over TLS, with dcmtk as the other side."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel
from support.certificate import Certificate, make_certificate
from support.dicom_node import SCANNER, TITLE, node_at, receiving, write_study
from support.orthanc import free_port

from MTINetLib.errors import InputError
from MTINetLib.listener.commitment import answer_commitments
from MTINetLib.listener.folder import NodeFolder
from MTINetLib.listener.peers import Peer
from MTINetLib.listener.tls import NodeTls, node_tls


@pytest.fixture(scope="module")
def node_own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="module")
def scanner_own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("scanner"))


@pytest.fixture
def mutual(node_own: Certificate, scanner_own: Certificate) -> NodeTls:
    """Of a node that takes the scanner alone."""
    tls = node_tls(node_own.certificate, node_own.key, scanner_own.certificate)
    assert tls is not None
    return tls


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("study"), 1)[0]


def storescu(port: int, file: Path, *tls: object) -> int:
    """Exit code of dcmtk's sender, which checks who answers where it speaks TLS."""
    program = shutil.which("storescu")
    if program is None:
        pytest.skip("storescu is not installed: Debian, Ubuntu: apt-get install dcmtk")
    names = ["-aet", SCANNER, "-aec", TITLE, "-ta", "10"]
    words = [program, *names, *map(str, tls), "127.0.0.1", str(port), str(file)]
    return subprocess.run(words, capture_output=True, timeout=300).returncode


def silent(port: int) -> socket.socket:
    """A caller that says nothing by itself."""
    return socket.create_connection(("127.0.0.1", port))


def test_only_a_caller_with_a_trusted_certificate_is_taken(
    tmp_path: Path, image: Path, mutual: NodeTls, node_own: Certificate, scanner_own: Certificate
) -> None:
    node = node_at(tmp_path / "node", tls=mutual)
    with receiving(node) as port:
        trusted = ("+cf", node_own.certificate)
        for stranger in ((), ("+tla", *trusted), ("+tls", node_own.key, node_own.certificate, *trusted)):
            assert storescu(port, image, *stranger) != 0
        assert NodeFolder(tmp_path / "node").studies() == []
        assert storescu(port, image, "+tls", scanner_own.key, scanner_own.certificate, *trusted) == 0
    assert NodeFolder(tmp_path / "node").studies()[0].count() == 1


def test_without_an_authority_a_caller_needs_no_certificate_and_can_check_the_node(
    tmp_path: Path, image: Path, node_own: Certificate, scanner_own: Certificate
) -> None:
    tls = node_tls(node_own.certificate, node_own.key, None)
    with receiving(node_at(tmp_path / "node", tls=tls)) as port:
        assert storescu(port, image, "+tla", "+cf", scanner_own.certificate) != 0
        assert storescu(port, image, "+tla", "+cf", node_own.certificate) == 0


def test_a_caller_that_keeps_silent_holds_up_no_other(
    tmp_path: Path, image: Path, mutual: NodeTls, node_own: Certificate, scanner_own: Certificate
) -> None:
    own = ("+tls", scanner_own.key, scanner_own.certificate, "+cf", node_own.certificate)
    with receiving(node_at(tmp_path / "node", tls=mutual)) as port, silent(port), silent(port) as half:
        half.sendall(b"\x16\x03\x01")
        assert storescu(port, image, *own) == 0


def test_a_commitment_is_answered_over_tls(tmp_path: Path, mutual: NodeTls, scanner_own: Certificate) -> None:
    answers: list[Dataset] = []

    def heard(event: evt.Event) -> tuple[int, None]:
        answers.append(event.event_information)
        return 0x0000, None

    scanner, back = AE(SCANNER), free_port()
    scanner.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
    handlers: list[Any] = [(evt.EVT_N_EVENT_REPORT, heard)]
    folder = NodeFolder(tmp_path / "node")
    folder.keep_commitment("1.2.3", {"title": SCANNER, "transaction": "1.2.3", "items": [["1.2", "1.3"]]})
    peers = (Peer(SCANNER, "127.0.0.1", back),)
    listening = scanner.start_server(
        ("127.0.0.1", back), block=False, evt_handlers=handlers, ssl_context=scanner_own.server()
    )
    try:
        assert answer_commitments(folder, TITLE, peers) == 1, "it waits: the scanner speaks TLS alone"
        assert answer_commitments(folder, TITLE, peers, mutual.calling) == 0
    finally:
        listening.shutdown()
    assert [str(answer.TransactionUID) for answer in answers] == ["1.2.3"]


def test_what_is_no_certificate_ends_in_a_sentence(tmp_path: Path, node_own: Certificate) -> None:
    letter = tmp_path / "letter.pem"
    letter.write_text("hello")
    own = node_own.certificate
    for told, said in (
        ((None, node_own.key, None), "need --tls-cert"),
        ((letter, node_own.key, None), "letter.pem and its key cannot be used"),
        ((own, letter, None), "and its key cannot be used"),
        ((own, node_own.key, letter), "letter.pem holds no certificate"),
    ):
        with pytest.raises(InputError, match=said):
            node_tls(*told)
