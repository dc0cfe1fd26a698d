"""The DICOM images behind volumes of a scene, found by place and content, and masks brought onto them.

A scene may hold a volume's slices in another order, mirrored, or cut to a part, and knows only its files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.progress import Silent
from MTINetLib.reading.dicom.read import volumes_of_frames
from MTINetLib.reading.dicom.scan import scan
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.report.dicom.source_headers import SourceHeaders, headers_of_images
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study

#: Voxels; grids whose voxels are all so near each other are one.
_NEAR = 0.1
#: Points along each axis at which volumes are compared.
_POINTS = 24
#: A time point whose pixels agree less is not that volume.
_LEAST_AGREEMENT = 0.9


@dataclass(frozen=True)
class OnImages:
    """What DICOM objects are made from.

    Args:
        headers: of the images.
        labels: [K, J, I] in the order of the reference phase's images.
        liver: the same, bool; None where none was given.
    """

    headers: SourceHeaders
    labels: npt.NDArray[Any]
    liver: npt.NDArray[np.bool_] | None = None


def on_images(
    study: Study,
    labels: npt.NDArray[Any],
    files: Sequence[Sequence[Path]],
    liver: npt.NDArray[np.bool_] | None = None,
) -> OnImages:
    """Find the images of the phases among their files, and bring the masks onto those of the reference.

    Args:
        labels, liver: [K, J, I] on the study's grid.
        files: of each phase of the study and in any order within; a file may be of several phases.

    Raises:
        InputError: a phase has no files or none that hold it, or the reference phase lies elsewhere than
            its images; the sentence names the phase.
    """
    known: dict[tuple[Path, ...], tuple[SourceVolume, ...]] = {}
    found = {}
    for place, phase in enumerate(study.phases):
        key = tuple(sorted(files[place])) if files else ()
        if key not in known:
            known[key] = _volumes(key)
        found[phase] = _volume_of(study, phase, known[key])
    _refuse_shared(found)
    reference = found[study.reference]
    moved = _moved(labels, study.grid, reference.grid, study.reference)
    outlined = None if liver is None else _moved(liver, study.grid, reference.grid, study.reference)
    images = {phase: volume.images for phase, volume in found.items()}
    return OnImages(headers_of_images(images, reference.grid, study.reference), moved, outlined)


def _volumes(files: Sequence[Path]) -> tuple[SourceVolume, ...]:
    frames = [frame for file in files if file.is_file() for frame in scan(file, Silent()).frames]
    return volumes_of_frames(frames)


def _volume_of(study: Study, phase: Phase, volumes: Sequence[SourceVolume]) -> SourceVolume:
    if not volumes:
        raise InputError(
            f"The {phase.title} phase does not come from DICOM images that are still there, so no DICOM "
            "object can refer to it: leave DICOM out."
        )
    usable = [volume for volume in volumes if volume.images and volume.problem is None]
    if not usable:
        raise InputError(
            f"The DICOM images of the {phase.title} phase have missing or uneven slices, so no DICOM object "
            "can refer to them voxel by voxel: leave DICOM out."
        )
    if len(usable) == 1:
        return usable[0]
    agreements = [_agreement(study, phase, volume) for volume in usable]
    best = int(np.argmax(agreements))
    if agreements[best] < _LEAST_AGREEMENT:
        raise InputError(
            f"It cannot be told which of the {len(usable)} volumes in its DICOM files the {phase.title} "
            "phase is, so no DICOM object can refer to it: leave DICOM out."
        )
    return usable[best]


def _refuse_shared(found: Mapping[Phase, SourceVolume]) -> None:
    for other, phase in combinations(found, 2):
        if found[phase].images == found[other].images:
            raise InputError(
                f"The {other.title} and the {phase.title} phase seem to come from the same DICOM images, "
                "so no DICOM object can refer to them: leave DICOM out."
            )


def _agreement(study: Study, phase: Phase, volume: SourceVolume) -> float:
    """Correlation of the phase's voxels with the volume's at the same places; -1 where they do not meet."""
    axes = [np.unique(np.linspace(0, size - 1, _POINTS).round().astype(int)) for size in study.grid.shape]
    kji = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    places = np.rint(volume.grid.to_index(study.grid.to_lps(kji))).astype(int)
    inside = ((places >= 0) & (places < volume.grid.shape)).all(axis=1)
    if int(inside.sum()) < _POINTS:
        return -1.0
    ours = study.phase(phase)[tuple(kji[inside].T)]
    theirs = volume.array[tuple(places[inside].T)]
    if ours.std() == 0 or theirs.std() == 0:
        return -1.0
    return float(np.corrcoef(ours, theirs)[0, 1])


def _moved(labels: npt.NDArray[Any], grid: Grid, images: Grid, phase: Phase) -> npt.NDArray[Any]:
    """The labels on the images' grid, each voxel where it is in the patient."""
    steps = _steps(grid, images)
    if steps is None:
        raise InputError(
            f"The {phase.title} phase was moved or resampled in the scene since it was read from DICOM, so "
            "its lesions cannot be written onto the DICOM images: analyze the volume as it was loaded, or "
            "leave DICOM out."
        )
    turn, offset = steps
    inside = np.argwhere(labels)
    places = inside @ turn.T + offset
    if ((places < 0) | (places >= images.shape)).any():
        raise InputError(
            f"Lesions lie beyond the DICOM images of the {phase.title} phase: correct the masks, or leave "
            "DICOM out."
        )
    moved = np.zeros(images.shape, dtype=labels.dtype)
    moved[tuple(places.T)] = labels[tuple(inside.T)]
    return moved


def _steps(grid: Grid, images: Grid) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None:
    """Turn [3, 3] and offset from an index (k, j, i) of one grid to the other's.

    None where the voxels of one fall between those of the other.
    """

    def index(kji: npt.ArrayLike) -> FloatArray:
        return images.to_index(grid.to_lps(kji))

    start = index((0, 0, 0))
    turn = np.rint((index(np.eye(3)) - start).T).astype(np.int64)
    offset = np.rint(start).astype(np.int64)
    if not (np.abs(turn).sum(axis=0) == 1).all() or not (np.abs(turn).sum(axis=1) == 1).all():
        return None
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in grid.shape])).reshape(3, -1).T
    apart = np.abs(index(corners) - (corners @ turn.T + offset)).max()
    return (turn, offset) if apart <= _NEAR else None
