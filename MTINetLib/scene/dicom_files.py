"""Which DICOM files a volume node was loaded from, by Slicer's DICOM database or as the node was read."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

from MTINetLib.scene.scene import Scene
from MTINetLib.scene.sequences import SEQUENCE_ROLE, TIME_POINT_ATTRIBUTE

_log = logging.getLogger(__name__)

_INSTANCES = "DICOM.instanceUIDs"
#: Text attribute of a volume that MTINet has read itself: its DICOM files, a line each.
FILES_ATTRIBUTE = "MTINet.DicomFiles"
_FRAME_FILES = "MultiVolume.FrameFileList"
#: Endings of the names of DICOM files; most have none, or end in a number.
_SUFFIXES = (".dcm", ".ima", ".dicom", "")
#: Files that are looked up in one step: a database answers in well under a millisecond.
_AT_ONCE = 20


def instance_uids(node: Any) -> tuple[str, ...]:
    """The SOP Instance UIDs that Slicer's DICOM import wrote, in slice order; empty for other volumes."""
    return tuple(str(node.GetAttribute(_INSTANCES) or "").split())


def has_dicom_files(scene: Scene, node: Any) -> bool:
    """Whether the volume has DICOM files that are still there; a look at one of them."""
    uids = instance_uids(node)
    if uids and file_of_instance(scene, uids[0]) is not None:
        return True
    return any(path.is_file() for path in (*stored_files(node)[:1], *_files_of_time_point(node)[:1]))


def dicom_files_steps(scene: Scene, node: Any) -> Generator[None, None, tuple[Path, ...]]:
    """All files of the volume, each once; none where one of them is unknown or gone. In short steps."""
    paths: list[Path | None] = []
    for number, uid in enumerate(dict.fromkeys(instance_uids(node))):
        paths.append(file_of_instance(scene, uid))
        if number % _AT_ONCE == _AT_ONCE - 1:
            yield
    found = tuple(path for path in paths if path is not None)
    if found and len(found) == len(paths):
        return tuple(dict.fromkeys(found))
    for files in (stored_files(node), _files_of_time_point(node)):
        yield
        if files and all(path.is_file() for path in files):
            return files
    return ()


def file_of_instance(scene: Scene, uid: str) -> Path | None:
    """Where the DICOM database keeps an instance; None where there is no database or it does not know."""
    database = scene.database
    if database is None:
        return None
    try:
        name = database.fileForInstance(uid)
    # Whatever the database has against it, the volume can still be told by its name.
    except Exception as error:
        _log.info("the DICOM database does not answer (%s)", type(error).__name__)
        return None
    path = Path(name) if name else None
    return path if path is not None and path.is_file() else None


def remember_files(node: Any, files: Iterable[str]) -> None:
    """The DICOM files of a volume that no loader of Slicer's has read."""
    node.SetAttribute(FILES_ATTRIBUTE, "\n".join(files) or None)


def files_read_here(node: Any) -> tuple[str, ...]:
    """What :func:`remember_files` was told."""
    return tuple(str(node.GetAttribute(FILES_ATTRIBUTE) or "").splitlines())


def stored_files(node: Any) -> tuple[Path, ...]:
    """The files that the node itself was read from, if their names may be those of DICOM files."""
    names = list(files_read_here(node))
    storage = node.GetStorageNode()
    if not names and storage is not None and storage.GetFileName():
        names = [storage.GetFullNameFromFileName()]
        names += [storage.GetFullNameFromNthFileName(n) for n in range(storage.GetNumberOfFileNames())]
    return tuple(Path(name) for name in dict.fromkeys(names) if name and _looks_like_dicom(name))


def files_of_item(sequence: Any, number: int) -> tuple[Path, ...]:
    """The files of one item of a sequence that Slicer's DICOM import made."""
    files = [name for name in str(sequence.GetAttribute(_FRAME_FILES) or "").split(",") if name]
    count = int(sequence.GetNumberOfDataNodes())
    if not files or not count or len(files) % count:
        return ()
    each = len(files) // count
    return tuple(Path(name) for name in files[number * each : (number + 1) * each])


def _files_of_time_point(node: Any) -> tuple[Path, ...]:
    sequence, number = node.GetNodeReference(SEQUENCE_ROLE), node.GetAttribute(TIME_POINT_ATTRIBUTE)
    if sequence is None or not number or not number.isdigit():
        return ()
    return files_of_item(sequence, int(number) - 1)


def is_dicom_name(path: Path) -> bool:
    """Whether a file's name is one of those that DICOM files have."""
    return _looks_like_dicom(str(path))


def _looks_like_dicom(name: str) -> bool:
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122  # names of Windows files too
    return suffix in _SUFFIXES or suffix[1:].isdigit()
