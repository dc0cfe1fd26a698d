"""The node as a whole: receives in threads of its own, and works on one study after the other."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from MTINetLib.claim import claimed
from MTINetLib.errors import Cancelled
from MTINetLib.listener.commitment import answer_commitments
from MTINetLib.listener.delivery import Delivery
from MTINetLib.listener.folder import NodeFolder
from MTINetLib.listener.receiver import Receiver, Service
from MTINetLib.listener.work import Analyze, Completeness, analyze_study, is_due
from MTINetLib.progress import Silent

_LOG = logging.getLogger(__name__)

_LOOK_EVERY_S, _COMMIT_AGAIN_S = 1.0, 60.0


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
        self._progress = _UntilStopped(self._stopped)
        self._receiver = Receiver(order.service, folder, committed=self._wake.set)
        self._commit_at = 0.0

    def start(self) -> int:
        """Receive; the port. See :meth:`Receiver.start`."""
        return self._receiver.start()

    def stop(self) -> None:
        """Break off what is under way; it is done at the next start."""
        self._stopped.set()
        self._wake.set()

    def run(self) -> None:
        """Work until :meth:`stop` is called, in this thread.

        Raises:
            Cancelled: it was stopped while a study was analyzed.
        """
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
        for study in self._folder.studies():
            if self._stopped.is_set():
                return False
            if is_due(study, self._order.complete):
                busy = True
                _LOG.info("Study %s is complete: %d images.", study.name, study.count())
                analyze_study(study, self._order.analyze, self._progress)
            if self._order.delivery.is_due(study):
                busy = self._order.delivery.deliver(study) or busy
        return busy

    def _answer(self) -> None:
        if time.monotonic() < self._commit_at and not self._wake.is_set():
            return
        service = self._order.service
        left = answer_commitments(self._folder, service.title, service.peers)
        self._commit_at = time.monotonic() + (_COMMIT_AGAIN_S if left else _LOOK_EVERY_S)


class _UntilStopped(Silent):
    """Progress that nobody sees; it breaks the work off when the node is stopped."""

    def __init__(self, stopped: threading.Event) -> None:
        self._stopped = stopped

    def update(self, done: int) -> None:
        if self._stopped.is_set():
            raise Cancelled("The node was stopped.")


def run_node(order: Order, folder: NodeFolder) -> None:
    """Run a node until it is stopped by Ctrl+C."""
    with claimed(folder.path / "node.json"):
        node = Node(folder, order)
        port = node.start()
        _LOG.info("Listening as %s at port %d; Ctrl+C ends.", order.service.title, port)
        node.run()
