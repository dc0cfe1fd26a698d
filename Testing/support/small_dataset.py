"""A dataset of six made-up patients with bright balls, and a network small enough to train on one core."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK

from MTINetLib.dataset.folder import DatasetCase, write_dataset_tables
from MTINetLib.network.settings import NetworkSettings
from MTINetLib.study.phase import FOUR_PHASES, Phase

SIZE = 64
SLICES = 6
#: Of a disc that is no lesion, in the arterial phase: a network that knows brightness only is unsure of it.
DIM = 1.15
CURVES = {
    "hcc": (0.5, 1.5, 0.9, 0.6),
    "hemangioma": (0.4, 1.0, 1.2, 1.4),
    "net_metastasis": (0.3, 0.8, 1.5, 0.8),
}
#: Of a lesion of any class in the phases that are not the usual ones.
_IN_OTHER_PHASES = 0.3
CLASSES = ("hcc", "hemangioma", "hcc", "hemangioma", "hcc", "none")
#: Changes of a preset that make a run of a few seconds.
SHORT = ("validation_share=0.34", "max_steps=8", "steps_per_epoch=2", "log_every=1")


def made_slices(
    case_class: str, seed: int, phases_of: Sequence[Phase] = FOUR_PHASES
) -> tuple[np.ndarray, np.ndarray]:
    """Phases [Z, P, S, S] around 0.6 with a disc of the class's curve in three slices, and its labels."""
    random = np.random.default_rng(seed)
    phases = (0.6 + 0.03 * random.standard_normal((SLICES, len(phases_of), SIZE, SIZE))).astype(np.float32)
    labels = np.zeros((SLICES, SIZE, SIZE), np.uint8)
    if case_class != "none":
        row, column = random.integers(20, 44, 2)
        rows, columns = np.mgrid[:SIZE, :SIZE]
        labels[2:5] = (rows - row) ** 2 + (columns - column) ** 2 < 64
        curve = dict(zip(FOUR_PHASES, CURVES[case_class], strict=True))
        for number, phase in enumerate(phases_of):
            phases[:, number][labels > 0] += curve.get(phase, _IN_OTHER_PHASES) - 0.6
    return phases, labels


def write_small_dataset(
    root: Path,
    classes: Sequence[str] = CLASSES,
    *,
    dim_spots: bool = False,
    phases: Sequence[Phase] = FOUR_PHASES,
    first: int = 0,
) -> Path:
    """Small NIfTI files and their tables; by default two lesion classes and one study without lesions.

    ``first`` numbers the cases; ``dim_spots`` adds to each study a disc that is no lesion and hardly as
    bright as one.
    """
    cases = [
        _write_files(root, number, case_class, dim_spots, phases)
        for number, case_class in enumerate(classes, first)
    ]
    write_dataset_tables(root, cases)
    return root


def _write_files(
    root: Path, number: int, case_class: str, dim_spot: bool, phases_of: Sequence[Phase]
) -> DatasetCase:
    phases, labels = made_slices(case_class, number, phases_of)
    if dim_spot:
        phases[2:5, 1, 8:18, 50:60] = DIM
    folder = root / f"case_{number}"
    folder.mkdir(parents=True)
    # A body with air around it: the intensity scale looks for one.
    phases[:, :, :6] = phases[:, :, -6:] = 0
    paths = {}
    for place, phase in enumerate(phases_of):
        paths[phase] = folder / f"{phase.value}.nii.gz"
        _write_image(paths[phase], 100 * phases[:, place])
    mask = folder / "mask.nii.gz"
    _write_image(mask, labels)
    return DatasetCase(f"case_{number}", f"patient_{number}", case_class, paths, mask)


def _write_image(path: Path, array: np.ndarray) -> None:
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing((1.5, 1.5, 4.0))
    SimpleITK.WriteImage(image, str(path))


def tiny_network() -> list[str]:
    """Changes of a preset that make the network one of a few thousand weights."""
    small = {
        "image_size": SIZE,
        "widths": "2,2,2,4",
        "decoder_widths": "4,4,4,4",
        "context_blocks": 1,
        "transformer_depth": 1,
        "ffn_width": 32,
        "tdd_width": 16,
        "tdd_depth": 1,
    }
    assert NetworkSettings(image_size=SIZE).d_model == 16
    return [f"network.{name}={value}" for name, value in small.items()]
