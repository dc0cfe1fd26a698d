"""Slicer's own DICOM database: whether there is one, and new files into it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.scene.scene import Scene


def has_database(scene: Scene) -> bool:
    """Whether this Slicer has a DICOM database that is open and takes files."""
    return hasattr(scene.database, "insert")


def put_into_database(scene: Scene, files: Sequence[Path]) -> None:
    """Copy DICOM files into the database; the DICOM module shows them beside the patient's images.

    Raises:
        MissingResourceError: there is no open database.
        InputError: a file is gone, or the database did not take it.
    """
    database = scene.database
    if database is None or not has_database(scene):
        raise MissingResourceError("Slicer's DICOM database is not open: open the DICOM module once.")
    gone = [path for path in files if not path.is_file()]
    if gone:
        raise InputError(f"{gone[0].name} is no longer in {gone[0].parent}: write the report again.")
    if hasattr(database, "prepareInsert"):  # since CTK of 2022
        database.prepareInsert()
    for path in files:
        database.insert(str(path))
        if not database.fileForInstance(_instance_uid(path)):
            raise InputError(
                f"Slicer's DICOM database did not take {path.name}: import the folder in the DICOM module."
            )


def _instance_uid(path: Path) -> str:
    import pydicom

    header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
    return str(header.SOPInstanceUID)
