"""Where reports go: the user's own folder, never among the images that were read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.errors import InputError
from MTINetLib.presentation.statements import error_of
from MTINetLib.report.source_data import is_inside, refuse_identity, refuse_source_data, source_folders
from MTINetLib.scene.input_folder import input_of, names_of_patient, places_of_slicer

if TYPE_CHECKING:
    from MTINetLib.scene.results import Results
    from MTINetLib.scene.scene import Scene

#: Inside the user's documents, for those who have named no folder yet.
FOLDER_NAME = "MTINet reports"


def refuse_place(scene: Scene, folder: Path, results: Results | None, *, deidentify: bool) -> None:
    """Refuse a folder of the user's in which no report may lie.

    Raises:
        InputError: it is inside the study's source data or Slicer's own folders; or ``deidentify`` and its
            place leads back to the patient.
    """
    for place in places_of_slicer(scene):
        if is_inside(folder, place):
            raise error_of(InputError, "inside_slicer", folder=folder, place=place)
    volumes = [] if results is None else [node for node in results.volumes if node.GetScene() is not None]
    inputs = tuple(path for path in (input_of(scene, node) for node in volumes) if path is not None)
    refuse_source_data(folder, source_folders(inputs))
    if deidentify:
        names = {name for node in volumes for name in names_of_patient(scene, node)}
        refuse_identity(folder, inputs, sorted(names))


def suggested_place(
    scene: Scene,
    wanted: tuple[Path | None, ...],
    documents: Path | None,
    results: Results | None,
    *,
    deidentify: bool,
) -> Path | None:
    """The first of the user's own folders that may be used, else one among the documents; None for none.

    Args:
        wanted: folders that the user has named, the last one first; those that are gone are passed over.
        documents: the user's documents; None where nobody knows them.
    """
    home = Path.home()
    usual = documents or (home / "Documents" if (home / "Documents").is_dir() else home)
    known = [folder for folder in wanted if folder is not None and _can_be_made(folder)]
    for folder in (*known, usual / FOLDER_NAME, home / FOLDER_NAME):
        try:
            refuse_place(scene, folder, results, deidentify=deidentify)
        except InputError:
            continue
        return folder
    return None


def _can_be_made(folder: Path) -> bool:
    return folder.is_absolute() and (folder.is_dir() or (not folder.exists() and folder.parent.is_dir()))
