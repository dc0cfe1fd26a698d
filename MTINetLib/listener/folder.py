"""What the node has on disk. Names are keyed hashes: neither a path nor the log tells a UID.

node.json                      the key that names are made with
studies/STUDY/images/X.dcm     objects as they came, X made of the SOP instance UID
studies/STUDY/results/         what was found, as ``mtinet analyze`` writes it
studies/STUDY/state.json       how far the study is
commitments/X.json             storage commitments that were asked for and are not answered yet
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.listener.durable import make_folder_durably, write_durably

_FILE, _STUDIES, _COMMITMENTS = "node.json", "studies", "commitments"
_IMAGES, _RESULTS, _STATE = "images", "results", "state.json"


@dataclass(frozen=True)
class StudyState:
    """How far a study is.

    Args:
        analyzed: how many images it had when it was analyzed; 0 for never.
        begun: how many images it had when the latest analysis began, and ``times`` how often that has begun.
        problem: why it cannot be analyzed, for people; empty where it can.
        delivered: the results have arrived; always so where nobody wants them.
        tries: how often they were sent in vain.
    """

    analyzed: int = 0
    begun: int = 0
    times: int = 0
    problem: str = ""
    delivered: bool = False
    tries: int = 0


@dataclass(frozen=True)
class StudyFolder:
    """The folder of one study."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def images(self) -> Path:
        return self.path / _IMAGES

    @property
    def results(self) -> Path:
        return self.path / _RESULTS

    def count(self) -> int:
        """How many objects have come."""
        return sum(1 for _ in self.images.glob("*.dcm"))

    def quiet_since(self) -> float:
        """When the latest object came, as ``time.time`` has it."""
        return self.images.stat().st_mtime

    def state(self) -> StudyState:
        """A damaged file counts as none: the study is analyzed again."""
        try:
            return StudyState(**json.loads((self.path / _STATE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return StudyState()

    def change(self, **changes: object) -> StudyState:
        """Write the state with some values changed."""
        changed = replace(self.state(), **changes)  # type: ignore[arg-type]
        write_durably(self.path / _STATE, (json.dumps(asdict(changed), indent=1) + "\n").encode())
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
        self._known = {file.stem for file in (path / _STUDIES).glob(f"*/{_IMAGES}/*.dcm")}

    def study_of(self, study_instance: str) -> StudyFolder:
        """The folder of the study of a UID."""
        return StudyFolder(self.path / _STUDIES / self._name(study_instance))

    def studies(self) -> list[StudyFolder]:
        """Those of which images have come, in the order of their names."""
        return [StudyFolder(images.parent) for images in sorted((self.path / _STUDIES).glob(f"*/{_IMAGES}"))]

    def keep(self, study_instance: str, sop_instance: str, data: bytes) -> StudyFolder:
        """Keep an object; when this returns the disk has it. One that comes again takes its place.

        Raises:
            OSError: it could not be written; nothing is changed.
        """
        study, name = self.study_of(study_instance), self._name(sop_instance)
        make_folder_durably(study.images)
        write_durably(study.images / f"{name}.dcm", data)
        self._known.add(name)
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
            write_durably(file, (json.dumps({"format": 1, "key": key.hex()}) + "\n").encode())
            return key
        try:
            return bytes.fromhex(json.loads(file.read_text(encoding="utf-8"))["key"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{file} is damaged: what was received there cannot be told apart; name another folder."
            ) from error
