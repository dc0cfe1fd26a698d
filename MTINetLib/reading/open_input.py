"""Opens what the user named as a study: a folder, an archive, a DICOMDIR, or one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from MTINetLib.progress import Progress, Silent
from MTINetLib.reading.dicom.read import dicom_volumes
from MTINetLib.reading.dicom.scan import ScanResult, scan, scan_files
from MTINetLib.reading.found_volumes import FoundVolumes
from MTINetLib.reading.other_files import is_zip
from MTINetLib.reading.unpack_archive import unpacked
from MTINetLib.reading.volumes.volume_files import Naming, is_volume_file, read_volume_files


@contextmanager
def open_input(path: Path, progress: Progress | None = None) -> Iterator[FoundVolumes]:
    """The volumes that a study may be made of, until the block ends: their voxels are read late.

    What an archive holds lies in a private folder during that time; sentences name the archive instead.

    Args:
        path: a folder, with links to others or without, of DICOM or of NIfTI, NRRD or MetaImage files; a .zip
            archive of either; a DICOMDIR, for its folder; or one file.

    Raises:
        InputError: nothing usable is there, or images of several studies or patients.
    """
    watcher = progress or Silent()
    if not path.is_file() or not is_zip(path):
        yield _found(path, watcher, lambda file: file)
        return
    with unpacked(path, watcher) as files:
        found = _found(files.folder, watcher, files.place)
        problems = tuple(
            replace(problem, path=files.place(problem.path), reason=files.in_words(problem.reason))
            for problem in found.problems
        )
        yield replace(found, source=path, problems=problems, temporary=True)


def _found(path: Path, progress: Progress, place: Naming) -> FoundVolumes:
    return _volumes(path, scan(path, progress), progress, place)


def open_files(folder: Path, files: Sequence[Path], progress: Progress | None = None) -> FoundVolumes:
    """The volumes of files that are known to be of one study; ``folder`` stands for them in sentences.

    Raises:
        InputError: as :func:`open_input`.
    """
    watcher = progress or Silent()
    return _volumes(folder, scan_files(files, watcher), watcher, lambda file: file)


def _volumes(path: Path, scanned: ScanResult, progress: Progress, place: Naming) -> FoundVolumes:
    """DICOM where there is any; volume files beside it are results or copies, not phases."""
    files = [file for file in scanned.files if is_volume_file(file)]
    if scanned.frames or not files:
        return dicom_volumes(path, scanned)
    return read_volume_files(path, files, len(scanned.files) - len(files), progress, place)
