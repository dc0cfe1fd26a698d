"""What the DICOM files behind a volume node say: one or two headers, never a whole series."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MTINetLib.scene.slicer_core import slicer_module

if TYPE_CHECKING:
    from MTINetLib.study.dicom_frame import Frame

_log = logging.getLogger(__name__)

_INSTANCES = "DICOM.instanceUIDs"
_FRAME_FILES = "MultiVolume.FrameFileList"
#: Endings of the names of DICOM files; most have none, or end in a number.
_SUFFIXES = (".dcm", ".ima", ".dicom", "")


def instance_uids(node: Any) -> tuple[str, ...]:
    """The SOP Instance UIDs that Slicer's DICOM import wrote, in slice order; empty for other volumes."""
    return tuple(str(node.GetAttribute(_INSTANCES) or "").split())


def frames_of_node(node: Any) -> tuple[Frame, ...]:
    """The headers of the first and the last slice; none where there are no files or no DICOM."""
    from MTINetLib.study.dicom_scan import first_frame

    paths = _ends(_files_of(node))
    frames = [frame for frame in (first_frame(path) for path in paths) if frame is not None]
    return tuple(frame for frame in frames if frame.series_uid == frames[0].series_uid)


def frames_of_item(sequence: Any, number: int) -> tuple[Frame, ...]:
    """The same for one item of a sequence that Slicer's DICOM import made, whose files it still names."""
    from MTINetLib.study.dicom_scan import first_frame

    files = [name for name in str(sequence.GetAttribute(_FRAME_FILES) or "").split(",") if name]
    count = int(sequence.GetNumberOfDataNodes())
    if not files or not count or len(files) % count:
        return ()
    each = len(files) // count
    own = [Path(name) for name in files[number * each : (number + 1) * each]]
    return tuple(frame for frame in (first_frame(path) for path in _ends(own) if path.is_file()) if frame)


def _ends(paths: list[Path]) -> list[Path]:
    return paths if len(paths) < 3 else [paths[0], paths[-1]]


def _files_of(node: Any) -> list[Path]:
    """First and last file of the volume, from the DICOM database, or as the node was read."""
    uids = instance_uids(node)
    if uids:
        found = [
            path for path in (_file_of_instance(uid) for uid in dict.fromkeys((uids[0], uids[-1]))) if path
        ]
        if found:
            return found
    storage = node.GetStorageNode()
    if storage is None or not storage.GetFileName():
        return []
    names = [storage.GetFullNameFromFileName()]
    count = storage.GetNumberOfFileNames()
    if count > 1:
        names.append(storage.GetFullNameFromNthFileName(count - 1))
    paths = [Path(name) for name in names if name and _looks_like_dicom(name)]
    return [path for path in paths if path.is_file()]


def _looks_like_dicom(name: str) -> bool:
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122  # names of Windows files too
    return suffix in _SUFFIXES or suffix[1:].isdigit()


def _file_of_instance(uid: str) -> Path | None:
    database = getattr(slicer_module(), "dicomDatabase", None)
    if database is None or not getattr(database, "isOpen", True):
        return None
    try:
        name = database.fileForInstance(uid)
    # Whatever the database has against it, the volume can still be told by its name.
    except Exception as error:
        _log.info("the DICOM database does not answer (%s)", type(error).__name__)
        return None
    path = Path(name) if name else None
    return path if path is not None and path.is_file() else None
