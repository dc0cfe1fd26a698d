"""Smooth random fields: coarse Gaussian noise spread over the voxels by cubic B-splines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from MTINetLib.phantom.draws import Rng

Field = npt.NDArray[np.float32]

#: Standard deviation left by averaging white noise with cubic B-spline weights along one axis.
_SPLINE_SD = 0.692


@lru_cache(maxsize=256)
def _spline_matrix(points: int, controls: int) -> Field:
    """Weights [points, controls] that spread >= 4 spline coefficients over ``points`` samples."""
    at = np.linspace(0.0, controls - 3.0, points) if points > 1 else np.zeros(1)
    base = np.minimum(at.astype(int), controls - 4)
    t = at - base
    weights = (
        np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1)
        / 6.0
    )
    matrix = np.zeros((points, controls), dtype=np.float32)
    for offset in range(4):
        matrix[np.arange(points), base + offset] = weights[:, offset]
    return matrix


def spread(coarse: npt.ArrayLike, shape: Sequence[int]) -> Field:
    """Spline coefficients [k, j, i], each axis >= 4 long, as a smooth float32 field [K, J, I]."""
    field = np.asarray(coarse, dtype=np.float32)
    k, j, i = field.shape
    field = field @ _spline_matrix(shape[2], i).T
    field = np.matmul(_spline_matrix(shape[1], j), field)
    flat = _spline_matrix(shape[0], k) @ field.reshape(k, -1)
    return np.asarray(flat.reshape(tuple(shape)), dtype=np.float32)


def smooth_noise(rng: Rng, shape: Sequence[int], spacing_kji: Sequence[float], scale_mm: float) -> Field:
    """Gaussian noise of about unit variance whose features are about ``scale_mm`` wide.

    Args:
        rng: where the noise comes from.
        shape: of the result, [K, J, I].
        spacing_kji: mm along k, j, i.
        scale_mm: distance between spline knots; below the voxel size the field is close to white.
    """
    controls = [min(int(np.ceil(n * s / scale_mm)), n) + 3 for n, s in zip(shape, spacing_kji, strict=True)]
    coarse = rng.standard_normal(controls, dtype=np.float32)
    return np.asarray(spread(coarse, shape) / np.float32(_SPLINE_SD**3), dtype=np.float32)
