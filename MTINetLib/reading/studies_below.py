"""The studies that lie below a folder, each known by its UIDs or, without DICOM, by what its files hold."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.dicom.open import UnusableError
from MTINetLib.reading.dicom.read import study_and_patient
from MTINetLib.reading.dicom.scan import first_frame, first_image
from MTINetLib.reading.folder_files import files_below
from MTINetLib.reading.other_files import is_zip
from MTINetLib.reading.volumes.volume_files import is_volume_file

#: Of each file that is no DICOM, so many bytes at its beginning, in its middle and at its end are looked at.
_PIECE = 1 << 16


class StudyKind(Enum):
    """What a study is stored as."""

    DICOM = "dicom"
    VOLUMES = "volumes"
    ARCHIVE = "archive"


@dataclass(frozen=True)
class FoundStudy:
    """One study below a folder.

    Args:
        identity: tells it from all others, and stays when it is moved; may tell whose it is.
        patient: tells its patient from all others; empty where nothing does.
        folder: around all its files; for an archive its file.
        files: in the order of their names.
    """

    kind: StudyKind
    identity: str
    patient: str
    folder: Path
    files: tuple[Path, ...]


@dataclass(frozen=True)
class StudiesBelow:
    """What lies below a folder.

    Args:
        studies: in the order of their first files.
        unreadable: how many files look like MR images and cannot be used.
        others: how many files are something else.
        unlisted: folders that cannot be listed, each with the reason.
    """

    studies: tuple[FoundStudy, ...]
    unreadable: int = 0
    others: int = 0
    unlisted: tuple[tuple[Path, str], ...] = ()


def studies_below(
    folder: Path, progress: Progress | None = None, without: Collection[str] = ()
) -> StudiesBelow:
    """Find the studies: DICOM in any nesting, folders of volume files, and .zip archives, one study each.

    Each file's header is read once. Volume files beside DICOM images are results or copies, no study.

    Args:
        without: a folder that holds a file of such a name is left out, with all below it.

    Raises:
        InputError: the folder is not there.
    """
    watcher = progress or Silent()
    listed, unlisted = files_below(folder)
    paths = _kept(listed, without)
    images: dict[tuple[str, str], list[Path]] = defaultdict(list)
    damaged: list[Path] = []
    beside: list[Path] = []
    watcher.start(Stage.FINDING_STUDIES, len(paths))
    for done, path in enumerate(paths, start=1):
        try:
            frame = first_image(path)
        except UnusableError:
            damaged.append(path)
        else:
            if frame is None:
                beside.append(path)
            else:
                uid, patient = study_and_patient(frame)
                images[uid or str(path.parent), patient].append(path)
        if done % 16 == 0 or done == len(paths):
            watcher.update(done)
    watcher.finish()
    found = [*_dicom_studies(images, damaged), *_other_studies(beside, images.values())]
    used = {path for study in found for path in study.files}
    return StudiesBelow(
        tuple(sorted(found, key=lambda study: study.files[0])),
        unreadable=len(damaged),
        others=len([path for path in beside if path not in used]),
        unlisted=tuple(unlisted),
    )


def study_of_files(files: Sequence[Path]) -> FoundStudy:
    """The study of files that are known to be of one: the same as a search finds.

    Raises:
        OSError: a file cannot be read.
    """
    ordered = tuple(sorted(files))
    around = Path(os.path.commonpath([path.parent for path in ordered]))
    frame = next(filter(None, map(first_frame, ordered)), None)
    if frame is not None:
        uid, patient = study_and_patient(frame)
        return FoundStudy(StudyKind.DICOM, f"{uid or ordered[0].parent}\n{patient}", patient, around, ordered)
    if len(ordered) == 1 and is_zip(ordered[0]):
        return FoundStudy(StudyKind.ARCHIVE, identity_of_files(ordered), "", ordered[0], ordered)
    return FoundStudy(StudyKind.VOLUMES, identity_of_files(ordered), "", around, ordered)


def identity_of_files(files: Sequence[Path]) -> str:
    """By names, sizes and pieces of the contents; the same wherever the files lie.

    Raises:
        OSError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda one: one.name):
        size = path.stat().st_size
        digest.update(f"{path.name}\n{size}\n".encode())
        with path.open("rb") as file:
            for place in sorted({0, max(0, size // 2), max(0, size - _PIECE)}):
                file.seek(place)
                digest.update(file.read(_PIECE))
    return digest.hexdigest()


def _kept(paths: Sequence[Path], without: Collection[str]) -> list[Path]:
    left_out = {path.parent for path in paths if path.name in without}
    return [path for path in paths if not left_out & {*path.parents}] if left_out else list(paths)


def _dicom_studies(
    images: dict[tuple[str, str], list[Path]], damaged: Sequence[Path]
) -> Iterator[FoundStudy]:
    """A damaged file counts to the study whose folder it lies in alone, so that opening it says so."""
    of_folder: dict[Path, set[tuple[str, str]]] = defaultdict(set)
    for key, paths in images.items():
        for path in paths:
            of_folder[path.parent].add(key)
    for path in damaged:
        if len(of_folder[path.parent]) == 1:
            images[next(iter(of_folder[path.parent]))].append(path)
    for (uid, patient), paths in images.items():
        around = Path(os.path.commonpath([path.parent for path in paths]))
        yield FoundStudy(StudyKind.DICOM, f"{uid}\n{patient}", patient, around, tuple(sorted(paths)))


def _other_studies(paths: Sequence[Path], images: Collection[Sequence[Path]]) -> Iterator[FoundStudy]:
    with_images = {path.parent for own in images for path in own}
    around = with_images | {parent for folder in with_images for parent in folder.parents}
    groups: dict[Path, list[Path]] = defaultdict(list)
    for path in paths:
        if is_volume_file(path) and path.parent not in around and not with_images & {*path.parents}:
            groups[path.parent].append(path)
        elif path.name.lower().endswith(".zip") and is_zip(path):
            groups[path].append(path)
    seen: set[str] = set()
    for place, files in sorted(groups.items()):
        try:
            identity = identity_of_files(files)
        except OSError:
            continue
        if identity not in seen:  # a copy elsewhere is the same study
            seen.add(identity)
            kind = StudyKind.ARCHIVE if place in files else StudyKind.VOLUMES
            yield FoundStudy(kind, identity, "", place, tuple(files))
