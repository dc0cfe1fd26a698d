"""What others have outlined, from a file onto a grid: a mask, a label map, or a DICOM SEG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.label_names import label_names
from MTINetLib.reading.volumes.read import SUFFIXES, read_label_map
from MTINetLib.report.dicom.names import DICOM_FOLDER, SEG_FILE
from MTINetLib.study.grid import Grid
from MTINetLib.study.resample import resample_labels
from MTINetLib.study.source_image import SourceImage
from MTINetLib.study.study import Mask

_MOST_NAMED = 12


@dataclass(frozen=True)
class Outlines:
    """Masks by value or segment number, with their names as far as these are known.

    Args:
        source: the file or node that they are of.
        mask_of: gives a value's mask, [K, J, I] on the grid that was asked for.
        outside: how much of a value's outline lies outside that grid, 0 to 1.
    """

    source: str
    values: Sequence[int]
    names: Mapping[int, str]
    mask_of: Callable[[int], Mask]
    outside: Callable[[int], float] = lambda value: 0.0

    def union(self, values: Sequence[int]) -> Mask:
        whole = self.mask_of(values[0]).copy()
        for value in values[1:]:
            whole |= self.mask_of(value)
        return whole

    def listed(self) -> str:
        """The names, for a sentence; values where they have none."""
        names = [self.names.get(value) or str(value) for value in self.values]
        return ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")

    def named(self, words: str, purpose: str = "") -> Sequence[int]:
        """The values that are meant by values or names, separated by commas.

        Args:
            purpose: ends the sentence that a word is unknown.

        Raises:
            InputError: a word is no value or name of these outlines.
        """
        by_name = {name.lower(): value for value, name in self.names.items() if value in self.values}
        found = []
        for word in filter(None, (part.strip() for part in words.split(","))):
            value = by_name.get(word.lower(), int(word) if word.isdigit() else None)
            if value is None or value not in self.values:
                meant = f"'{word}' {purpose}".rstrip()
                raise InputError(f"{self.source} has no {meant}; it has {self.listed()}.")
            found.append(value)
        return found


def read_outlines(path: Path, grid: Grid, images: Sequence[SourceImage]) -> Outlines:
    """The outlines of a file on a grid.

    Args:
        path: NIfTI, NRRD or MetaImage: a mask or a label map; a DICOM segmentation, or a folder of results
            with one.
        images: of the volume that the grid is of; a segmentation of another study is refused by them.

    Raises:
        InputError: it cannot be read, is empty, or belongs to another study.
    """
    if not path.exists():
        raise InputError(f"There is no file or folder {path}; name the file of the outlines.")
    if path.is_dir() or not path.name.lower().endswith(SUFFIXES):
        from MTINetLib.report.dicom.named_segments import named_segments

        file = _segmentation_in(path)
        found = named_segments(file, grid, images)
        return Outlines(str(file), tuple(found.names), found.names, found.mask_of, found.outside)
    volume = read_label_map(path)
    labels = np.rint(volume.array)
    whole_numbers = np.array_equal(labels, volume.array)
    if not whole_numbers or labels.min() < 0 or labels.max() > np.iinfo(np.uint16).max:
        raise InputError(
            f"{path} is no mask or label map: its values are not whole numbers from 0 up. Name a file of "
            "outlines."
        )
    whole = labels.astype(np.uint16)
    values = tuple(int(value) for value in np.unique(whole) if value)
    if not values:
        raise InputError(f"{path} is empty: nothing in it is outlined.")
    here = resample_labels(whole, volume.grid, grid)

    def outside(value: int) -> float:
        kji = grid.to_index(volume.grid.to_lps(np.argwhere(whole == value)))
        away = ((kji < -0.5) | (kji > np.array(grid.shape) - 0.5)).any(axis=1)
        return float(away.mean())

    return Outlines(str(path), values, label_names(path), lambda value: np.asarray(here == value), outside)


def _segmentation_in(path: Path) -> Path:
    """The file itself; of a folder that of our results, or the only one that it holds."""
    if path.is_file():
        return path
    for inside in (path / DICOM_FOLDER / SEG_FILE, path / SEG_FILE):
        if inside.is_file():
            return inside
    files = [file for file in path.iterdir() if file.is_file()]
    if len(files) != 1:
        raise InputError(f"{path} holds {len(files)} files: name the one with the outlines.")
    return files[0]
