"""C-STORE: objects over a DICOM association (PS3.4 B, PS3.7 9.1)."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from MTINetLib.errors import InputError
from MTINetLib.report.sending.objects import ObjectToSend, Outcome, Patience, Unreachable

if TYPE_CHECKING:
    from pynetdicom.association import Association

_VERIFICATION = "1.2.840.10008.1.1"
#: An association has room for 128 contexts (PS3.8 9.3.2.2); one is for C-ECHO.
_MOST_CONTEXTS = 127
_LONGEST_TITLE = 16
_CONNECT_S, _ANSWER_S = 10.0, 120.0
_REJECTED_FOR_GOOD = 1


@dataclass(frozen=True)
class Archive:
    """Where to, and under which names.

    Args:
        called, calling: application entity titles, the archive's and our own, at most 16 characters.
        tls: None speaks without TLS.

    Raises:
        InputError: a title or the port makes no sense.
    """

    host: str
    port: int
    called: str
    calling: str = "MTINET"
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if not 0 < self.port < 65536:
            raise InputError(f"{self.port} is no port: name one from 1 to 65535.")
        for title in (self.called, self.calling):
            if not is_title(title):
                raise InputError(
                    f"'{title}' is no application entity title: use 1 to {_LONGEST_TITLE} plain letters."
                )


def is_title(text: str) -> bool:
    """Whether a text is an application entity title (PS3.5 6.2, AE)."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    return bool(text.strip()) and len(text) <= _LONGEST_TITLE and plain


def archive_address(text: str) -> tuple[str, int]:
    """``host:port`` or ``[IPv6]:port``.

    Raises:
        InputError: it is neither.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (host and colon and port.isdigit()):
        raise InputError(f"--to {text} is no address: write host:port, such as archive.example:104.")
    return host, int(port)


def send_by_c_store(
    items: Sequence[ObjectToSend], archive: Archive, patience: Patience | None = None
) -> Generator[Outcome, None, None]:
    """Send one object after the other; each association begins with C-ECHO.

    An association that breaks is opened again. Once an archive stayed away through all attempts, the objects
    left are not tried. Closing the generator breaks off what is under way.

    Raises:
        InputError: too many kinds of objects for an association.
    """
    # pynetdicom speaks of peers and data sets in its log.
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    patience = patience or Patience()
    line = _Line(archive, items)
    given_up: str | None = None
    try:
        for item in items:
            if given_up is not None:
                yield Outcome(item, False, f"not tried, for {given_up}")
                continue
            try:
                yield _send(item, line, patience)
            except Unreachable as error:
                given_up = error.words
                yield Outcome(item, False, error.words)
        line.release()
    finally:
        line.abort()


def _send(item: ObjectToSend, line: _Line, patience: Patience) -> Outcome:
    """One object, as often as patience says; raises Unreachable when the archive stays away."""
    outcome: Outcome | None = None
    for attempt in range(1, patience.attempts + 1):
        try:
            outcome, may_change = line.store(item)
        except Unreachable as error:
            line.abort()
            if error.for_good or attempt == patience.attempts:
                raise
        else:
            if outcome.arrived or not may_change:
                return outcome
        patience.pause(attempt)
    assert outcome is not None  # else Unreachable was raised
    return outcome


class _Line:
    """An association that is opened when it is needed."""

    def __init__(self, archive: Archive, items: Sequence[ObjectToSend]) -> None:
        self._archive = archive
        self._wanted = sorted({(item.sop_class, item.transfer_syntax) for item in items})
        self._association: Association | None = None
        if len(self._wanted) > _MOST_CONTEXTS:
            raise InputError(
                f"The folder holds {len(self._wanted)} kinds of objects, and an association takes "
                f"{_MOST_CONTEXTS}: send its parts one by one."
            )

    def store(self, item: ObjectToSend) -> tuple[Outcome, bool]:
        """What the archive said, and whether asking again may change that.

        Raises:
            Unreachable: there is no association, or it broke.
        """
        association = self._open()
        kinds = {
            (context.abstract_syntax, context.transfer_syntax[0]) for context in association.accepted_contexts
        }
        if (item.sop_class, item.transfer_syntax) not in kinds:
            words = f"the archive does not take {item.sop_class.name} in {item.transfer_syntax.name}"
            return Outcome(item, False, words), False
        try:
            with _files_as_they_are():
                answer = association.send_c_store(item.path)
        except (RuntimeError, OSError) as error:
            raise Unreachable("the association broke") from error
        if "Status" not in answer:
            raise Unreachable("the archive did not answer, or broke off the association")
        return _said(item, int(answer.Status))

    def release(self) -> None:
        if self._association is not None and self._association.is_established:
            self._association.release()
        self._association = None

    def abort(self) -> None:
        if self._association is not None and self._association.is_established:
            self._association.abort()
        self._association = None

    def _open(self) -> Association:
        if self._association is None or not self._association.is_established:
            self._association = _associate(self._archive, self._wanted)
            _echo(self._association)
        return self._association


@contextmanager
def _files_as_they_are() -> Iterator[None]:
    """No element is decoded and written again. The setting is the whole process's, where others send too."""
    from pynetdicom import _config

    before = _config.STORE_SEND_CHUNKED_DATASET
    _config.STORE_SEND_CHUNKED_DATASET = True
    try:
        yield
    finally:
        _config.STORE_SEND_CHUNKED_DATASET = before


def _associate(archive: Archive, wanted: Sequence[tuple[str, str]]) -> Association:
    from pynetdicom import AE, build_context

    entity = AE(ae_title=archive.calling)
    entity.connection_timeout = _CONNECT_S
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = _ANSWER_S
    contexts = [build_context(_VERIFICATION), *(build_context(kind, [syntax]) for kind, syntax in wanted)]
    association = entity.associate(
        archive.host,
        archive.port,
        contexts=contexts,
        ae_title=archive.called,
        tls_args=None if archive.tls is None else (archive.tls, archive.host),
    )
    if association.is_established:
        return association
    if association.is_rejected:
        answer = association.acceptor.primitive
        reason = getattr(answer, "reason_str", "no reason").lower()
        for_good = getattr(answer, "result", None) == _REJECTED_FOR_GOOD
        raise Unreachable(f"the archive rejected the association ({reason})", for_good=for_good)
    raise _why_not(archive)


def _echo(association: Association) -> None:
    """C-ECHO, where the archive knows it."""
    if _VERIFICATION not in {context.abstract_syntax for context in association.accepted_contexts}:
        return
    try:
        answer = association.send_c_echo()
    except RuntimeError as error:
        raise Unreachable("the association broke") from error
    if answer.get("Status") != 0:
        raise Unreachable("the archive did not answer C-ECHO")


def _why_not(archive: Archive) -> Unreachable:
    """Why there was no association, asked of the network itself."""
    place = f"{archive.host}:{archive.port}"
    try:
        with socket.create_connection((archive.host, archive.port), timeout=_CONNECT_S) as plain:
            if archive.tls is not None:
                archive.tls.wrap_socket(plain, server_hostname=archive.host).close()
    except socket.gaierror:
        return Unreachable(f"the host name {archive.host} is not known")
    except ConnectionRefusedError:
        return Unreachable(f"nothing listens at {place}")
    except ssl.SSLCertVerificationError as error:
        return Unreachable(
            f"the certificate of {place} is not trusted ({error.verify_message})", for_good=True
        )
    except ssl.SSLError:
        return Unreachable(f"{place} does not speak TLS, or refused our certificate", for_good=True)
    except TimeoutError:
        return Unreachable(f"{place} did not answer")
    except OSError as error:
        return Unreachable(f"{place} cannot be reached ({error.strerror or type(error).__name__})")
    return Unreachable(f"{place} broke off, or speaks no DICOM{'' if archive.tls else ' without TLS'}")


def _said(item: ObjectToSend, status: int) -> tuple[Outcome, bool]:
    """A status of C-STORE (PS3.4 B.2.3) in words, and whether asking again may change it."""
    if status == 0:
        return Outcome(item, True), False
    if 0xB000 <= status <= 0xBFFF or status == 0x0001:
        return Outcome(item, True, f"the archive took it with a warning (0x{status:04X})"), False
    if 0xA700 <= status <= 0xA7FF:
        return Outcome(item, False, f"the archive has no room for it (0x{status:04X})"), True
    kinds = {0xA9: "it does not suit the archive", 0x01: "the archive refused it"}
    words = kinds.get(status >> 8, "the archive could not make sense of it")
    return Outcome(item, False, f"{words} (0x{status:04X})"), False
