"""The DICOM side: C-ECHO, C-STORE of MR images, and storage commitment, from nodes that were named."""

from __future__ import annotations

import io
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pydicom
from pydicom.uid import (
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    Verification,
)

from MTINetLib.errors import InputError
from MTINetLib.listener.folder import NodeFolder
from MTINetLib.listener.peers import Peer

_LOG = logging.getLogger(__name__)

#: Only images of MR: results that an archive sends round never come back to where they were made.
TAKEN = (MRImageStorage, EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage)
_UIDS = ("StudyInstanceUID", "SOPInstanceUID")
_SUCCESS, _NO_ROOM, _NOT_UNDERSTOOD, _PROCESSING_FAILURE = 0x0000, 0xA700, 0xC000, 0x0110
_NO_SUCH_ACTION, _INVALID_ARGUMENT = 0x0123, 0x0115
#: A-ASSOCIATE-RJ (PS3.8 9.3.4): rejected for good, by the service user, calling title not recognized.
_UNKNOWN_CALLER = (0x01, 0x01, 0x03)


@dataclass(frozen=True)
class Service:
    """What the node answers to.

    Args:
        title: its application entity title.
        port: that it listens at; 0 takes a free one.
        peers: who may call it.
        reserve: bytes that stay free on the disk; an object that would take of them is refused.
        address: of the network card; empty for all.
        associations: at the same time.
        tls: of the node; None takes associations without TLS.
    """

    title: str
    port: int
    peers: Sequence[Peer]
    reserve: int
    address: str = ""
    associations: int = 10
    tls: ssl.SSLContext | None = None


class Receiver:
    """Takes objects until it is stopped.

    Args:
        committed: told when a commitment was asked for, in the association's thread.
    """

    def __init__(
        self,
        service: Service,
        folder: NodeFolder,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        # pynetdicom speaks of peers and data sets in its log.
        logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
        self._service, self._folder = service, folder
        self._committed = committed
        self._allowed = {(peer.title.strip(), address) for peer in service.peers for address in _all(peer)}
        self._server: Any = None

    def start(self) -> int:
        """Listen; the port.

        Raises:
            InputError: the port is taken or may not be used.
        """
        entity = AE(ae_title=self._service.title)
        entity.maximum_associations = self._service.associations
        entity.require_called_aet = True
        entity.add_supported_context(Verification)
        entity.add_supported_context(StorageCommitmentPushModel)
        for kind in TAKEN:
            entity.add_supported_context(kind, ALL_TRANSFER_SYNTAXES)
        handlers: list[Any] = [
            (evt.EVT_REQUESTED, self._check_caller),
            (evt.EVT_C_ECHO, lambda event: _SUCCESS),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_N_ACTION, self._commit),
        ]
        try:
            self._server = entity.start_server(
                (self._service.address, self._service.port),
                block=False,
                evt_handlers=handlers,
                ssl_context=self._service.tls,
            )
        except OSError as error:
            raise InputError(
                f"Port {self._service.port} cannot be listened at: {error.strerror or error}; choose another "
                "one with --port (below 1024 the system asks for more rights)."
            ) from error
        return int(self._server.socket.getsockname()[1])

    def stop(self) -> None:
        """Take no more; associations under way are aborted."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None

    def _check_caller(self, event: evt.Event) -> None:
        asked: Any = event.assoc.requestor
        title = str(asked.primitive.calling_ae_title).strip()
        if (title, asked.address) in self._allowed:
            return
        _LOG.warning("Refused an association: its title and address were not named with --from.")
        event.assoc.acse.send_reject(*_UNKNOWN_CALLER)

    def _store(self, event: evt.Event) -> int:
        try:
            data = event.encoded_dataset()
            header = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, specific_tags=list(_UIDS))
            study, instance = str(header.StudyInstanceUID), str(header.SOPInstanceUID)
        except Exception as error:  # what a peer sends may be anything
            _LOG.warning("An object was refused: it cannot be read (%s).", type(error).__name__)
            return _NOT_UNDERSTOOD
        if self._folder.free_bytes() - len(data) < self._service.reserve:
            _LOG.error("An object was refused: the disk is full. Make room in the node's folder.")
            return _NO_ROOM
        try:
            self._folder.keep(study, instance, data)
        except OSError as error:
            _LOG.error("An object was refused: it could not be written (%s).", error.strerror)
            return _NO_ROOM
        return _SUCCESS

    def _commit(self, event: evt.Event) -> tuple[int, None]:
        """Keep what is asked for; it is answered in an association of its own (PS3.4 J.3.3)."""
        if event.action_type != 1:
            return _NO_SUCH_ACTION, None
        try:
            asked = event.action_information
            items = [
                [str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID)]
                for item in asked.ReferencedSOPSequence
            ]
            transaction = str(asked.TransactionUID)
        except Exception as error:
            _LOG.warning("A storage commitment was refused: it cannot be read (%s).", type(error).__name__)
            return _INVALID_ARGUMENT, None
        title = str(event.assoc.requestor.ae_title).strip()
        try:
            self._folder.keep_commitment(
                transaction, {"title": title, "transaction": transaction, "items": items}
            )
        except OSError:
            return _PROCESSING_FAILURE, None
        self._committed()
        return _SUCCESS, None


def _all(peer: Peer) -> set[str]:
    """The addresses of a peer's host.

    Raises:
        InputError: nobody knows the host.
    """
    try:
        found = socket.getaddrinfo(peer.host, None)
    except OSError as error:
        raise InputError(f"The host {peer.host} of {peer.title} is not known; name its address.") from error
    return {str(entry[4][0]) for entry in found}
