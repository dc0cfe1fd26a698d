"""The node as a whole: receives in threads of its own, and works on one study after the other."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from MTINetLib.errors import MTINetError
from MTINetLib.listener.commitment import answer_commitments
from MTINetLib.listener.delivery import Delivery
from MTINetLib.listener.folder import NodeFolder, StudyFolder
from MTINetLib.listener.receiver import Receiver, Service
from MTINetLib.listener.work import Analyze, Completeness, analyze_study, is_due

_LOG = logging.getLogger(__name__)

_LOOK_EVERY_S, _AGAIN_S = 1.0, 60.0


@dataclass(frozen=True)
class Order:
    """What the node is to do.

    Args:
        complete: when a study is analyzed.
        analyze: how.
        delivery: where results go.
    """

    service: Service
    complete: Completeness
    analyze: Analyze
    delivery: Delivery


class Node:
    """A node over a folder, which nobody else may use meanwhile."""

    def __init__(self, folder: NodeFolder, order: Order) -> None:
        self._folder, self._order = folder, order
        self._stopped, self._wake = threading.Event(), threading.Event()
        self._receiver = Receiver(order.service, folder, committed=self._wake.set)
        self._commit_at = self._analyze_at = 0.0
        self._to_deliver: dict[str, StudyFolder] = {}

    def start(self) -> int:
        """Receive; the port. See :meth:`Receiver.start`."""
        return self._receiver.start()

    def stop(self) -> None:
        """Begin nothing more; what is left is done at the next start."""
        self._stopped.set()
        self._wake.set()

    def run(self) -> None:
        """Work until :meth:`stop` is called, in this thread."""
        try:
            while not self._stopped.is_set():
                if not self.work_once():
                    self._wake.wait(_LOOK_EVERY_S)
                    self._wake.clear()
        finally:
            self.close()

    def close(self) -> None:
        """Receive no more."""
        self._receiver.stop()

    def work_once(self) -> bool:
        """Do what is due; whether there was anything."""
        self._answer()
        busy = False
        for study in self._folder.take_open():
            busy = self._analyze(study) or busy
            if not study.is_settled():
                self._folder.keep_open(study)
            if self._order.delivery.is_wanted(study):
                self._to_deliver[study.name] = study
            busy = self._deliver() or busy
        return self._deliver() or busy

    def _analyze(self, study: StudyFolder) -> bool:
        """Whether the study was due, and its work is done."""
        waits = self._stopped.is_set() or time.monotonic() < self._analyze_at
        if waits or not is_due(study, self._order.complete):
            return False
        try:
            analyze_study(study, self._order.analyze)
        except MTINetError as error:
            self._analyze_at = time.monotonic() + _AGAIN_S
            _LOG.error("Nothing can be analyzed; tried again in %.0f s. %s", _AGAIN_S, error)
            return False
        return True

    def _deliver(self) -> bool:
        """Whether results of a study have arrived."""
        busy = False
        for name, study in list(self._to_deliver.items()):
            if self._stopped.is_set() or not self._order.delivery.is_due(study):
                continue
            if self._order.delivery.deliver(study):
                del self._to_deliver[name]
                busy = True
        return busy

    def _answer(self) -> None:
        if time.monotonic() < self._commit_at and not self._wake.is_set():
            return
        service = self._order.service
        left = answer_commitments(self._folder, service.title, service.peers, self._order.delivery.tls)
        self._commit_at = time.monotonic() + (_AGAIN_S if left else _LOOK_EVERY_S)


def run_node(order: Order, folder: NodeFolder) -> None:
    """Run a node until it is stopped by Ctrl+C."""
    node = Node(folder, order)
    port = node.start()
    _LOG.info("Listening as %s at port %d; Ctrl+C ends.", order.service.title, port)
    node.run()
