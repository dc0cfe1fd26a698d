"""The raw folder of nnU-Net v2, with the folds beside it that ``mtinet train --cross-validation`` draws.

Layout: MIC-DKFZ/nnUNet, documentation/dataset_format.md and documentation/manual_data_splits.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

import MTINetLib
from MTINetLib.errors import InputError
from MTINetLib.exporters.exported_case import ExportedCase
from MTINetLib.exporters.names import ExportedName
from MTINetLib.reading.volumes.write import smallest_type, write_label_map, write_volume
from MTINetLib.study.phase import Phase

DATASET_FILE, SPLITS_FILE = "dataset.json", "splits_final.json"
IMAGES, LABELS = "imagesTr", "labelsTr"
SUFFIX = ".nii.gz"
#: What a label map tells: where a lesion is, or also of which class.
Meaning = Literal["lesion", "class"]
MEANINGS: tuple[Meaning, ...] = ("lesion", "class")
LESION = "lesion"
_IDS = range(1, 1000)


@dataclass(frozen=True)
class NnUnetLayout:
    """A raw dataset of nnU-Net.

    Args:
        name: of the dataset, letters and digits.
        phases: one channel each, in this order.
        values: by class of a lesion, its value in the label maps; all 1 where they only say that it is one.
        labels: name of each value, from 1.
        folds: how many; 0 writes no splits, and nnU-Net draws its own, by case.
        synthetic: whether no patient was imaged.
    """

    name: str
    phases: tuple[Phase, ...]
    values: dict[str, int]
    labels: tuple[str, ...]
    folds: int
    synthetic: bool

    @classmethod
    def of(
        cls,
        name: str,
        phases: Sequence[Phase],
        classes: Sequence[str],
        meaning: Meaning,
        folds: int,
        synthetic: bool,
    ) -> NnUnetLayout:
        """Args:
        classes: of all lesions of the dataset, in the order of their values.
        """
        of_class = meaning == "class"
        values = {each: number if of_class else 1 for number, each in enumerate(classes, 1)}
        labels = tuple(classes) if of_class else (LESION,)
        return cls(name, tuple(phases), values, labels, folds, synthetic)

    def write_case(self, folder: Path, case: ExportedCase) -> None:
        """``imagesTr/NAME_0000.nii.gz`` and on, one a phase, and ``labelsTr/NAME.nii.gz``.

        Where a phase has no image its voxels are 0: nnU-Net takes no NaN.
        """
        name, grid = case.named.name, case.study.grid
        for number, volume in enumerate(case.study.volumes):
            path = folder / IMAGES / f"{name}_{number:04d}{SUFFIX}"
            write_volume(path, smallest_type(volume), grid)
        write_label_map(folder / LABELS / f"{name}{SUFFIX}", self._label_map(case), grid)

    def _label_map(self, case: ExportedCase) -> npt.NDArray[np.uint8]:
        table = np.zeros(int(case.lesions.max(initial=0)) + 1, dtype=np.uint8)
        for number, each in case.classes().items():
            table[number] = self.values[each]
        return np.asarray(table[case.lesions])

    def write_rest(self, folder: Path, names: tuple[ExportedName, ...]) -> None:
        """``dataset.json``, and ``splits_final.json`` where there are folds."""
        told = {
            "channel_names": {str(number): phase.value for number, phase in enumerate(self.phases)},
            "labels": {"background": 0, **{label: number for number, label in enumerate(self.labels, 1)}},
            "numTraining": len(names),
            "file_ending": SUFFIX,
            "overwrite_image_reader_writer": "SimpleITKIO",
            "name": self.name,
            "description": "Liver MRI, all phases aligned on the grid of one of them, by MTINet "
            f"{MTINetLib.__version__}",
            "synthetic": self.synthetic,
        }
        _write_json(folder / DATASET_FILE, told)
        if self.folds:
            _write_json(folder / SPLITS_FILE, splits_of(names, self.folds))


def splits_of(names: Sequence[ExportedName], folds: int) -> list[dict[str, list[str]]]:
    """Names that train and that validate, fold by fold; nnU-Net's fold 0 is the first one."""
    return [
        {
            "train": [one.name for one in names if one.fold != fold],
            "val": [one.name for one in names if one.fold == fold],
        }
        for fold in range(1, folds + 1)
    ]


def nnunet_folder(number: int, name: str) -> str:
    """``Dataset501_Liver``.

    Raises:
        InputError: the number is none that nnU-Net takes.
    """
    if number not in _IDS:
        raise InputError(f"nnU-Net numbers datasets from {_IDS[0]} to {_IDS[-1]}; --id {number} is none.")
    return f"Dataset{number:03d}_{name}"


def _write_json(path: Path, told: object) -> None:
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
