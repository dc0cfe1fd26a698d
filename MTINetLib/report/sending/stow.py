"""STOW-RS: objects over HTTP (PS3.18 10.5), one a request, so that each has an answer of its own."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import uuid
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    BaseHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

from MTINetLib.errors import InputError
from MTINetLib.report.sending.objects import ObjectToSend, Outcome, Patience, Unreachable

_ANSWER_S = 120.0
_LONGEST_ANSWER = 1 << 20
_FAILED, _REFERENCED, _REASON = "00081198", "00081199", "00081197"
#: Answers that say: not now (RFC 9110).
_LATER = {408, 425, 429, 500, 502, 503, 504}
_REASONS = {
    0x0110: "the archive could not process it",
    0x0117: "its instance UID is not valid",
    0x0122: "the archive does not take objects of this kind",
    0xC122: "the archive does not take its transfer syntax",
}


@dataclass(frozen=True)
class WebArchive:
    """A DICOMweb service.

    Args:
        url: of the service, without ``/studies``.
        authorization: value of the header of that name; None for none.

    Raises:
        InputError: no such address can be used, or credentials would go over the network in the clear.
    """

    url: str
    tls: ssl.SSLContext
    authorization: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("--dicomweb needs an address such as https://archive.example/dicom-web.")
        if parts.username or parts.password:
            raise InputError(
                "Leave user and password out of --dicomweb; use --credentials or the environment."
            )
        if parts.scheme == "http" and self.authorization and not self.is_here:
            raise InputError("Credentials would go unencrypted over http: use the archive's https address.")

    @property
    def is_here(self) -> bool:
        """Whether it is this machine itself."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def studies(self) -> str:
        base = self.url.rstrip("/")
        return base if base.endswith("/studies") else f"{base}/studies"


def send_by_stow(
    items: Sequence[ObjectToSend], archive: WebArchive, patience: Patience | None = None
) -> Generator[Outcome, None, None]:
    """Send one object after the other; once a service stayed away or refused us, those left are not tried."""
    patience = patience or Patience()
    opener = _opener(archive)
    given_up: str | None = None
    for item in items:
        if given_up is not None:
            yield Outcome(item, False, f"not tried, for {given_up}")
            continue
        try:
            yield _send(item, archive, opener, patience)
        except Unreachable as error:
            given_up = error.words
            yield Outcome(item, False, error.words)


def _send(item: ObjectToSend, archive: WebArchive, opener: OpenerDirector, patience: Patience) -> Outcome:
    for attempt in range(1, patience.attempts + 1):
        try:
            return _post(item, archive, opener)
        except Unreachable as error:
            if error.for_good or attempt == patience.attempts:
                raise
        patience.pause(attempt)
    raise AssertionError("patience has at least one attempt")


def _post(item: ObjectToSend, archive: WebArchive, opener: OpenerDirector) -> Outcome:
    boundary = uuid.uuid4().hex
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    request = Request(
        archive.studies,
        data=head + item.path.read_bytes() + f"\r\n--{boundary}--\r\n".encode(),
        method="POST",
        headers={
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Accept": "application/dicom+json",
            **({"Authorization": archive.authorization} if archive.authorization else {}),
        },
    )
    try:
        with opener.open(request, timeout=_ANSWER_S) as answer:
            return _said(item, answer.status, answer.read(_LONGEST_ANSWER))
    except HTTPError as error:
        with error:
            return _refused(item, error.code, error.read(_LONGEST_ANSWER))
    except URLError as error:
        raise _why_not(archive, error.reason) from error
    except (OSError, http.client.HTTPException) as error:
        raise _why_not(archive, error) from error


def _said(item: ObjectToSend, status: int, body: bytes) -> Outcome:
    """An answer of success may still say that the object was not stored."""
    failed, stored = _uids(body)
    if item.sop_instance in failed:
        return Outcome(item, False, _reason(failed[item.sop_instance]))
    if status == 200 or item.sop_instance in stored:
        return Outcome(item, True)
    if status == 202:
        return Outcome(item, True, "the archive took it with a warning")
    return Outcome(item, False, f"the archive answered {status}")


def _refused(item: ObjectToSend, status: int, body: bytes) -> Outcome:
    if status in (401, 403):
        raise Unreachable(f"the archive refused the credentials ({status})", for_good=True)
    if status in (404, 405, 501) or 300 <= status < 400:
        raise Unreachable(
            f"there is no STOW-RS service at this address ({status}); name what stands before /studies",
            for_good=True,
        )
    if status in _LATER:
        raise Unreachable(f"the archive cannot take it now ({status})")
    failed, _ = _uids(body)
    told = _reason(failed[item.sop_instance]) if item.sop_instance in failed else "the archive refused it"
    return Outcome(item, False, told if status == 409 else f"{told} ({status})")


def _uids(body: bytes) -> tuple[dict[str, int | None], set[str]]:
    """Instance UIDs that failed, with the reason's code, and those that were stored."""
    try:
        told = json.loads(body)
        first: dict[str, Any] = told[0] if isinstance(told, list) else told
        failed = {_uid(item): _number(item) for item in _items(first, _FAILED)}
        return failed, {_uid(item) for item in _items(first, _REFERENCED)}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return _uids_of_xml(body), set()


def _items(told: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    return list(told.get(tag, {}).get("Value") or [])


def _uid(item: dict[str, Any]) -> str:
    return str(item["00081155"]["Value"][0])


def _number(item: dict[str, Any]) -> int | None:
    values = item.get(_REASON, {}).get("Value")
    return int(values[0]) if values else None


def _uids_of_xml(body: bytes) -> dict[str, int | None]:
    """Some services answer in XML whatever they are asked for; only what failed matters there."""
    text = body.decode("utf-8", errors="replace")
    failed = re.search(rf'tag="{_FAILED}".*?(?=<DicomAttribute[^>]*tag="{_REFERENCED}"|\Z)', text, re.DOTALL)
    if failed is None:
        return {}
    return dict.fromkeys(re.findall(r">\s*([0-9]+(?:\.[0-9]+)+)\s*<", failed[0]))


def _reason(code: int | None) -> str:
    if code is None:
        return "the archive did not store it"
    words = _REASONS.get(code) or {
        0xA7: "the archive has no room for it",
        0xA9: "it does not suit the archive",
        0xC0: "the archive could not make sense of it",
    }.get(code >> 8, "the archive did not store it")
    return f"{words} (0x{code:04X})"


def _why_not(archive: WebArchive, reason: object) -> Unreachable:
    parts = urlsplit(archive.url)
    if isinstance(reason, ssl.SSLCertVerificationError):
        words = f"the certificate of {parts.hostname} is not trusted ({reason.verify_message})"
        return Unreachable(words, for_good=True)
    if isinstance(reason, ssl.SSLError):
        return Unreachable(f"{parts.hostname} does not speak TLS, or refused our certificate", for_good=True)
    if isinstance(reason, ConnectionRefusedError):
        return Unreachable(f"nothing listens at {parts.netloc}")
    if isinstance(reason, TimeoutError):
        return Unreachable(f"{parts.netloc} did not answer")
    return Unreachable(f"{parts.netloc} cannot be reached, or broke off")


class _NoRedirect(HTTPRedirectHandler):
    """Objects and credentials go where the user said, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener(archive: WebArchive) -> OpenerDirector:
    handlers: list[BaseHandler] = [HTTPSHandler(context=archive.tls), _NoRedirect()]
    if archive.is_here:
        handlers.append(ProxyHandler({}))
    return build_opener(*handlers)
