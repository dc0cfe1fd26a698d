"""A look at the pixels: do four volumes enhance as pre-contrast, arterial, portal venous and delayed do?

The check cannot name phases by itself. It sees whether the first volume is the one without contrast,
and whether the second is the one whose enhancement is concentrated in few voxels (aorta, kidneys,
spleen) before liver and veins follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MTINetLib.phases.signal_levels import signal_levels
from MTINetLib.phases.signal_offset import common_offset
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.resample import coarsen, resample

_STEP_MM = 5.0
#: Fewer blocks of tissue tell nothing.
FEWEST_VOXELS = 500


@dataclass(frozen=True)
class PixelCheck:
    """What the pixels say; None where they do not tell.

    Args:
        pre_is_lowest: the first volume has the lowest signal where the study enhances.
        arterial_is_focal: the second volume's enhancement is more concentrated than the third's.
        enhancement: signal of each volume over the first in the enhancing voxels, in units of the
            first volume's median body signal.
    """

    pre_is_lowest: bool | None
    arterial_is_focal: bool | None
    enhancement: tuple[float, ...]

    @property
    def darkest(self) -> int | None:
        """The number of the volume that must be the one without contrast; None where that is not seen."""
        if self.pre_is_lowest is None:
            return None
        return int(np.argmin(self.enhancement))


def check_pixels(volumes: Sequence[SourceVolume]) -> PixelCheck:
    """Compare four volumes in the order of PHASES on a coarse grid.

    A constant under all of them is taken away, and each is divided by its own median body signal, so that
    neither it nor a gain change between phases hides contrast or looks like it.
    """
    arrays = [volume.array for volume in volumes]
    usable = all(np.isfinite(one).all() and one.min() < one.max() for one in arrays)
    offset = common_offset([signal_levels(one) for one in arrays]) if usable else 0.0
    return check_coarse(coarse_phases(volumes, offset))


def coarse_phases(volumes: Sequence[SourceVolume], offset: float = 0.0) -> npt.NDArray[np.float32]:
    """Means of blocks of 5 mm on one grid, [volumes, K, J, I]; 0 where a volume does not reach.

    Args:
        offset: a constant under all values, which is taken away.
    """
    blocks = [coarsen(volume.array, volume.grid, _STEP_MM) for volume in volumes]
    grid = blocks[2][1]
    zeroed = [(array - np.float32(offset), source) for array, source in blocks]
    return np.stack(
        [array if source.matches(grid) else resample(array, source, grid) for array, source in zeroed]
    )


def check_coarse(coarse: npt.NDArray[np.float32]) -> PixelCheck:
    """check_pixels on what coarse_phases gives."""
    body = body_of(coarse)
    if int(body.sum()) < FEWEST_VOXELS:
        return PixelCheck(None, None, ())
    values = coarse[:, body]
    middles = np.median(values, axis=1, keepdims=True)
    if float(middles.min()) <= 0.0:
        return PixelCheck(None, None, ())
    values = values / middles
    # The voxels that change most over the study: vessels, kidneys, spleen, in any order of volumes.
    span = values.max(axis=0) - values.min(axis=0)
    busy = span >= np.quantile(span, 0.97)
    means = values[:, busy].mean(axis=1)
    enhancement = tuple(float(mean - means[0]) for mean in means)
    strongest = max(abs(value) for value in enhancement)
    if strongest < 0.1:
        return PixelCheck(None, None, enhancement)
    lowest = min(enhancement[1:])
    pre_is_lowest = True if lowest > 0.05 else False if lowest < -0.1 * strongest else None
    return PixelCheck(pre_is_lowest, _is_focal(values) if pre_is_lowest else None, enhancement)


def body_of(coarse: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Where all of coarse_phases hold tissue, [K, J, I]."""
    mean = coarse.mean(axis=0)
    return np.asarray((mean > 0.25 * np.quantile(mean, 0.95)) & (coarse.min(axis=0) > 0.0))


def _is_focal(values: npt.NDArray[np.float32]) -> bool | None:
    """Whether the second row's enhancement is concentrated in fewer voxels than the third row's."""
    shares = []
    for phase in (1, 2):
        rise = np.sort(np.clip(values[phase] - values[0], 0.0, None))
        everywhere = float(rise.sum())
        if everywhere <= 0.0:
            return None
        shares.append(float(rise[-max(1, rise.size // 50) :].sum()) / everywhere)
    if shares[0] > 1.1 * shares[1]:
        return True
    return False if shares[0] < 0.8 * shares[1] else None
