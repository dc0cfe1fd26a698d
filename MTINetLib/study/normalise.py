"""One intensity scale for a study, taken from its first phase so that enhancement survives.

Magnitude MR has a physical zero but an arbitrary gain. The gain is measured deep inside the body: the
subcutaneous fat (bright where fat suppression fails) and the tissue next to surface coils lie in the
rim, which is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.study.pieces import largest_piece

Volume = npt.NDArray[np.float32]
_Values = TypeVar("_Values", float, npt.NDArray[np.float32], npt.NDArray[np.float64])

#: Percentile of the inner body's pre-contrast signal that becomes 1: about the liver, one of the brighter
#: tissues of T1. On phantoms it follows the liver within 8 %; the 95th, near fat and inflow, within 16 %.
HIGH_PERCENTILE = 80.0
#: Radius of the inner body as a part of the body's half extent along each axis.
INNER_RADIUS = 0.8
#: What the liver's pre-contrast signal becomes where the liver sets the scale.
LIVER_VALUE = 1.0
#: A liver of fewer pixels, of about 2.8 mm, sets no scale.
LEAST_LIVER = 150
#: A scale below this is none.
_LEAST_HIGH = 1e-6
#: The statistics need no more voxels than this.
_SAMPLE_VOXELS = 250_000


@dataclass(frozen=True)
class IntensityScale:
    """Linear map between scanner units and network units: ``low`` becomes 0 and ``high`` becomes 1."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.high > self.low):
            raise ValueError(f"an intensity scale needs finite low < high, not {self.low} and {self.high}")

    @property
    def width(self) -> float:
        """Scanner units per network unit."""
        return self.high - self.low

    def apply(self, array: npt.ArrayLike) -> Volume:
        """Scanner units to network units, float32 of the same shape; not clipped."""
        gain = np.float32(1 / self.width)
        result = np.multiply(array, gain, dtype=np.float32)
        if self.low:
            result -= np.float32(self.low / self.width)
        return np.asarray(result)

    def invert(self, value: _Values) -> _Values:
        """Network units (a number or an array of means) back to scanner units."""
        return value * self.width + self.low


def estimate_scale(first: Volume) -> IntensityScale:
    """The scale of a study from its first volume [K, J, I], the one before contrast where there is one.

    ``low`` is 0, the zero of the signal, whatever lies below it (noise around 0, overshoot at edges): another
    zero would change the enhancement. ``high`` is HIGH_PERCENTILE of the inner body. A volume without any
    contrast gets a harmless unit scale.
    """
    sample = subsample(np.asarray(first))
    sample = np.nan_to_num(sample.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    inner = sample[inner_body(sample)]
    high = float(np.percentile(inner, HIGH_PERCENTILE)) if inner.size else 0.0
    if not high > _LEAST_HIGH:
        high = max(float(sample.max()), 1.0)
    return IntensityScale(0.0, high)


def liver_signal(first: npt.NDArray[np.float32], liver: npt.NDArray[np.bool_]) -> float | None:
    """The median signal of the liver's inside in slices of the first phase.

    Its rim is left out where enough remains: there lie partial volumes, and errors of a mask.

    Args:
        first: [Z, S, S], any units.
        liver: [Z, S/2, S/2], without vessels and lesions.

    Returns:
        None for a liver of fewer than LEAST_LIVER pixels, or without a signal.
    """
    count, side = liver.shape[0], liver.shape[1]
    means = first.reshape(count, side, 2, side, 2).mean(axis=(2, 4))
    inside = ndimage.binary_erosion(liver, np.ones((1, 3, 3), dtype=bool), iterations=2)
    values = means[inside if inside.sum() >= LEAST_LIVER else liver]
    values = values[np.isfinite(values)]
    if values.size < LEAST_LIVER:
        return None
    median = float(np.median(values))
    return median if median > 0 else None


def body_mask(volume: Volume) -> npt.NDArray[np.bool_]:
    """The patient in a pre-contrast volume [K, J, I]: largest component above half of Otsu's threshold."""
    return largest_piece(volume > 0.5 * otsu(volume))


def inner_body(volume: Volume) -> npt.NDArray[np.bool_]:
    """Body voxels inside an ellipsoid of INNER_RADIUS times the body's half extent, any orientation."""
    body = body_mask(volume)
    distance = np.zeros((1,) * volume.ndim, dtype=np.float32)
    for axis in range(volume.ndim):
        profile = body.sum(axis=tuple(other for other in range(volume.ndim) if other != axis))
        filled = np.flatnonzero(profile > 0.05 * profile.max()) if profile.any() else np.arange(len(profile))
        centre, half = (filled[0] + filled[-1]) / 2, (filled[-1] - filled[0] + 1) / 2
        along = ((np.arange(len(profile)) - centre) / half).astype(np.float32) ** 2
        distance = distance + along.reshape([-1 if other == axis else 1 for other in range(volume.ndim)])
    inner = body & (distance <= INNER_RADIUS**2)
    return inner if inner.any() else body


def subsample(volume: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Every n-th voxel along the longer axes, so that about _SAMPLE_VOXELS remain."""
    steps = [1] * volume.ndim
    while volume[tuple(slice(None, None, step) for step in steps)].size > _SAMPLE_VOXELS:
        lengths = [-(-n // step) for n, step in zip(volume.shape, steps, strict=True)]
        steps[int(np.argmax(lengths))] += 1
    return volume[tuple(slice(None, None, step) for step in steps)]


def otsu(volume: npt.NDArray[np.float32]) -> float:
    """Otsu's threshold (IEEE Trans SMC 9:62, 1979) of the values below the 99.5th percentile."""
    top = float(np.percentile(volume, 99.5))
    bottom = float(volume.min())
    if top <= bottom:
        return bottom
    counts, edges = np.histogram(volume, bins=256, range=(bottom, top))
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * centres)
    mean_below = sums / np.maximum(below, 1)
    mean_above = (sums[-1] - sums) / np.maximum(above, 1)
    return float(centres[np.argmax(below * above * (mean_below - mean_above) ** 2)])
