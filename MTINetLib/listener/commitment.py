"""Answers to storage commitments (PS3.4 J): which objects are kept here."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, build_role
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from MTINetLib.listener.folder import NodeFolder
from MTINetLib.listener.peers import Peer

_LOG = logging.getLogger(__name__)

#: Event types (PS3.4 J.3.3.1.1), and why an object failed: no such object instance (PS3.3 C.14.1.1).
_ALL_KEPT, _SOME_MISSING, _NO_SUCH_OBJECT = 1, 2, 0x0112
_ANSWER_S = 20.0


def answer_commitments(
    folder: NodeFolder, title: str, peers: Sequence[Peer], tls: ssl.SSLContext | None = None
) -> int:
    """Answer those that wait; how many are left, for their node could not be reached.

    Args:
        title: our own.
        peers: with a port where they take answers.
        tls: with which certificates; None speaks without TLS.
    """
    left = 0
    ports = {peer.title.strip(): peer for peer in peers if peer.port is not None}
    for file in folder.commitments():
        told = _read(file)
        peer = None if told is None else ports.get(str(told["title"]))
        if told is None or peer is None:
            _LOG.error(
                "A storage commitment cannot be answered: add the port of its node to --from TITLE@HOST:PORT."
            )
            file.unlink(missing_ok=True)
        elif _send(peer, title, tls, *_report(folder, told)):
            file.unlink(missing_ok=True)
        else:
            left += 1
    return left


def _read(file: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return told if {"title", "transaction", "items"} <= set(told) else None
    except (OSError, ValueError, TypeError):
        return None


def _report(folder: NodeFolder, told: Mapping[str, Any]) -> tuple[int, Dataset]:
    """Event type and information."""
    kept = [item for item in told["items"] if folder.has(item[1])]
    missing = [item for item in told["items"] if not folder.has(item[1])]
    answer = Dataset()
    answer.TransactionUID = told["transaction"]
    answer.ReferencedSOPSequence = [_item(item) for item in kept]
    if missing:
        answer.FailedSOPSequence = [_item(item, _NO_SUCH_OBJECT) for item in missing]
    return (_SOME_MISSING if missing else _ALL_KEPT), answer


def _item(uids: Sequence[str], reason: int | None = None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = uids
    if reason is not None:
        item.FailureReason = reason
    return item


def _send(peer: Peer, title: str, tls: ssl.SSLContext | None, event_type: int, answer: Dataset) -> bool:
    """Whether the node took it."""
    entity = AE(ae_title=title)
    entity.acse_timeout = entity.dimse_timeout = _ANSWER_S
    entity.network_timeout = entity.connection_timeout = _ANSWER_S
    entity.add_requested_context(StorageCommitmentPushModel)
    role = build_role(StorageCommitmentPushModel, scp_role=True)
    assert peer.port is not None
    line = entity.associate(
        peer.host,
        peer.port,
        ae_title=peer.title,
        ext_neg=[role],
        tls_args=None if tls is None else (tls, peer.host),
    )
    if not line.is_established:
        return False
    try:
        status, _ = line.send_n_event_report(
            answer, event_type, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
        )
        return getattr(status, "Status", None) == 0
    except (RuntimeError, ValueError):
        return False
    finally:
        line.release()
