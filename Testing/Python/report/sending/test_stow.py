"""STOW-RS against a service in this process that answers as it is told."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.dicom_results import IDENTITY, digest
from support.orthanc import free_port

from MTINetLib.errors import InputError
from MTINetLib.report.sending.objects import ObjectToSend, Patience, objects_in
from MTINetLib.report.sending.secure import authorization, tls_context
from MTINetLib.report.sending.stow import WebArchive, send_by_stow

#: Gives status, body and headers for the n-th request, 1 the first.
Answer = Callable[[int, str], tuple[int, bytes, dict[str, str]]]


def stored(number: int, uid: str) -> tuple[int, bytes, dict[str, str]]:
    return 200, json.dumps({"00081199": {"vr": "SQ", "Value": [item_of(uid)]}}).encode(), {}


def item_of(uid: str, reason: int | None = None) -> dict[str, Any]:
    item: dict[str, Any] = {"00081155": {"vr": "UI", "Value": [uid]}}
    return item if reason is None else {**item, "00081197": {"vr": "US", "Value": [reason]}}


def failed(status: int, reason: int | None) -> Answer:
    def answer(number: int, uid: str) -> tuple[int, bytes, dict[str, str]]:
        body = json.dumps([{"00081198": {"vr": "SQ", "Value": [item_of(uid, reason)]}}])
        return status, body.encode(), {}

    return answer


class Requests:
    """What reached the service."""

    def __init__(self) -> None:
        self.files: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []


@contextmanager
def service(
    answer: Answer, items: tuple[ObjectToSend, ...], tls: Any = None
) -> Iterator[tuple[str, Requests]]:
    """A DICOMweb service at an address; ``items`` are those that will come."""
    reached = Requests()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            boundary = self.headers["Content-Type"].rpartition("boundary=")[2].encode()
            reached.paths.append(self.path)
            reached.headers.append(dict(self.headers))
            (part,) = body.split(b"--" + boundary)[1:-1]
            reached.files.append(part.partition(b"\r\n\r\n")[2][:-2])
            now = items[min(len({digest(file) for file in reached.files}), len(items)) - 1]
            status, told, headers = answer(len(reached.paths), now.sop_instance)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(told))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http{'s' * (tls is not None)}://127.0.0.1:{server.server_port}/dicom-web", reached
    finally:
        server.shutdown()
        server.server_close()


def sent(url: str, items: tuple[ObjectToSend, ...], patience: Patience, **more: Any) -> list[Any]:
    there = WebArchive(url, **{"tls": tls_context(None, None, None), **more})
    return list(send_by_stow(items, there, patience))


def test_everything_arrives_byte_by_byte(results: Path, patience: Patience) -> None:
    items = objects_in(results)
    with service(stored, items) as (url, reached):
        outcomes = sent(url, items, patience)
    assert [(outcome.arrived, outcome.words) for outcome in outcomes] == [(True, "")] * 3
    assert reached.files == [item.path.read_bytes() for item in items]
    assert set(reached.paths) == {"/dicom-web/studies"}
    assert reached.headers[0]["Content-Type"].startswith(
        'multipart/related; type="application/dicom"; boundary='
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (failed(409, 0x0122), "does not take objects of this kind (0x0122)"),
        (failed(200, 0xA900), "does not suit the archive (0xA900)"),
        (failed(202, None), "did not store it"),
        (failed(200, 0x0110), "could not process it (0x0110)"),
        (lambda number, uid: (400, b"no", {}), "refused it (400)"),
        (
            lambda number, uid: (
                200,
                f'<NativeDicomModel><DicomAttribute tag="00081198" vr="SQ"><Item number="1"><DicomAttribute '
                f'tag="00081155" vr="UI"><Value number="1">{uid}</Value></DicomAttribute></Item>'
                "</DicomAttribute></NativeDicomModel>".encode(),
                {},
            ),
            "did not store it",
        ),
    ],
)
def test_what_was_not_stored_is_said_whatever_the_status(
    results: Path, patience: Patience, pauses: list[float], answer: Answer, words: str
) -> None:
    items = objects_in(results / "report.dcm")
    with service(answer, items) as (url, _):
        (outcome,) = sent(url, items, patience)
    assert not outcome.arrived
    assert words in outcome.words
    assert pauses == []


def test_a_busy_service_is_asked_again_after_growing_pauses(
    results: Path, patience: Patience, pauses: list[float]
) -> None:
    items = objects_in(results / "report.dcm")

    def busy(number: int, uid: str) -> tuple[int, bytes, dict[str, str]]:
        return (503, b"", {}) if number < 3 else stored(number, uid)

    with service(busy, items) as (url, _):
        (outcome,) = sent(url, items, patience)
    assert outcome.arrived
    assert pauses == [1.0, 2.0]


@pytest.mark.parametrize(("status", "words"), [(401, "refused the credentials"), (404, "no STOW-RS service")])
def test_a_refusal_of_ourselves_ends_it_at_once(
    results: Path, patience: Patience, pauses: list[float], status: int, words: str
) -> None:
    items = objects_in(results)
    with service(lambda number, uid: (status, b"", {}), items) as (url, reached):
        outcomes = sent(url, items, patience)
    assert words in outcomes[0].words
    assert [outcome.words.startswith("not tried") for outcome in outcomes] == [False, True, True]
    assert (len(reached.paths), pauses) == (1, [])


def test_objects_never_follow_a_redirection(results: Path, patience: Patience) -> None:
    items = objects_in(results / "report.dcm")
    with service(stored, items) as (elsewhere, never):
        away = {"Location": elsewhere + "/studies"}
        for status in (301, 302, 307, 308):
            with service(lambda number, uid, status=status: (status, b"", away), items) as (url, _):
                (outcome,) = sent(url, items, patience)
            assert not outcome.arrived
    assert never.paths == []


def test_credentials_are_sent_and_shown_nowhere(results: Path, patience: Patience) -> None:
    items = objects_in(results / "report.dcm")
    with service(stored, items) as (url, reached):
        basic = authorization(None, {"MTINET_DICOMWEB_USER": "lotte", "MTINET_DICOMWEB_PASSWORD": "so:ß"})
        sent(url, items, patience, authorization=basic)
        sent(url, items, patience, authorization=authorization(None, {"MTINET_DICOMWEB_TOKEN": "abc"}))
        there = WebArchive(url, tls_context(None, None, None), "Bearer abc")
    kind, _, value = reached.headers[0]["Authorization"].partition(" ")
    assert (kind, base64.b64decode(value).decode()) == ("Basic", "lotte:so:ß")
    assert reached.headers[1]["Authorization"] == "Bearer abc"
    assert "abc" not in repr(there)


def test_tls_checks_who_answers(results: Path, patience: Patience, certificate: Any) -> None:
    items = objects_in(results / "report.dcm")
    with service(stored, items, certificate.server()) as (url, reached):
        (trusted,) = sent(url, items, patience, tls=tls_context(certificate.certificate, None, None))
        (unknown,) = sent(url, items, patience)
    assert trusted.arrived
    assert not unknown.arrived
    assert "is not trusted" in unknown.words
    assert len(reached.paths) == 1


def test_where_nothing_listens_it_is_said(results: Path, patience: Patience, pauses: list[float]) -> None:
    port = free_port()
    outcomes = sent(f"http://127.0.0.1:{port}", objects_in(results), patience)
    assert outcomes[0].words == f"nothing listens at 127.0.0.1:{port}"
    assert pauses == [1.0, 2.0]


def test_no_word_tells_of_the_patient(results: Path, patience: Patience, caplog: Any) -> None:
    items = objects_in(results)
    with caplog.at_level(0), service(failed(409, 0xC000), items) as (url, _):
        outcomes = sent(url, items, patience)
    told = caplog.text + "".join(outcome.words + outcome.item.name for outcome in outcomes)
    assert [value for value in IDENTITY.values() if value in told] == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("archive.example/dicom-web", "needs an address"),
        ("ftp://archive.example", "needs an address"),
        ("https://lotte:geheim@archive.example", "Leave user and password out"),
        ("http://archive.example/dicom-web", "unencrypted"),
    ],
)
def test_addresses_that_would_betray_something_are_refused(url: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as told:
        WebArchive(url, tls_context(None, None, None), "Bearer abc")
    assert "geheim" not in str(told.value)


def test_credentials_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "archive.txt"
    file.write_text("# the archive's\nuser = lotte\npassword=a=b\n")
    assert authorization(file, {}) == "Basic " + base64.b64encode(b"lotte:a=b").decode()
    assert authorization(None, {}) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("user=lotte", "belong together"),
        ("token=abc\nuser=lotte\npassword=x", "leave one of them out"),
        ("", "names no token"),
        ("pasword=x", "may hold lines"),
    ],
)
def test_half_credentials_are_refused_without_showing_them(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "archive.txt"
    file.write_text(text)
    with pytest.raises(InputError, match=words) as told:
        authorization(file, {})
    assert "lotte" not in str(told.value)


def test_certificates_that_cannot_be_used_are_refused(tmp_path: Path, certificate: Any) -> None:
    (tmp_path / "letter.pem").write_text("dear reader")
    with pytest.raises(InputError, match="no certificate"):
        tls_context(tmp_path / "letter.pem", None, None)
    with pytest.raises(InputError, match="belong together"):
        tls_context(None, certificate.certificate, tmp_path / "letter.pem")
    with pytest.raises(InputError, match="--key needs --cert"):
        tls_context(None, None, certificate.key)
