"""A label map of a liver as phantom/atlas.py reads it, made of ellipsoids and tubes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from MTINetLib.reading.volumes.write import write_label_map
from MTINetLib.study.grid import Grid

STEP_MM = 2.0
_SHAPE = (80, 90, 110)


def liver_labels() -> npt.NDArray[np.uint8]:
    """[k, j, i] with i to the left, j to the back and k to the head, STEP_MM apart; about 1.4 litres."""
    k, j, i = (np.arange(n, dtype=float) * STEP_MM for n in _SHAPE)
    z, y, x = k[:, None, None], j[None, :, None], i[None, None, :]
    right = ((x - 70) / 56) ** 2 + ((y - 95) / 74) ** 2 + ((z - 80) / 70) ** 2 < 1
    left = ((x - 140) / 62) ** 2 + ((y - 55) / 32) ** 2 + ((z - 100) / 38) ** 2 < 1
    caudate = ((x - 112) / 16) ** 2 + ((y - 105) / 14) ** 2 + ((z - 100) / 26) ** 2 < 1
    cava = (x - 116) ** 2 + (y - 132) ** 2 < 12**2
    segment = np.where(x < 88, np.where(y < 90, 5, 6), np.where(x < 118, 4, 3)) + 0 * z
    segment = np.where((x < 88) & (z > 90), np.where(y < 90, 8, 7), segment)
    segment = np.where(caudate, 1, segment)
    labels = np.where((right | left | caudate) & ~cava, segment, 0)
    portal = _tube(x, y, z, (100, 85, 66), (60, 80, 75), 4) | _tube(x, y, z, (100, 85, 66), (140, 60, 95), 4)
    hepatic = _tube(x, y, z, (112, 118, 132), (55, 80, 120), 4)
    vessel = (portal | hepatic) & (labels > 0)
    return np.asarray(np.where(vessel, labels + 10, labels), dtype=np.uint8)


def _tube(
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    z: npt.NDArray[np.float64],
    first: tuple[float, float, float],
    last: tuple[float, float, float],
    radius: float,
) -> npt.NDArray[np.bool_]:
    a, d = np.array(first), np.array(last) - np.array(first)
    t = np.clip(((x - a[0]) * d[0] + (y - a[1]) * d[1] + (z - a[2]) * d[2]) / (d @ d), 0, 1)
    away = (x - a[0] - t * d[0]) ** 2 + (y - a[1] - t * d[1]) ** 2 + (z - a[2] - t * d[2]) ** 2
    return np.asarray(away < radius**2)


def write_liver_map(folder: Path, name: str = "liver.nii.gz", *, turned: bool = False) -> Path:
    """The labels as a file; ``turned`` stores the axes from left to right and from back to front."""
    labels = liver_labels()
    direction = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    origin = (-40.0, 20.0, 7.0)
    if turned:
        labels = labels[:, ::-1, ::-1]
        direction = (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)
        far = (np.array(_SHAPE[::-1]) - 1) * STEP_MM
        origin = (origin[0] + far[0], origin[1] + far[1], origin[2])
    path = folder / name
    write_label_map(path, labels, Grid(_SHAPE, (STEP_MM,) * 3, origin, direction))
    return path
