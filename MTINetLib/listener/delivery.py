"""Results on their way to an archive, tried again until they have arrived."""

from __future__ import annotations

import logging
import ssl
import time
from dataclasses import dataclass, field

from MTINetLib.errors import InputError
from MTINetLib.listener.folder import StudyFolder
from MTINetLib.listener.peers import Peer
from MTINetLib.report.sending.c_store import Archive, send_by_c_store
from MTINetLib.report.sending.objects import Patience, objects_in

_LOG = logging.getLogger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 30.0, 3600.0


@dataclass
class Delivery:
    """Where results go; without ``archive`` nowhere.

    Args:
        title: our own.
        tls: with which certificates; None speaks without TLS.
    """

    archive: Peer | None
    title: str
    tls: ssl.SSLContext | None = None
    _not_before: dict[str, float] = field(default_factory=dict)

    def is_wanted(self, study: StudyFolder) -> bool:
        """Whether there are results that have not arrived."""
        state = study.state()
        return bool(self.archive and state.settled and not state.problem and not state.delivered)

    def is_due(self, study: StudyFolder) -> bool:
        """Whether it is time to try one whose results are wanted."""
        return time.monotonic() >= self._not_before.get(study.name, 0.0)

    def deliver(self, study: StudyFolder) -> bool:
        """Send the DICOM objects of a study's results; whether all arrived."""
        assert self.archive is not None
        assert self.archive.port is not None
        try:
            items = objects_in(study.results / "dicom")
        except InputError:
            _LOG.warning("Study %s has no DICOM objects to send; its NOTES.txt says why.", study.name)
            study.change(delivered=True)
            return True
        archive = Archive(self.archive.host, self.archive.port, self.archive.title, self.title, self.tls)
        missing = [o for o in send_by_c_store(items, archive, Patience(attempts=1)) if not o.arrived]
        if not missing:
            study.change(delivered=True)
            _LOG.info("Study %s: %d objects have arrived.", study.name, len(items))
            return True
        tries = study.change(tries=study.state().tries + 1).tries
        pause = min(_FIRST_PAUSE_S * 2 ** min(tries - 1, 10), _LONGEST_PAUSE_S)
        self._not_before[study.name] = time.monotonic() + pause
        _LOG.warning(
            "Study %s: %d of %d objects did not arrive (%s); tried again in %.0f s.",
            study.name,
            len(missing),
            len(items),
            missing[0].words,
            pause,
        )
        return False
