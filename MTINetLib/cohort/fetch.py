"""Studies of an archive, fetched ahead of the workers, so that network and computing overlap.

Images lie in a private folder inside the results' own, from just before their study is worked on until just
after it.
"""

from __future__ import annotations

import queue
import shutil
import threading
import uuid
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.alive import AliveLock
from MTINetLib.cohort.cohort_study import CohortStudy
from MTINetLib.cohort.quiet import quiet
from MTINetLib.cohort.room import refuse_a_full_disk
from MTINetLib.cohort.supply import Ready, Supply
from MTINetLib.cohort.web_archive import LOGGERS, SERIES, Trouble, WebClient, WebSource, value_of
from MTINetLib.cohort.web_studies import MR, error_of_all
from MTINetLib.cohort.work import UNFINISHED_FOLDER
from MTINetLib.errors import MTINetError
from MTINetLib.output_place import clear_disk_errors
from MTINetLib.report.sending.objects import Patience

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydicom import Dataset

#: Connections at a time.
_AT_A_TIME = 4


class FetchedStudies(Supply):
    """Fetches as many studies ahead as are worked on."""

    def __init__(
        self, studies: Sequence[CohortStudy], source: WebSource, out: Path, patience: Patience | None = None
    ) -> None:
        super().__init__(studies)
        self._out, self._patience = out, patience or Patience()
        self._client = WebClient(source.archive)
        self._asked: queue.SimpleQueue[CohortStudy] = queue.SimpleQueue()
        self._ready: queue.SimpleQueue[Ready | MTINetError] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._ahead = 0
        self._quiet = quiet(*LOGGERS)
        self._quiet.__enter__()
        with clear_disk_errors(out):
            self._place = out.absolute() / UNFINISHED_FOLDER / uuid.uuid4().hex
            self._place.mkdir(parents=True, mode=0o700)
            self._lock = AliveLock(self._place)

    @property
    def left(self) -> bool:
        return bool(self._waiting) or self._ahead > 0

    def next(self, slots: int) -> Ready | None:
        while self._waiting and self._ahead < max(1, slots):
            self._ahead += 1
            self._asked.put(self._waiting.popleft())
            if len(self._threads) < min(_AT_A_TIME, self._ahead):
                self._begin_thread()
        with suppress(queue.Empty):
            ready = self._ready.get_nowait()
            if isinstance(ready, MTINetError):
                raise ready
            self._ahead -= 1
            return ready
        return None

    def done(self, study: CohortStudy) -> None:
        shutil.rmtree(self._place / study.name, ignore_errors=True)

    def close(self) -> None:
        """What is under way is dropped; a thread that waits for the network ends with the process."""
        self._stopped.set()
        shutil.rmtree(self._place, ignore_errors=True)
        self._lock.release()
        self._quiet.__exit__(None, None, None)

    def _begin_thread(self) -> None:
        thread = threading.Thread(target=self._work, daemon=True, name="mtinet-fetch")
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while not self._stopped.is_set():
            with suppress(queue.Empty):
                study = self._asked.get(timeout=0.2)
                self._ready.put(self._fetched(study))

    def _fetched(self, study: CohortStudy) -> Ready | MTINetError:
        try:
            refuse_a_full_disk(self._out)
            with clear_disk_errors(self._out):
                return Ready(study, replace(study, files=self._fetch(study)))
        except Trouble as trouble:
            if trouble.everyone:
                return error_of_all(trouble)
            self.done(study)
            return Ready(study, study, f"The archive {trouble.words}.")
        except MTINetError as error:
            return error
        except Exception as error:  # a thread that ends would leave the run waiting for ever
            return Ready(study, study, f"The study could not be fetched ({type(error).__name__}).")

    def _fetch(self, study: CohortStudy) -> tuple[str, ...]:
        """As often as patience says.

        Raises:
            Trouble: it did not come whole.
        """
        for attempt in range(1, self._patience.attempts + 1):
            try:
                return self._fetch_once(study)
            except Trouble as trouble:
                self.done(study)
                if not trouble.again or attempt == self._patience.attempts or self._stopped.is_set():
                    raise
            self._patience.pause(attempt)
        raise AssertionError("patience has at least one attempt")

    def _fetch_once(self, study: CohortStudy) -> tuple[str, ...]:
        folder = self._place / study.name
        folder.mkdir(exist_ok=True)
        uid = study.place.rpartition("/")[2]
        files: dict[str, str] = {}
        number = expected = 0
        for series in sorted(self._client.series(uid, MR), key=lambda one: value_of(one, SERIES)):
            expected += self._client.count(series)
            for image in self._client.images(uid, value_of(series, SERIES)):
                if self._stopped.is_set():
                    raise Trouble("was not waited for", again=False, everyone=True)
                path, number = folder / f"{number:06d}.dcm", number + 1
                files[_whole(image)] = str(path)
                image.save_as(path)
        if not expected:
            raise Trouble("does not have the study any more", again=False, everyone=False)
        if len(files) != expected:
            raise Trouble(f"sent {len(files)} of {expected} images", again=True, everyone=False)
        return tuple(sorted(files.values()))


def _whole(image: Dataset) -> str:
    """The UID of an image whose pixels have come.

    Raises:
        Trouble: it is cut off.
    """
    uid = str(image.get("SOPInstanceUID", ""))
    pixels = any(name in image for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"))
    if not uid or ("Rows" in image and not pixels):
        raise Trouble("sent an image that is cut off", again=True, everyone=False)
    return uid
