"""A real archive asks the node for storage commitment, and understands the answer."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import pydicom
import pytest
from support.dicom_node import SCANNER, dcmsend, node_at, receiving, write_study
from support.orthanc import CALLER, TITLE, Orthanc, free_port, running_orthanc
from support.waiting import wait_until

from MTINetLib.listener.peers import Peer


@pytest.mark.slow
def test_orthanc_is_told_which_objects_are_kept(tmp_path: Path) -> None:
    files = write_study(tmp_path / "images", 7)[:3]
    back = free_port()
    peers = (Peer(SCANNER, "127.0.0.1"), Peer(TITLE, "127.0.0.1", back))
    node = node_at(tmp_path / "node", quiet_s=600, peers=peers)
    with receiving(node) as port:
        assert dcmsend(port, files[:2]) == 0
        settings = {"DicomPort": back, "DicomModalities": {"us": [CALLER, "127.0.0.1", port]}}
        with running_orthanc(tmp_path, settings) as archive:
            transaction = asked(archive, files)
            node.work_once()
            report = f"/storage-commitment/{transaction}"
            wait_until(lambda: archive.get(report)["Status"] != "Pending")
            told = archive.get(report)
    assert told["Status"] == "Failure", "one of the three is not here"
    assert len(told["Success"]) == 2
    (missing,) = told["Failures"]
    assert missing["SOPInstanceUID"] == pydicom.dcmread(files[2]).SOPInstanceUID


def asked(archive: Orthanc, files: list[Path]) -> str:
    """The transaction's UID."""
    heads = [pydicom.dcmread(file) for file in files]
    items = [[str(head.SOPClassUID), str(head.SOPInstanceUID)] for head in heads]
    address = f"http://127.0.0.1:{archive.http}/modalities/us/storage-commitment"
    body = json.dumps({"DicomInstances": items}).encode()
    with build_opener(ProxyHandler({})).open(Request(address, data=body), timeout=120) as answer:
        return str(json.load(answer)["ID"])
