"""Outlines of a reading as lesions, one label and class each, and the organs that were drawn too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.errors import InputError
from MTINetLib.importers.found import LeftOut, MaskFile, Meaning, Reading
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ
from MTINetLib.study.grid import FloatArray, Grid

Labels = npt.NDArray[np.uint8]
_MOST_LESIONS = 255
_TOUCHING = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True)
class Drawn:
    """What a reader drew, on the grid of the reader's files.

    Args:
        labels: uint8 [K, J, I], 1..n for the lesions.
        classes: of each label; empty for a lesion whose class nothing tells.
        anatomy: values of study/anatomy.py, 255 where no organ was drawn; None where none was.
    """

    labels: Labels
    grid: Grid
    classes: dict[int, str] = field(default_factory=dict)
    anatomy: Labels | None = None

    @property
    def centre(self) -> FloatArray:
        """(k, j, i) of the middle of all lesions together."""
        return np.asarray(np.argwhere(self.labels).mean(axis=0), dtype=np.float64)


def drawn(reading: Reading, case_class: str) -> Drawn:
    """The lesions and organs of a reading.

    Raises:
        LeftOut: its files cannot be used.
    """
    labels: Labels | None = None
    anatomy: Labels | None = None
    grid: Grid | None = None
    classes: dict[int, str] = {}
    for mask in reading.masks:
        volume = _read(mask)
        if labels is None or grid is None:
            grid = volume.grid
            labels = np.zeros(grid.shape, dtype=np.uint8)
        elif not volume.grid.matches(grid):
            raise LeftOut(f"{mask.path.name} lies on another grid than {reading.masks[0].path.name}")
        for part, meaning in _parts(mask, volume):
            if isinstance(meaning, Organ):
                if anatomy is None:
                    anatomy = np.full(labels.shape, UNKNOWN_ORGAN, dtype=np.uint8)
                anatomy[part] = meaning
                continue
            free = part & (labels == 0)
            if not free.any():
                continue
            number = len(classes) + 1
            if number > _MOST_LESIONS:
                raise LeftOut(f"it has more than {_MOST_LESIONS} lesions")
            labels[free] = number
            classes[number] = meaning or case_class
    if labels is None or grid is None:
        raise LeftOut("nobody drew a lesion")
    if anatomy is not None:
        anatomy[labels > 0] = Organ.LIVER
    return Drawn(labels, grid, classes, anatomy)


def with_grid(reading: Reading, grid: Grid | None) -> Reading:
    """The same reading where its files lie on another grid than their headers say."""
    return replace(reading, masks=tuple(replace(mask, grid=grid) for mask in reading.masks))


def _read(mask: MaskFile) -> SourceVolume:
    try:
        volume = read_label_map(mask.path)
    except (InputError, OSError) as error:
        raise LeftOut(str(error).rstrip(".")) from error
    if mask.grid is None:
        return volume
    if mask.grid.shape != volume.grid.shape:
        raise LeftOut(f"{mask.path.name} has other slices, rows or columns than its image")
    return SourceVolume.of_array(volume.array, mask.grid, volume.description)


def _parts(mask: MaskFile, volume: SourceVolume) -> Iterator[tuple[npt.NDArray[np.bool_], Meaning]]:
    """Each lesion and organ of a file."""
    values = np.unique(volume.array)
    if not np.array_equal(values, np.rint(values)) or values[0] < 0:
        raise LeftOut(f"{mask.path.name} is no label map: it holds other values than whole numbers from 0 up")
    for value in (int(value) for value in values):
        if mask.values is not None and value and value not in mask.values:
            raise LeftOut(f"{mask.path.name} holds {value}, which nothing explains")
        meaning = _meaning(mask, value)
        if meaning is None:
            continue
        here = volume.array == value
        if isinstance(meaning, Organ) or not mask.in_pieces:
            yield here, meaning
            continue
        pieces, count = ndimage.label(here, structure=_TOUCHING)
        for number in range(1, count + 1):
            yield pieces == number, meaning


def _meaning(mask: MaskFile, value: int) -> Meaning | None:
    if mask.values is None:
        return "" if value else None
    return mask.values.get(value)
