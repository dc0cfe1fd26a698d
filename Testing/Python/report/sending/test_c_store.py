"""C-STORE against an archive in this process that behaves as it is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, _config, evt
from support.dicom_results import IDENTITY, digest
from support.orthanc import free_port

from MTINetLib.errors import InputError
from MTINetLib.report.sending.c_store import Archive, archive_address, send_by_c_store
from MTINetLib.report.sending.objects import ObjectToSend, Patience, objects_in
from MTINetLib.report.sending.secure import tls_context

SEG, SR, PDF = [f"1.2.840.10008.5.1.4.1.1.{number}" for number in ("66.4", "88.34", "104.1")]
#: Not a status: the archive breaks off.
DROP = 0xFFFF


class Stored:
    """What reached the archive: data sets by UID as bytes, and the order of what was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []


@contextmanager
def archive(
    answer: Callable[[int], int] = lambda number: 0,
    takes: tuple[str, ...] = (SEG, SR, PDF),
    tls: Any = None,
    title: str = "ARCHIVE",
) -> Iterator[tuple[int, Stored]]:
    """``answer`` gives the status for the n-th object, 1 the first."""
    stored = Stored()

    def store(event: Any) -> int:
        stored.asked.append("store")
        status = answer(stored.asked.count("store"))
        if status == DROP:
            event.assoc.abort()
        if status == 0 or 0xB000 <= status < 0xC000:
            stored.files[event.request.AffectedSOPInstanceUID] = event.encoded_dataset()
        return status

    def echo(event: Any) -> int:
        stored.asked.append("echo")
        return 0

    entity = AE(title)
    entity.require_called_aet = True
    entity.add_supported_context("1.2.840.10008.1.1")
    for kind in takes:
        entity.add_supported_context(kind, ExplicitVRLittleEndian)
    port = free_port()
    handlers = [(evt.EVT_C_STORE, store), (evt.EVT_C_ECHO, echo)]
    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers, ssl_context=tls)
    try:
        yield port, stored
    finally:
        server.shutdown()


def sent(port: int, items: tuple[ObjectToSend, ...], patience: Patience, **more: Any) -> list[Any]:
    there = Archive("127.0.0.1", port, **{"called": "ARCHIVE", **more})
    return list(send_by_c_store(items, there, patience))


def test_everything_arrives_after_an_echo_byte_by_byte(results: Path, patience: Patience) -> None:
    items = objects_in(results)
    assert [item.name for item in items] == ["measurements.dcm", "report.dcm", "segmentation.dcm"]
    with archive() as (port, stored):
        outcomes = sent(port, items, patience)
    assert [(outcome.arrived, outcome.words) for outcome in outcomes] == [(True, "")] * 3
    assert stored.asked == ["echo", "store", "store", "store"]
    assert {uid: digest(file) for uid, file in stored.files.items()} == {
        item.sop_instance: digest(item.path) for item in items
    }


def test_others_in_the_process_send_as_they_did_before(results: Path, patience: Patience) -> None:
    kept = _config.STORE_SEND_CHUNKED_DATASET
    items = objects_in(results / "segmentation.dcm")
    with archive() as (port, _):
        assert [outcome.arrived for outcome in sent(port, items, patience)] == [True]
    assert kept == _config.STORE_SEND_CHUNKED_DATASET


def test_a_full_archive_is_asked_again_after_growing_pauses(
    results: Path, patience: Patience, pauses: list[float]
) -> None:
    items = objects_in(results / "segmentation.dcm")
    with archive(lambda number: 0xA700 if number < 3 else 0) as (port, stored):
        (outcome,) = sent(port, items, patience)
    assert outcome.arrived
    assert pauses == [1.0, 2.0]
    assert stored.asked.count("store") == 3


def test_an_archive_that_stays_full_is_said_with_its_status(
    results: Path, patience: Patience, pauses: list[float]
) -> None:
    with archive(lambda number: 0xA700) as (port, _):
        (outcome,) = sent(port, objects_in(results / "segmentation.dcm"), patience)
    assert (outcome.arrived, outcome.words) == (False, "the archive has no room for it (0xA700)")
    assert len(pauses) == 2


@pytest.mark.parametrize(
    ("status", "arrived", "words"),
    [
        (0xB000, True, "with a warning (0xB000)"),
        (0xA900, False, "does not suit the archive (0xA900)"),
        (0xC123, False, "could not make sense of it (0xC123)"),
        (0x0124, False, "refused it (0x0124)"),
    ],
)
def test_each_status_has_its_words_and_is_not_asked_again(
    results: Path, patience: Patience, pauses: list[float], status: int, arrived: bool, words: str
) -> None:
    with archive(lambda number: status) as (port, stored):
        (outcome,) = sent(port, objects_in(results / "report.dcm"), patience)
    assert outcome.arrived is arrived
    assert words in outcome.words
    assert (pauses, stored.asked.count("store")) == ([], 1)


def test_one_kind_that_is_not_taken_does_not_stop_the_others(results: Path, patience: Patience) -> None:
    with archive(takes=(SEG, PDF)) as (port, _):
        outcomes = sent(port, objects_in(results), patience)
    assert [outcome.arrived for outcome in outcomes] == [False, True, True]
    assert "does not take Comprehensive 3D SR Storage in Explicit VR Little Endian" in outcomes[0].words


def test_a_broken_association_is_opened_again(results: Path, patience: Patience, pauses: list[float]) -> None:
    """The archive drops the line at the second object, once."""
    with archive(lambda number: DROP if number == 2 else 0) as (port, stored):
        outcomes = sent(port, objects_in(results), patience)
    assert [outcome.arrived for outcome in outcomes] == [True, True, True]
    assert stored.asked.count("echo") == 2
    assert pauses == [1.0]


def test_where_nothing_listens_the_rest_is_not_tried(
    results: Path, patience: Patience, pauses: list[float]
) -> None:
    port = free_port()
    outcomes = sent(port, objects_in(results), patience)
    assert [outcome.words for outcome in outcomes] == [
        f"nothing listens at 127.0.0.1:{port}",
        *[f"not tried, for nothing listens at 127.0.0.1:{port}"] * 2,
    ]
    assert pauses == [1.0, 2.0]


def test_a_wrong_title_is_not_tried_again(results: Path, patience: Patience, pauses: list[float]) -> None:
    with archive() as (port, stored):
        outcomes = sent(port, objects_in(results), patience, called="SOMEBODY")
    assert "rejected the association (called ae title not recognised)" in outcomes[0].words
    assert (pauses, stored.asked) == ([], [])


def test_tls_checks_who_answers(results: Path, patience: Patience, certificate: Any) -> None:
    items = objects_in(results / "segmentation.dcm")
    with archive(tls=certificate.server()) as (port, stored):
        known = tls_context(certificate.certificate, None, None)
        (trusted,) = sent(port, items, patience, tls=known)
        (unknown,) = sent(port, items, patience, tls=tls_context(None, None, None))
    assert trusted.arrived
    assert not unknown.arrived
    assert "is not trusted" in unknown.words
    assert stored.asked.count("store") == 1


def test_breaking_off_leaves_no_association(results: Path, patience: Patience) -> None:
    items = objects_in(results)
    with archive() as (port, stored):
        coming = send_by_c_store(items, Archive("127.0.0.1", port, "ARCHIVE"), patience)
        assert next(coming).arrived
        coming.close()
        assert stored.asked.count("store") == 1


def test_no_log_tells_of_the_patient(
    results: Path, patience: Patience, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), archive(lambda number: 0xC000) as (port, _):
        outcomes = sent(port, objects_in(results), patience)
    told = caplog.text + "".join(outcome.words + outcome.item.name for outcome in outcomes)
    assert [value for value in IDENTITY.values() if value in told] == []


@pytest.mark.parametrize("text", ["archive", "archive:", ":104", "archive:dicom", ""])
def test_an_address_needs_host_and_port(text: str) -> None:
    with pytest.raises(InputError, match="host:port"):
        archive_address(text)


def test_addresses_of_both_kinds_are_understood() -> None:
    assert archive_address("archive.example:104") == ("archive.example", 104)
    assert archive_address("[::1]:11112") == ("::1", 11112)


@pytest.mark.parametrize(
    "wrong", [{"called": "A" * 17}, {"called": " "}, {"calling": "Ärchiv"}, {"calling": "A\\B"}, {"port": 0}]
)
def test_titles_and_ports_that_dicom_does_not_know_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Archive(**{"host": "127.0.0.1", "port": 104, "called": "ARCHIVE", **wrong})
