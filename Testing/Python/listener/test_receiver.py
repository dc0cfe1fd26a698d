"""The node takes images of those who were named, and keeps what it has acknowledged."""

from __future__ import annotations

import json
import logging
import os
import threading
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import (
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
    Verification,
)
from support.dicom_node import SCANNER, TITLE, association, dcmsend, node_at, receiving, write_study
from support.orthanc import free_port

from MTINetLib.errors import InputError
from MTINetLib.listener import durable, receiver
from MTINetLib.listener.folder import NodeFolder
from MTINetLib.listener.peers import Peer, peer_of


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_study(tmp_path_factory.mktemp("study"), 1)


def kept(folder: Path) -> dict[str, bytes]:
    """By SOP instance UID the files that the node has."""
    files = sorted((folder / "images").glob("*/*.dcm"))
    return {str(pydicom.dcmread(file).SOPInstanceUID): file.read_bytes() for file in files}


def test_twenty_studies_interleaved_on_four_associations_arrive_whole(tmp_path: Path) -> None:
    studies = [write_study(tmp_path / str(seed), seed)[::8] for seed in range(20)]
    mixed = [file for files in zip(*studies, strict=True) for file in files]
    codes: list[int] = []
    with receiving(node_at(tmp_path / "node")) as port:
        threads = [
            threading.Thread(target=lambda part: codes.append(dcmsend(port, part)), args=(mixed[n::4],))
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert codes == [0, 0, 0, 0]
    assert len(NodeFolder(tmp_path / "node").studies()) == 20
    have = kept(tmp_path / "node")
    for file in mixed:
        sent = pydicom.dcmread(file)
        back = pydicom.dcmread(BytesIO(have[str(sent.SOPInstanceUID)]))
        assert back == sent


def test_an_object_that_comes_again_takes_its_place(tmp_path: Path, study: list[Path]) -> None:
    with receiving(node_at(tmp_path / "node")) as port:
        assert dcmsend(port, study[:2]) == 0
        assert dcmsend(port, study[:2]) == 0
    (only,) = NodeFolder(tmp_path / "node").studies()
    assert only.count() == 2


def test_an_association_that_is_aborted_leaves_what_was_acknowledged_and_no_part(
    tmp_path: Path, study: list[Path]
) -> None:
    with receiving(node_at(tmp_path / "node")) as port, association(port) as line:
        for file in study[:3]:
            assert line.send_c_store(file).Status == 0
        line.abort()
    assert set(kept(tmp_path / "node")) == {str(pydicom.dcmread(file).SOPInstanceUID) for file in study[:3]}
    assert [path for path in (tmp_path / "node").rglob("*") if path.suffix not in (".dcm", ".json", "")] == []


@pytest.mark.parametrize(
    ("title", "called"), [("STRANGER", TITLE), (SCANNER, "ELSEWHERE")], ids=["unknown caller", "other title"]
)
def test_who_was_not_named_is_rejected(tmp_path: Path, study: list[Path], title: str, called: str) -> None:
    with receiving(node_at(tmp_path / "node")) as port:
        assert dcmsend(port, study[:1], title, called) != 0
    assert kept(tmp_path / "node") == {}


def test_a_known_title_from_another_address_is_rejected(tmp_path: Path, study: list[Path]) -> None:
    node = node_at(tmp_path / "node", peers=(Peer(SCANNER, "192.0.2.1"),))
    with receiving(node) as port, association(port) as line:
        assert not line.is_established


def test_it_answers_an_echo(tmp_path: Path) -> None:
    entity = AE(SCANNER)
    entity.add_requested_context(Verification)
    with receiving(node_at(tmp_path / "node")) as port:
        line = entity.associate("127.0.0.1", port, ae_title=TITLE)
        assert line.send_c_echo().Status == 0
        line.release()


def test_results_that_an_archive_sends_round_are_not_taken(tmp_path: Path) -> None:
    entity = AE(SCANNER)
    entity.add_requested_context("1.2.840.10008.5.1.4.1.1.66.4")
    with receiving(node_at(tmp_path / "node")) as port:
        line = entity.associate("127.0.0.1", port, ae_title=TITLE)
        assert not line.accepted_contexts


def test_a_full_disk_refuses_the_object_before_anything_is_written(
    tmp_path: Path, study: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    with receiving(node_at(tmp_path / "node", reserve=1 << 60)) as port, association(port) as line:
        assert line.send_c_store(study[0]).Status == 0xA700
    assert kept(tmp_path / "node") == {}
    assert "the disk is full" in caplog.text


def test_an_object_is_acknowledged_only_after_the_disk_has_it(
    tmp_path: Path, study: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    sync = os.fsync

    def noted(number: int) -> None:
        order.append("synced")
        sync(number)

    monkeypatch.setattr(durable.os, "fsync", noted)
    with receiving(node_at(tmp_path / "node")) as port, association(port) as line:
        order.clear()
        assert line.send_c_store(study[0]).Status == 0
        order.append("acknowledged")
    assert order.count("synced") >= 2, "the file and its name"
    assert order[-1] == "acknowledged"


def test_a_failed_write_is_no_success(
    tmp_path: Path, study: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(number: int) -> None:
        raise OSError(28, "No space left on device")

    with receiving(node_at(tmp_path / "node")) as port, association(port) as line:
        monkeypatch.setattr(durable.os, "fsync", fails)
        assert line.send_c_store(study[0]).Status == 0xA700
    assert kept(tmp_path / "node") == {}


def test_the_log_names_nobody(tmp_path: Path, study: list[Path], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    node = node_at(tmp_path / "node")
    with receiving(node) as port:
        dcmsend(port, study[:2])
        dcmsend(port, study[:1], "STRANGER")
        node.work_once()
    data = pydicom.dcmread(study[0])
    told = caplog.text + " ".join(str(path) for path in (tmp_path / "node").rglob("*"))
    for value in (data.PatientID, str(data.PatientName), data.StudyInstanceUID, data.SOPInstanceUID):
        assert str(value) not in told.replace(str(tmp_path), "")
    assert "images" in caplog.text


def test_a_commitment_says_what_is_kept_and_what_is_not(tmp_path: Path, study: list[Path]) -> None:
    answers: list[tuple[int, Dataset]] = []

    def heard(event: evt.Event) -> tuple[int, None]:
        answers.append((event.event_type, event.event_information))
        return 0x0000, None

    back = free_port()
    scanner = AE(SCANNER)
    scanner.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
    listening = scanner.start_server(
        ("127.0.0.1", back), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, heard)]
    )
    node = node_at(tmp_path / "node", peers=(Peer(SCANNER, "127.0.0.1", back),))
    try:
        with receiving(node) as port:
            dcmsend(port, study[:2])
            assert ask_for_commitment(port, study[:2], "1.2.3") == 0
            node.work_once()
            assert ask_for_commitment(port, study[1:3], "1.2.4") == 0
            node.work_once()
    finally:
        listening.shutdown()
    (first, all_kept), (second, partly) = answers
    assert (first, str(all_kept.TransactionUID), len(all_kept.ReferencedSOPSequence)) == (1, "1.2.3", 2)
    assert (second, len(partly.ReferencedSOPSequence), len(partly.FailedSOPSequence)) == (2, 1, 1)
    assert partly.FailedSOPSequence[0].FailureReason == 0x0112
    assert not list((tmp_path / "node" / "commitments").glob("*"))


def test_a_commitment_waits_for_a_node_that_is_away(tmp_path: Path, study: list[Path]) -> None:
    node = node_at(tmp_path / "node", peers=(Peer(SCANNER, "127.0.0.1", free_port()),))
    with receiving(node) as port:
        assert ask_for_commitment(port, study[:1], "1.2.3") == 0
        node.work_once()
    (waiting,) = (tmp_path / "node" / "commitments").glob("*.json")
    assert json.loads(waiting.read_text())["title"] == SCANNER


def ask_for_commitment(port: int, files: list[Path], transaction: str) -> int:
    asked = Dataset()
    asked.TransactionUID = transaction
    asked.ReferencedSOPSequence = []
    for file in files:
        data, item = pydicom.dcmread(file), Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = data.SOPClassUID, data.SOPInstanceUID
        asked.ReferencedSOPSequence.append(item)
    entity = AE(SCANNER)
    entity.add_requested_context(StorageCommitmentPushModel)
    line = entity.associate("127.0.0.1", port, ae_title=TITLE)
    status, _ = line.send_n_action(asked, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
    line.release()
    return int(status.Status)


def test_a_port_that_is_taken_ends_in_a_sentence(tmp_path: Path) -> None:
    with receiving(node_at(tmp_path / "one")) as port:
        service = receiver.Service(TITLE, port, (), 0, "127.0.0.1")
        with pytest.raises(InputError, match=f"Port {port} cannot be listened at"):
            receiver.Receiver(service, NodeFolder(tmp_path / "two")).start()


@pytest.mark.parametrize(
    "text", ["SCANNER", "@10.0.0.7", "SCANNER@", "A" * 17 + "@host", "S@host:x", "S@host:0"]
)
def test_what_names_no_node_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--from"):
        peer_of(text, "--from", port_needed=False)


def test_nodes_are_named_by_title_host_and_port() -> None:
    assert peer_of("PACS@[::1]:104", "--forward", port_needed=True) == Peer("PACS", "::1", 104)
    assert peer_of("CT 1@host", "--from", port_needed=False) == Peer("CT 1", "host")
    with pytest.raises(InputError, match="write it as in --forward"):
        peer_of("PACS@host", "--forward", port_needed=True)
