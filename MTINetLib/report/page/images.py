"""The images of a study as a page shows them: small enough to travel inside scripts.

A script is the only file that a page opened without a server may read. So each volume lies in one, as NIfTI,
packed and in letters of base 64.
"""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.report.body import body, tissue_window
from MTINetLib.report.key_slice import body_crop
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Study

#: Of the scale that all phases share, from 0: more than a display tells apart, and it packs well.
STEPS = 4095


@dataclass(frozen=True)
class ShownImages:
    """A study without the air around the patient.

    Args:
        volumes: [phases, K, J, I], int16, in steps.
        labels: [K, J, I].
        grid: of both.
        step: signal of one step.
        window: black and white, in steps.
    """

    volumes: npt.NDArray[np.int16]
    labels: npt.NDArray[Any]
    grid: Grid
    step: float
    window: tuple[float, float]

    @classmethod
    def of(cls, study: Study, labels: npt.NDArray[Any]) -> ShownImages:
        """
        Args:
            labels: [K, J, I] on the study's grid; no lesion is cut off.
        """
        inside = body(study.phase(study.reference)) | (labels > 0)
        crop = body_crop(np.asarray(inside.any(axis=0)))
        rows, columns = slice(*crop.rows), slice(*crop.columns)
        volumes = np.nan_to_num(study.volumes[:, :, rows, columns])
        step = float(np.abs(volumes).max(initial=0.0)) / STEPS or 1.0
        shown = labels[:, rows, columns]
        x, y, z = map(float, study.grid.to_lps((0, crop.rows[0], crop.columns[0])))
        grid = replace(study.grid, shape=shown.shape, origin=(x, y, z))
        low, high = tissue_window(volumes, inside[:, rows, columns])
        steps = np.rint(volumes / step).astype(np.int16)
        return cls(steps, shown, grid, step, (low / step, high / step))


def volume_in_letters(volume: npt.NDArray[np.int16], grid: Grid, folder: Path) -> str:
    """A volume [K, J, I] as packed NIfTI in base 64.

    Args:
        folder: where a file may lie for a moment.
    """
    with TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "volume.nii.gz"
        write_volume(path, volume, grid)
        return _letters(path.read_bytes())


def labels_in_letters(labels: npt.NDArray[Any]) -> str:
    """Labels [K, J, I] as packed uint16, low byte first, in base 64."""
    return _letters(gzip.compress(np.ascontiguousarray(labels, "<u2").tobytes(), mtime=0))


def _letters(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
