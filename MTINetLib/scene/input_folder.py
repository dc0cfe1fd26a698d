"""Where on the disk a volume came from, and whose it is: results are not to lie there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from MTINetLib.scene.dicom_files import files_read_here, is_dicom_name
from MTINetLib.scene.scene import Scene

#: PatientName, PatientID, OtherPatientIDs, AccessionNumber.
_IDENTITY = ("PatientName", "PatientID", "OtherPatientIDs", "AccessionNumber")


def input_of(scene: Scene, volume: Any) -> Path | None:
    """The folder of a volume's DICOM series, or its file; None where it was made in the scene."""
    file = _dicom_file(scene, volume)
    if file is not None:
        return file.parent
    file = _stored_file(volume)
    if file is None or not is_dicom_name(file):
        return file
    return file.parent


def places_of_slicer(scene: Scene) -> tuple[Path, ...]:
    """Slicer's DICOM database, its cache and its temporary folder: nobody would look for results there."""
    names: list[Any] = [scene.temporary_folder, getattr(scene.database, "databaseDirectory", None)]
    cache = scene.mrml.GetCacheManager()
    names.append(cache.GetRemoteCacheDirectory() if cache is not None else None)
    return tuple(Path(str(name)) for name in names if name)


def names_of_patient(scene: Scene, volume: Any) -> tuple[str, ...]:
    """Name and numbers of the patient in the volume's DICOM files; empty for other volumes."""
    file = _dicom_file(scene, volume) or _stored_file(volume)
    if file is None or not is_dicom_name(file) or not file.is_file():
        return ()
    try:
        from pydicom import dcmread

        data = dcmread(file, stop_before_pixels=True, specific_tags=list(_IDENTITY), force=True)
        return tuple(str(data[name].value) for name in _IDENTITY if name in data)
    except Exception:  # whatever a damaged file does: then nothing is known
        return ()


def _dicom_file(scene: Scene, volume: Any) -> Path | None:
    instances = str(volume.GetAttribute("DICOM.instanceUIDs") or "").split()
    if not instances or scene.database is None:
        return None
    file = scene.database.fileForInstance(instances[0])
    return Path(str(file)) if file else None


def _stored_file(volume: Any) -> Path | None:
    storage = volume.GetStorageNode()
    name: Any = storage.GetFullNameFromFileName() if storage is not None else None
    name = next(iter(files_read_here(volume)), name)
    return Path(str(name)).absolute() if name else None
