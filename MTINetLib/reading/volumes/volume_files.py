"""A folder of volume files (NIfTI, NRRD, MetaImage) as one study: their names, and which are label maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress, Stage
from MTINetLib.reading.candidates import LABEL_MAP
from MTINetLib.reading.found_volumes import FileProblem, FoundVolumes
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import SUFFIXES, volumes_of_file

_MOST_FILES = 60
#: A map of lesions or segments has few values, whole numbers all of them; an image has hundreds.
_MOST_LABELS = 40
#: Of so many voxels one is looked at first.
_SAMPLED = 97
_MOST_NAMED = 4

Naming = Callable[[Path], Path]


def is_volume_file(path: Path) -> bool:
    """By its name; the second file of a pair, and what a file manager stores beside a file, is none."""
    name = path.name.lower()
    return name.endswith(SUFFIXES) and not name.startswith(".") and not name.endswith((".img", ".img.gz"))


def stem_of(path: Path) -> str:
    """The file's name without what says how to read it."""
    suffix = max((end for end in SUFFIXES if path.name.lower().endswith(end)), key=len, default="")
    return path.name[: len(path.name) - len(suffix)]


def read_volume_files(
    source: Path, files: Sequence[Path], others: int, progress: Progress, place: Naming
) -> FoundVolumes:
    """The volumes of files that lie in one folder; label maps are among them, marked as such.

    Args:
        source: what the user named.
        others: how many files beside them are something else.
        place: where a file lies for people, which names its volume.

    Raises:
        InputError: there are more than one study has, they lie in several folders, or none can be read.
    """
    if len(files) > _MOST_FILES:
        raise InputError(
            f"{source} holds {len(files)} volume files, more than one study has; give the folder of one."
        )
    volumes: list[SourceVolume] = []
    folders: set[Path] = set()
    problems: list[FileProblem] = []
    progress.start(Stage.READING_FILES, len(files))
    for done, path in enumerate(files, start=1):
        shown = place(path)
        try:
            own = volumes_of_file(path, stem_of(shown))
            labels = [_is_label_map(volume) for volume in own]
        except InputError as error:
            problems.append(FileProblem(path, str(error).rstrip(".")))
        else:
            volumes += [_marked(v) if is_map else v for v, is_map in zip(own, labels, strict=True)]
            if not all(labels):
                folders.add(shown.parent)
        progress.update(done)
    progress.finish()
    if len(folders) > 1:
        listed = ", ".join(sorted(folder.name for folder in folders)[:_MOST_NAMED])
        more = ", ..." if len(folders) > _MOST_NAMED else ""
        raise InputError(
            f"{source} holds volume files in {len(folders)} folders ({listed}{more}), "
            "which may be of several patients; give the folder of one study, or name the file of each phase."
        )
    if not volumes:
        raise InputError(f"None of the volume files in {source} can be used: {problems[0].reason}.")
    return FoundVolumes(source, tuple(volumes), tuple(problems), skipped=others)


def _is_label_map(volume: SourceVolume) -> bool:
    if np.unique(volume.array.ravel()[::_SAMPLED]).size > _MOST_LABELS:
        return False
    values = np.unique(volume.array)
    return values.size <= _MOST_LABELS and bool(np.equal(values, np.round(values)).all())


def _marked(volume: SourceVolume) -> SourceVolume:
    return SourceVolume(
        grid=volume.grid,
        description=volume.description,
        read=volume.read,
        time_point=volume.time_point,
        headers={LABEL_MAP: True},
        flags=volume.flags,
    )
