"""What is sent, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from MTINetLib.errors import InputError

#: Names for people of what MTINet writes; other kinds are called as DICOM calls them.
_KINDS = {
    "1.2.840.10008.5.1.4.1.1.66.4": "Segmentation",
    "1.2.840.10008.5.1.4.1.1.88.34": "Measurement report",
    "1.2.840.10008.5.1.4.1.1.104.1": "Report as PDF",
}
#: A directory of a medium is no object of an archive.
_DIRECTORY = "1.2.840.10008.1.3.10"


@dataclass(frozen=True)
class ObjectToSend:
    """A DICOM file.

    Args:
        name: of the file inside the folder that was named, for people.
    """

    path: Path
    name: str
    sop_class: UID
    sop_instance: UID
    transfer_syntax: UID

    @property
    def kind(self) -> str:
        return _KINDS.get(self.sop_class, self.sop_class.name)


@dataclass(frozen=True)
class Outcome:
    """What became of an object.

    Args:
        arrived: the archive said that it has it.
        words: why it did not arrive, or what the archive changed of it; may be empty. They hold no values of
            the object and nothing that the archive wrote in its own words.
    """

    item: ObjectToSend
    arrived: bool
    words: str = ""


@dataclass(frozen=True)
class Patience:
    """How often, and after which pauses, something is tried.

    Args:
        attempts: all in all.
        first_pause_s: doubled after each attempt.
    """

    attempts: int = 4
    first_pause_s: float = 1.0
    sleep: Callable[[float], None] = time.sleep

    def pause(self, attempt: int) -> None:
        """Wait after the ``attempt``-th try, 1 the first; not after the last one."""
        if attempt < self.attempts:
            self.sleep(self.first_pause_s * 2 ** (attempt - 1))


class Unreachable(Exception):  # noqa: N818
    """There is no way to the archive at this moment.

    Args:
        words: why, for people.
        for_good: trying again cannot help, such as after a refused password.
    """

    def __init__(self, words: str, *, for_good: bool = False) -> None:
        super().__init__(words)
        self.words, self.for_good = words, for_good


def objects_in(folder: Path) -> tuple[ObjectToSend, ...]:
    """The DICOM objects of a folder, at any depth, or a single file; other files are passed over.

    Raises:
        InputError: there is no DICOM object.
    """
    if not folder.exists():
        raise InputError(f"{folder} does not exist; name a folder of DICOM files, such as RESULTS/dicom.")
    paths = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    root = folder.parent if folder.is_file() else folder
    found = [item for item in (_object(path, root) for path in paths) if item is not None]
    if not found:
        raise InputError(
            f"{folder} holds no DICOM objects; name a folder of results of mtinet analyze --dicom."
        )
    return tuple(found)


def _object(path: Path, root: Path) -> ObjectToSend | None:
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
        meta = header.file_meta
        named = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID
    except (InvalidDicomError, AttributeError):
        return None
    except OSError as error:
        raise InputError(f"{path.relative_to(root)} cannot be read: check its permissions.") from error
    if named[0] == _DIRECTORY:
        return None
    return ObjectToSend(path, path.relative_to(root).as_posix(), *named)
