"""Where the signal of one volume lies: its air, its body, its ends. A sample of the voxels tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MTINetLib.study.normalise import otsu, subsample
from MTINetLib.study.study import Volume

#: The smallest value was filled in (a mask, or a cut end) if so many voxels share it, another one if so many.
_FILL_SHARE, _MASK_SHARE = 0.05, 0.3
#: Air reaches this far above the lowest values, in parts of the way to the body ...
_AIR_REACH = 0.2
#: ... holds at least this part of the voxels, and so many times the voxels of the next stretch above it.
_AIR_SHARE, _AIR_PEAK = 0.02, 3.0
#: So much of the rim of the slices is air: dark organs inside the body are none.
_RIM_SHARE = 0.25
_LOW_PERCENT = 0.5
#: The very smallest value is believed where it lies no further below those than this part of the way up.
_STRAY = 0.03
#: Fewer voxels at the largest value are chance.
_FEWEST_CUT = 25


@dataclass(frozen=True)
class SignalLevels:
    """Levels of one volume, in its own units.

    Args:
        smallest: its smallest value; ``lowest`` where that one is a stray.
        lowest: its lowest values, without the outermost half percent and without what was filled in.
        body: median of what is brighter than air.
        air: median of the air around the body (or of what a mask left there); None where none is seen.
        air_spread: standard deviation of the air, by its quartiles.
        fill: a single value at the low end that many voxels share; None if there is none.
        highest: the largest value of all.
        at_highest: share of the body's voxels that have exactly this value, 0 where they are few.
        mean, deviation: of all voxels.
        whole: all values are whole numbers.
    """

    smallest: float
    lowest: float
    body: float
    air: float | None
    air_spread: float
    fill: float | None
    highest: float
    at_highest: float
    mean: float
    deviation: float
    whole: bool

    @property
    def reach(self) -> float:
        """From the air, or the lowest values where there is none, up to the body; never 0."""
        return max(self.body - self.smallest, 1e-6 * max(1.0, abs(self.body)))

    @property
    def shift(self) -> float:
        """How far the middle of the air, or the lowest value, is off 0, in parts of the body's signal."""
        return (self.lowest if self.air is None else self.air) / self.reach

    @property
    def narrow(self) -> float:
        """Spread of the air over its distance from 0: about 0.5 for the noise of one coil around 0."""
        return float("inf") if self.air is None or self.air == 0 else self.air_spread / abs(self.air)

    def is_off(self, limits: Sequence[tuple[float, float]]) -> bool:
        """Whether the air is at least as far from 0, and at most as wide, as one of (shift, narrow) says."""
        return any(abs(self.shift) >= far and self.narrow <= narrow for far, narrow in limits)


def signal_levels(volume: Volume) -> SignalLevels:
    """Measure a volume [K, J, I] of finite numbers that are not all the same."""
    strided = subsample(volume).astype(np.float32)
    sample = strided.ravel()
    fill = _fill(sample)
    rest = sample if fill is None else sample[sample != fill]
    lowest = float(np.percentile(rest, _LOW_PERCENT))
    middle = otsu(rest)
    body = rest[rest > lowest + 0.5 * (middle - lowest)]
    if not body.size:
        body = rest
    level = float(np.median(body))
    air, spread = _air(rest, lowest, level)
    if air is None and fill is not None and fill <= lowest:
        air, spread = fill, 0.0
    if air is not None and not _is_around(strided, lowest + _AIR_REACH * (level - lowest)):
        air, spread = None, 0.0
    highest = float(volume.max())
    at_highest = int(np.count_nonzero(body == highest))
    smallest = float(sample.min())
    if smallest < lowest - _STRAY * (level - lowest) and smallest != air:
        smallest = min(float(rest.min()), lowest)
        smallest = smallest if smallest >= lowest - _STRAY * (level - lowest) else lowest
    return SignalLevels(
        smallest=smallest,
        lowest=lowest,
        body=level,
        air=air,
        air_spread=spread,
        fill=fill,
        highest=highest,
        at_highest=0.0 if at_highest < _FEWEST_CUT else at_highest / body.size,
        mean=float(sample.mean(dtype=np.float64)),
        deviation=float(sample.std(dtype=np.float64)),
        whole=bool(np.array_equal(sample, np.rint(sample))),
    )


def _fill(sample: npt.NDArray[np.float32]) -> float | None:
    """The value of a mask or of a cut end: the smallest if many voxels share it, else that of most."""
    lowest = sample.min()
    if np.count_nonzero(sample == lowest) >= _FILL_SHARE * sample.size:
        return float(lowest)
    values, counts = np.unique(sample, return_counts=True)
    return float(values[counts.argmax()]) if counts.max() >= _MASK_SHARE * sample.size else None


def _air(values: npt.NDArray[np.float32], lowest: float, body: float) -> tuple[float | None, float]:
    """Median and spread of a peak at the low end that stands apart from the body; None if there is none."""
    step = _AIR_REACH * (body - lowest)
    near = values[values <= lowest + step]
    next_to_it = np.count_nonzero((values > lowest + step) & (values <= lowest + 2 * step))
    if near.size < _AIR_SHARE * values.size or near.size < _AIR_PEAK * next_to_it:
        return None, 0.0
    quarter, median, three = np.percentile(near, (25, 50, 75))
    return float(median), float(three - quarter) / 1.349


def _is_around(strided: npt.NDArray[np.float32], limit: float) -> bool:
    """Whether enough of the slices' outermost rows and columns is no brighter than ``limit``."""
    sides = (strided[:, 0], strided[:, -1], strided[:, :, 0], strided[:, :, -1])
    rim = np.concatenate([side.ravel() for side in sides])
    return bool(np.count_nonzero(rim <= limit) >= _RIM_SHARE * rim.size)
