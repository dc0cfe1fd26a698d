"""What the DICOM files behind a volume node say: one or two headers, never a whole series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from MTINetLib.scene.dicom_files import file_of_instance, files_of_item, instance_uids, stored_files
from MTINetLib.scene.scene import Scene

if TYPE_CHECKING:
    from MTINetLib.reading.dicom.frame import Frame


def frames_of_node(scene: Scene, node: Any) -> tuple[Frame, ...]:
    """The headers of the first and the last slice; none where there are no files or no DICOM."""
    from MTINetLib.reading.dicom.scan import first_frame

    paths = _ends(_files_of(scene, node))
    frames = [frame for frame in (first_frame(path) for path in paths) if frame is not None]
    return tuple(frame for frame in frames if frame.series_uid == frames[0].series_uid)


def frames_of_item(sequence: Any, number: int) -> tuple[Frame, ...]:
    """The same for one item of a sequence that Slicer's DICOM import made, whose files it still names."""
    from MTINetLib.reading.dicom.scan import first_frame

    own = list(files_of_item(sequence, number))
    return tuple(frame for frame in (first_frame(path) for path in _ends(own) if path.is_file()) if frame)


def _ends(paths: list[Path]) -> list[Path]:
    return paths if len(paths) < 3 else [paths[0], paths[-1]]


def _files_of(scene: Scene, node: Any) -> list[Path]:
    """First and last file of the volume, from the DICOM database, or as the node was read."""
    uids = instance_uids(node)
    if uids:
        ends = dict.fromkeys((uids[0], uids[-1]))
        found = [path for path in (file_of_instance(scene, uid) for uid in ends) if path]
        if found:
            return found
    stored = _ends(list(stored_files(node)))
    return [path for path in stored if path.is_file()]
