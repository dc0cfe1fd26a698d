"""What the node has on disk. Names are keyed hashes: neither a path nor the log tells a UID.

node.json                    the key that names are made with
images/STUDY/X.dcm           objects as they came, X made of the SOP instance UID
images/STUDY/state.json      how far the study is
studies/STUDY/               its results, as in the folder of a cohort
commitments/X.json           storage commitments that were asked for and are not answered yet
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import shutil
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from MTINetLib.cohort.cohort_study import CohortStudy, OpenedFrom, weight_of
from MTINetLib.cohort.work import STUDIES_FOLDER
from MTINetLib.errors import InputError
from MTINetLib.listener.durable import make_folder_durably, write_durably

_FILE, _IMAGES, _COMMITMENTS, _STATE = "node.json", "images", "commitments", "state.json"
_FORMAT = 2


@dataclass(frozen=True)
class StudyState:
    """How far a study is.

    Args:
        settled: how many images it had when it was analyzed, or found to be of no use; 0 for never.
        problem: why it cannot be analyzed, for people; empty where it can.
        delivered: the results have arrived; always so where nobody wants them.
        tries: how often they were sent in vain.
    """

    settled: int = 0
    problem: str = ""
    delivered: bool = False
    tries: int = 0


@dataclass(frozen=True)
class StudyFolder:
    """One study.

    Args:
        node: the folder of the node.
    """

    node: Path
    name: str

    @property
    def images(self) -> Path:
        return self.node / _IMAGES / self.name

    @property
    def results(self) -> Path:
        return self.node / STUDIES_FOLDER / self.name

    def count(self) -> int:
        """How many objects have come."""
        return sum(1 for _ in self.images.glob("*.dcm"))

    def quiet_since(self) -> float:
        """When the latest object came, as ``time.time`` has it."""
        return self.images.stat().st_mtime

    def is_settled(self) -> bool:
        """Whether nothing has come since it was analyzed."""
        return self.count() == self.state().settled

    def as_cohort_study(self) -> CohortStudy:
        """With the objects that have come until now."""
        files = sorted(self.images.glob("*.dcm"))
        count, size = weight_of(files)
        paths = tuple(str(file.absolute()) for file in files)
        return CohortStudy(self.name, str(self.images), OpenedFrom.FILES, paths, size=size, count=count)

    def state(self) -> StudyState:
        """A damaged file counts as none: the study is analyzed again."""
        try:
            return StudyState(**json.loads((self.images / _STATE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return StudyState()

    def change(self, **changes: object) -> StudyState:
        """Write the state with some values changed."""
        changed = replace(self.state(), **changes)  # type: ignore[arg-type]
        write_durably(self.images / _STATE, (json.dumps(asdict(changed), indent=1) + "\n").encode())
        return changed


class NodeFolder:
    """Everything that the node keeps.

    Args:
        path: made if it is not there.

    Raises:
        InputError: it holds something else, or its file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._key = self._kept_key()
        self._known = {file.stem for file in (path / _IMAGES).glob("*/*.dcm")}
        self._guard = threading.Lock()
        self._open = {study.name for study in self.studies()}

    def study_of(self, study_instance: str) -> StudyFolder:
        """The folder of the study of a UID."""
        return StudyFolder(self.path, self._name(study_instance))

    def studies(self) -> list[StudyFolder]:
        """Those of which images have come, in the order of their names."""
        return [StudyFolder(self.path, images.name) for images in sorted((self.path / _IMAGES).glob("*"))]

    def take_open(self) -> list[StudyFolder]:
        """Studies that images have come for since they were taken last; at first all of them."""
        with self._guard:
            names, self._open = self._open, set()
        return [StudyFolder(self.path, name) for name in sorted(names)]

    def keep_open(self, study: StudyFolder) -> None:
        """It is taken again the next time."""
        with self._guard:
            self._open.add(study.name)

    def keep(self, study_instance: str, sop_instance: str, data: bytes) -> StudyFolder:
        """Keep an object; when this returns the disk has it. One that comes again takes its place.

        Raises:
            OSError: it could not be written; nothing is changed.
        """
        study, name = self.study_of(study_instance), self._name(sop_instance)
        make_folder_durably(study.images)
        write_durably(study.images / f"{name}.dcm", data)
        self._known.add(name)
        self.keep_open(study)
        return study

    def has(self, sop_instance: str) -> bool:
        """Whether an object is here."""
        return self._name(sop_instance) in self._known

    def free_bytes(self) -> int:
        """Room on the disk."""
        return shutil.disk_usage(self.path).free

    def keep_commitment(self, transaction: str, told: dict[str, object]) -> Path:
        """Keep a commitment that was asked for, until it is answered."""
        folder = self.path / _COMMITMENTS
        make_folder_durably(folder)
        file = folder / f"{self._name(transaction)}.json"
        write_durably(file, json.dumps(told).encode())
        return file

    def commitments(self) -> Iterator[Path]:
        """Those that are not answered yet."""
        yield from sorted((self.path / _COMMITMENTS).glob("*.json"))

    def _name(self, uid: str) -> str:
        return hmac.new(self._key, uid.encode(), hashlib.sha256).hexdigest()[:20]

    def _kept_key(self) -> bytes:
        file = self.path / _FILE
        if not file.is_file():
            if self.path.is_dir() and any(item.suffix != ".lock" for item in self.path.iterdir()):
                raise InputError(f"{self.path} holds something else; name a folder of its own for the node.")
            make_folder_durably(self.path)
            key = secrets.token_bytes(32)
            write_durably(file, (json.dumps({"format": _FORMAT, "key": key.hex()}) + "\n").encode())
            return key
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            key = bytes.fromhex(told["key"])
            known = told["format"] == _FORMAT
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{file} is damaged: what was received there cannot be told apart; name another folder."
            ) from error
        if not known:
            raise InputError(f"{file} is of another version of MTINet: name another folder.")
        return key
