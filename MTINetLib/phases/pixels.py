"""A look at the pixels: do volumes enhance as the phases do that they were taken for?

The check cannot name phases by itself. It sees whether the pre-contrast volume is the one without contrast,
and whether the arterial one is that whose enhancement is concentrated in few voxels (aorta, kidneys,
spleen) before liver and veins follow. The hepatobiliary phase takes no part: vessels are dark again in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MTINetLib.phases.signal_levels import signal_levels
from MTINetLib.phases.signal_offset import common_offset
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase
from MTINetLib.study.resample import coarsen, resample

_STEP_MM = 5.0
#: Fewer blocks of tissue tell nothing.
FEWEST_VOXELS = 500


@dataclass(frozen=True)
class PixelCheck:
    """What the pixels say; None where they do not tell.

    Args:
        pre_is_lowest: the pre-contrast volume has the lowest signal where the study enhances.
        arterial_is_focal: the arterial enhancement is more concentrated than the portal venous one.
        enhancement: signal of each volume over the pre-contrast one in the enhancing voxels, in units of the
            body's median signal; empty where it was not measured.
        phases: that the volumes of ``enhancement`` were taken for.
    """

    pre_is_lowest: bool | None
    arterial_is_focal: bool | None
    enhancement: tuple[float, ...]
    phases: tuple[Phase, ...] = ()

    @property
    def darkest(self) -> Phase | None:
        """The phase whose volume must be the one without contrast; None where that is not seen."""
        return None if self.pre_is_lowest is None else self.phases[int(np.argmin(self.enhancement))]

    def enhancement_of(self, phase: Phase) -> float | None:
        """The figure of a phase; None where it was not measured."""
        return dict(zip(self.phases, self.enhancement, strict=False)).get(phase)


#: Nothing was seen.
NOT_SEEN = PixelCheck(None, None, ())


def check_pixels(volumes: Sequence[SourceVolume], phases: Sequence[Phase]) -> PixelCheck:
    """Compare the volumes of phases on a coarse grid.

    A constant under all of them is taken away, and each is divided by its own median body signal, so that
    neither it nor a gain change between phases hides contrast or looks like it.
    """
    arrays = [volume.array for volume in volumes]
    usable = all(np.isfinite(one).all() and one.min() < one.max() for one in arrays)
    offset = common_offset([signal_levels(one) for one in arrays]) if usable else 0.0
    return check_coarse(coarse_phases(volumes, offset), phases)


def coarse_phases(volumes: Sequence[SourceVolume], offset: float = 0.0) -> npt.NDArray[np.float32]:
    """Means of blocks of 5 mm on one grid, [volumes, K, J, I]; 0 where a volume does not reach.

    Args:
        offset: a constant under all values, which is taken away.
    """
    blocks = [coarsen(volume.array, volume.grid, _STEP_MM) for volume in volumes]
    grid = blocks[min(2, len(blocks) - 1)][1]
    zeroed = [(array - np.float32(offset), source) for array, source in blocks]
    return np.stack(
        [array if source.matches(grid) else resample(array, source, grid) for array, source in zeroed]
    )


def check_coarse(coarse: npt.NDArray[np.float32], phases: Sequence[Phase]) -> PixelCheck:
    """check_pixels on what coarse_phases gives."""
    seen = [place for place, phase in enumerate(phases) if phase is not Phase.HEPATOBILIARY]
    phases, coarse = tuple(phases[place] for place in seen), coarse[seen]
    if phases[:1] != (Phase.PRE,) or len(phases) < 2:
        return NOT_SEEN
    body = body_of(coarse)
    if int(body.sum()) < FEWEST_VOXELS:
        return NOT_SEEN
    values = coarse[:, body]
    middles = np.median(values, axis=1, keepdims=True)
    if float(middles.min()) <= 0.0:
        return NOT_SEEN
    values = values / middles
    # The voxels that change most over the study: vessels, kidneys, spleen, in any order of volumes.
    span = values.max(axis=0) - values.min(axis=0)
    busy = span >= np.quantile(span, 0.97)
    means = values[:, busy].mean(axis=1)
    enhancement = tuple(float(mean - means[0]) for mean in means)
    strongest = max(abs(value) for value in enhancement)
    if strongest < 0.1:
        return PixelCheck(None, None, enhancement, phases)
    lowest = min(enhancement[1:])
    pre_is_lowest = True if lowest > 0.05 else False if lowest < -0.1 * strongest else None
    focal = _is_focal(dict(zip(phases, values, strict=True))) if pre_is_lowest else None
    return PixelCheck(pre_is_lowest, focal, enhancement, phases)


def body_of(coarse: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Where all of coarse_phases hold tissue, [K, J, I]."""
    mean = coarse.mean(axis=0)
    return np.asarray((mean > 0.25 * np.quantile(mean, 0.95)) & (coarse.min(axis=0) > 0.0))


def _is_focal(values: Mapping[Phase, npt.NDArray[np.float32]]) -> bool | None:
    """Whether the arterial enhancement is concentrated in fewer voxels than the portal venous one."""
    shares = []
    for phase in (Phase.ARTERIAL, Phase.PORTAL_VENOUS):
        if phase not in values:
            return None
        rise = np.sort(np.clip(values[phase] - values[Phase.PRE], 0.0, None))
        everywhere = float(rise.sum())
        if everywhere <= 0.0:
            return None
        shares.append(float(rise[-max(1, rise.size // 50) :].sum()) / everywhere)
    if shares[0] > 1.1 * shares[1]:
        return True
    return False if shares[0] < 0.8 * shares[1] else None
