"""Label maps of other programs: which file is of which case, what its values mean, and its lesions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.dataset.tables import Row, table_rows
from MTINetLib.errors import InputError
from MTINetLib.evaluation.compare import Labels
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.reading.volumes.volume_files import is_volume_file, stem_of
from MTINetLib.study.grid import Grid
from MTINetLib.study.lesion_class import NO_LESIONS, in_usual_order, lesion_class_name
from MTINetLib.study.resample import resample_labels

#: Of each value: that it is one lesion.
EACH_ONE = "lesions"
#: A value that marks lesions without telling their class.
LESION = "lesion"
#: What nnU-Net leaves beside its predictions.
_DATASET_FILE = "dataset.json"
_SAY = "say --labels lesions if each value is one lesion, or what the values mean, as --labels 1=hcc,2=other"
_MOST = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class LabelMeaning:
    """What the values of label maps mean.

    Args:
        values: ``lesion``, a class, or ``none`` for what is no lesion, by value; nothing where each value is
            one lesion. Connected pieces of one meaning are lesions, voxels that share a face are connected.
    """

    values: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> LabelMeaning:
        """``lesions``, or ``1=hcc,2=hemangioma``.

        Raises:
            InputError: it is neither.
        """
        if text == EACH_ONE:
            return cls()
        values: dict[int, str] = {}
        for part in text.split(","):
            number, _, name = (word.strip() for word in part.partition("="))
            if not (number.isascii() and number.isdecimal() and int(number) > 0 and name):
                raise InputError(
                    f"The labels '{text}' cannot be understood: {_SAY}; none leaves a value out."
                )
            values[int(number)] = _meant(name)
        return cls(values)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that are told apart."""
        return in_usual_order(set(self.values.values()) - {LESION, NO_LESIONS})

    def __str__(self) -> str:
        return ",".join(f"{value}={name}" for value, name in sorted(self.values.items())) or EACH_ONE


@dataclass(frozen=True)
class MapLesion:
    """A lesion of a label map: nothing is known of it but, perhaps, its class."""

    label: int
    lesion_class: str | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    predicted_curve: None = None
    lesion_probability: None = None


@dataclass(frozen=True)
class FoundMap:
    """The lesions of a label map.

    Args:
        labels: [K, J, I] on the study's grid, one number a lesion.
        lesions: those numbers, with their classes.
        resampled: whether the map had another grid and was brought over, each voxel from the nearest one.
    """

    labels: Labels
    lesions: tuple[MapLesion, ...]
    resampled: bool


@dataclass(frozen=True)
class MapFolder:
    """A folder of label maps, one a case.

    Args:
        of_case: the file of each case.
        others: names of files that belong to no case.
    """

    folder: Path
    of_case: Mapping[str, Path]
    others: tuple[str, ...]

    @classmethod
    def find(cls, folder: Path, cases: Sequence[str], names: Mapping[str, str]) -> MapFolder:
        """Files are named as their cases, such as ``case_7.nii.gz``.

        Args:
            names: of cases, by the names that they have in the folder.

        Raises:
            InputError: there is no such folder, a case has two files, or none has one.
        """
        if not folder.is_dir():
            raise InputError(f"There is no folder {folder}: name the one with the label maps.")
        known, others = set(cases), []
        of_case: dict[str, Path] = {}
        for path in sorted(item for item in folder.iterdir() if item.is_file() and is_volume_file(item)):
            case = names.get(stem_of(path), stem_of(path))
            if case not in known:
                others.append(path.name)
                continue
            if case in of_case:
                raise InputError(
                    f"{folder} holds {of_case[case].name} and {path.name} for the case {case}; keep one."
                )
            of_case[case] = path
        if not of_case:
            such = f", and not as {others[0]}" if others else ""
            raise InputError(
                f"{folder} holds no label map of a case: files are named as the cases, such as "
                f"{cases[0]}.nii.gz{such}; --names takes the key of an export."
            )
        return cls(folder, of_case, tuple(others))

    def sha256(self) -> str:
        """Of all maps, with the cases that they are of."""
        digest = hashlib.sha256()
        for case, path in sorted(self.of_case.items()):
            digest.update(f"{case} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
        return digest.hexdigest()


def read_names(table: Path) -> dict[str, str]:
    """The key of an export: cases by the names that they have there.

    Raises:
        InputError: it is no such table.
    """
    names: dict[str, str] = {}
    for row in table_rows(table, ("name", "case")):
        if not isinstance(row, Row):
            raise row
        names[row.text("name")] = row.text("case")
    return names


def settled_meaning(
    maps: MapFolder, classes: Sequence[str], look_up: Callable[[], None] = lambda: None
) -> LabelMeaning:
    """What the values mean where nobody said it: as nnU-Net's ``dataset.json`` beside the maps says, else
    each value is one lesion, if that is what all maps look like.

    Args:
        classes: of the dataset's lesions.
        look_up: called between two maps; what it raises ends the work.

    Raises:
        InputError: it cannot be told.
    """
    told = _told_by_nnunet(maps.folder / _DATASET_FILE, classes)
    if told is not None:
        return told
    for case, path in maps.of_case.items():
        look_up()
        labels = _whole(path, read_label_map(path).array)
        for value in np.unique(labels[labels > 0]):
            if ndimage.label(labels == value, structure=np.ones((3, 3, 3)))[1] > 1:
                raise InputError(
                    f"In the map of {case} the value {value} lies in several pieces, which may be one lesion "
                    f"or several: {_SAY}."
                )
    return LabelMeaning()


def read_map(path: Path, meaning: LabelMeaning, grid: Grid) -> FoundMap:
    """The lesions of a label map, on a study's grid.

    Raises:
        InputError: it is no label map, holds a value without a meaning, or lies elsewhere than the images.
    """
    volume = read_label_map(path)
    values = _whole(path, volume.array)
    labels, lesions = _lesions(path, values, meaning)
    own = resample_labels(labels, volume.grid, grid)
    _refuse_elsewhere(path, labels, volume.grid, own, grid)
    there = set(np.unique(own).tolist())
    kept = tuple(lesion for lesion in lesions if lesion.label in there)
    return FoundMap(own, kept, not volume.grid.matches(grid))


def _whole(path: Path, array: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    whole = np.rint(array)
    if not np.array_equal(whole, array) or whole.min() < 0 or whole.max() > _MOST:
        raise InputError(f"{path.name} is no label map: it must hold whole numbers from 0 up.")
    labels: npt.NDArray[np.uint16] = whole.astype(np.uint16)
    return labels


def _lesions(
    path: Path, values: npt.NDArray[np.uint16], meaning: LabelMeaning
) -> tuple[npt.NDArray[np.uint16], list[MapLesion]]:
    present = [int(value) for value in np.unique(values) if value]
    if not meaning.values:
        return values, [MapLesion(value) for value in present]
    strange = [value for value in present if value not in meaning.values]
    if strange:
        raise InputError(
            f"{path.name} holds the value {strange[0]}, which --labels does not name; "
            f"{strange[0]}={NO_LESIONS} leaves it out."
        )
    labels = np.zeros_like(values)
    lesions: list[MapLesion] = []
    for name in dict.fromkeys(meaning.values.values()):
        if name == NO_LESIONS:
            continue
        of_name = [value for value, each in meaning.values.items() if each == name]
        pieces, count = ndimage.label(np.isin(values, of_name))
        labels[pieces > 0] = pieces[pieces > 0] + len(lesions)
        told = None if name == LESION else name
        lesions += [MapLesion(len(lesions) + number, told) for number in range(1, count + 1)]
    return labels, lesions


def _refuse_elsewhere(path: Path, labels: Labels, source: Grid, own: Labels, grid: Grid) -> None:
    """A map whose header was lost is not judged as one that found nothing."""
    plain = source.spacing == (1.0, 1.0, 1.0) and source.origin == (0.0, 0.0, 0.0)
    if plain and source.shape == grid.shape and not source.matches(grid):
        raise InputError(
            f"{path.name} has lost its header (voxels of 1 x 1 x 1 mm at the origin): write it with the "
            "geometry of the images."
        )
    if labels.any() and not own.any():
        raise InputError(f"{path.name} marks nothing within the images: it is of another study or geometry.")


def _told_by_nnunet(path: Path, classes: Sequence[str]) -> LabelMeaning | None:
    """None where nothing is told."""
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"))["labels"]
        values = {int(value): str(name) for name, value in told.items() if name != "background"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    meant = {value: _meant(name) for value, name in values.items()}
    strange = [name for name in meant.values() if name not in (LESION, *classes)]
    if strange:
        raise InputError(
            f"{path} names the label {strange[0]}, which is no class of the dataset: {_SAY}; none leaves a "
            "value out."
        )
    return LabelMeaning(meant)


def _meant(name: str) -> str:
    word = name.casefold()
    return word if word in (LESION, NO_LESIONS) else lesion_class_name(name)
