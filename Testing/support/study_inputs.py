"""A small study in the shapes in which users name one: series folders, volume files, archives."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from support import dicom_layouts as layouts

from MTINetLib.study.grid import Grid

TRUTH = layouts.make_truth()
NAMES = ("01 nativ", "02 art 30s", "03 portal", "04 late")


def series_folders(folder: Path) -> list[Path]:
    """The four series of a study, each in its own folder."""
    images = layouts.series_per_phase(TRUTH)
    made = [folder / name for name in ("a", "b", "c", "d")]
    for number, place in enumerate(made):
        layouts.write_shuffled(place, images[8 * number : 8 * number + 8])
    return made


def write(path: Path, array: np.ndarray, grid: Grid = TRUTH.grid) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(grid.spacing)
    image.SetOrigin(grid.origin)
    image.SetDirection(grid.direction)
    SimpleITK.WriteImage(image, str(path))
    return path


def four_files(folder: Path, suffix: str = ".nii.gz", names: tuple[str, ...] = NAMES) -> Path:
    for name, array in zip(names, TRUTH.volumes, strict=True):
        write(folder / f"{name}{suffix}", array)
    return folder


def zipped(folder: Path, archive: Path, inner: str = "") -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, inner + path.relative_to(folder).as_posix())
    return archive


def is_the_study(study: Any) -> None:
    np.testing.assert_array_equal(study.volumes, TRUTH.volumes)
    assert study.grid.matches(TRUTH.grid, tolerance_mm=1e-3)
