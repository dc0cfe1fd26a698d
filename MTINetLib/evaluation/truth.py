"""The true lesions of a case: its label map on the study's grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MTINetLib.dataset.folder import DatasetCase
from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ
from MTINetLib.study.grid import Grid
from MTINetLib.study.lesion_class import NO_LESIONS
from MTINetLib.study.resample import resample_labels

Labels = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Truth:
    """True lesions of one case.

    Args:
        labels: [K, J, I] on the study's grid, 0 for background.
        anatomy: [K, J, I], see study/anatomy.py; None where the case does not tell.
        resampled: whether the mask had another grid and was brought over (nearest voxel).
    """

    labels: Labels
    resampled: bool
    anatomy: npt.NDArray[np.uint8] | None = None


def read_truth(case: DatasetCase, grid: Grid) -> Truth:
    """The label map of a case on a grid; nothing anywhere for a case of class none without a mask.

    Raises:
        InputError: the mask is missing, is no label map, or disagrees with the case's class.
    """
    if case.mask_path is None:
        if case.case_class != NO_LESIONS:
            raise InputError("it has no mask to compare with; name the file in the column mask of cases.csv.")
        return Truth(np.zeros(grid.shape, dtype=np.uint16), resampled=False, anatomy=_anatomy(case, grid))
    volume = read_label_map(case.mask_path)
    labels = np.rint(volume.array)
    limit = np.iinfo(np.uint16).max
    if not np.array_equal(labels, volume.array) or labels.min() < 0 or labels.max() > limit:
        raise InputError(f"the mask {case.mask_path.name} is not a label map of whole numbers from 0 up.")
    if case.case_class == NO_LESIONS and labels.any():
        raise InputError("its class is none, but its mask holds lesions; correct one of them in cases.csv.")
    own = resample_labels(labels.astype(np.uint16), volume.grid, grid)
    return Truth(own, resampled=not volume.grid.matches(grid), anatomy=_anatomy(case, grid))


def _anatomy(case: DatasetCase, grid: Grid) -> npt.NDArray[np.uint8] | None:
    if case.anatomy_path is None:
        return None
    volume = read_label_map(case.anatomy_path)
    if not np.isin(volume.array, [*Organ, UNKNOWN_ORGAN]).all():
        raise InputError(f"the map {case.anatomy_path.name} holds values that are none of the known organs.")
    return resample_labels(volume.array.astype(np.uint8), volume.grid, grid)
