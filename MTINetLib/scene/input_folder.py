"""Where on the disk a volume came from, so that results can lie beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from MTINetLib.scene.slicer_core import slicer_module


def input_folder(volume: Any) -> Path | None:
    """The folder of a volume's file or DICOM series.

    None where it is unknown, gone or read-only, or belongs to a program: Slicer's DICOM database, its
    cache or its temporary folder. Nobody would look for results there.
    """
    for file in (_dicom_file(volume), _stored_file(volume)):
        if file is None:
            continue
        folder = file.parent
        if folder.is_dir() and os.access(folder, os.W_OK) and not _is_a_program_s_own(folder):
            return folder
    return None


def _dicom_file(volume: Any) -> Path | None:
    instances = str(volume.GetAttribute("DICOM.instanceUIDs") or "").split()
    database = getattr(slicer_module(), "dicomDatabase", None)
    if not instances or database is None:
        return None
    file = database.fileForInstance(instances[0])
    return Path(str(file)) if file else None


def _stored_file(volume: Any) -> Path | None:
    storage = volume.GetStorageNode()
    name = storage.GetFullNameFromFileName() if storage is not None else None
    return Path(str(name)).absolute() if name else None


def _is_a_program_s_own(folder: Path) -> bool:
    here = folder.resolve()
    return any(here.is_relative_to(place) for place in _own_places())


def _own_places() -> list[Path]:
    slicer = slicer_module()
    names: list[Any] = [getattr(getattr(slicer, "app", None), "temporaryPath", None)]
    names.append(getattr(getattr(slicer, "dicomDatabase", None), "databaseDirectory", None))
    cache = slicer.mrmlScene.GetCacheManager()
    names.append(cache.GetRemoteCacheDirectory() if cache is not None else None)
    return [Path(str(name)).resolve() for name in names if name]
