"""Whether the values of the phases can give an enhancement: one zero, one scale, nothing cut off.

Relative enhancement needs the zero of the signal. Images lose it when they are exported with an offset,
standardised, scaled to a range or cut to a display window. The air around the body shows where the zero
is, the tissues that contrast agent hardly changes show whether the phases share a scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.phases.pixels import FEWEST_VOXELS, body_of, check_coarse, coarse_phases
from MTINetLib.phases.signal_enhancement import (
    ARTERIAL_NOT_BRIGHTER,
    ARTERIAL_SPREAD,
    NO_ENHANCEMENT,
    VESSELS_DARKER,
    enhancement_doubt,
)
from MTINetLib.phases.signal_levels import SignalLevels, signal_levels
from MTINetLib.phases.signal_offset import common_offset, is_sure
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase

OFFSET = "offset"
OFFSET_DOUBT = "offset_doubt"
DISPLAY_VALUES = "display_values"
SCALED_APART = "scaled_apart"
SATURATED = "saturated"
#: The names of all flags that the check gives.
SIGNAL_FLAGS = (
    OFFSET,
    OFFSET_DOUBT,
    DISPLAY_VALUES,
    SCALED_APART,
    SATURATED,
    NO_ENHANCEMENT,
    VESSELS_DARKER,
    ARTERIAL_NOT_BRIGHTER,
    ARTERIAL_SPREAD,
)

_EXPORT_AGAIN = (
    "export the phases again with the scanner's own values, without normalising, windowing or subtracting"
)

#: Such air may be an offset, or the noise floor of many coils or of a denoised image.
_DOUBT = ((0.08, 0.05), (0.2, 0.2))
#: Zeros of phases that lie further apart than this were moved each by itself.
_APART = 0.25
#: Values below 0 by this part of the body's signal are no rounding and no overshoot.
_BELOW_ZERO = 0.08
#: Where no air is seen: the darkest tissue is not this bright, next to the middle of the body.
_DARKEST = 0.55
#: A standardised volume has its mean within this of 0, and its deviation of 1.
_STANDARD = 0.05
#: More of the body than this at the largest value: it was cut off there.
_CUT = 1e-3
#: The middle of the body does not get darker than this by contrast agent, next to the pre-contrast phase.
_DARKER = 0.85
#: So much of the body hardly takes up contrast agent (fat, bone, muscle); it does not get this much brighter.
_QUIET_PERCENT, _BRIGHTER = 10.0, 1.7


@dataclass(frozen=True)
class SignalCheck:
    """What was found: the constant to subtract from every voxel (0 for none), and flags of the study."""

    offset: float = 0.0
    flags: tuple[str, ...] = ()


def check_signal(volumes: Sequence[SourceVolume], phases: Sequence[Phase]) -> SignalCheck:
    """Find the zero and the scale of the volumes of phases.

    Raises:
        InputError: no enhancement can be computed from them; the sentence says what to export instead.
    """
    levels = [signal_levels(volume.array) for volume in volumes]
    cut = _cut(levels)
    _refuse_standardised(levels)
    if _is_unit_range(levels, cut):
        raise _scaled(1.0)
    offset, flags = (0.0, [OFFSET_DOUBT]) if cut and _cut_below(levels) else _offset(levels, phases)
    coarse = coarse_phases(volumes, offset)
    darker, apart = _changed(coarse) if phases[0] is Phase.PRE else (False, ())
    flags += _scale(levels, cut, darker, [phases[number] for number in apart])
    flags += [
        f"{SATURATED}:{phase.value}"
        for phase, one in zip(phases, levels, strict=True)
        if one.at_highest > _CUT
    ]
    doubt = enhancement_doubt(check_coarse(coarse, phases))
    return SignalCheck(offset, (*flags, *(() if doubt is None else (doubt,))))


def _refuse_standardised(levels: Sequence[SignalLevels]) -> None:
    if all(abs(one.mean) < _STANDARD and abs(one.deviation - 1) < _STANDARD for one in levels):
        raise InputError(
            "Every phase was standardised by itself (mean 0, standard deviation 1), which takes the "
            f"enhancement away; {_EXPORT_AGAIN}."
        )


def _offset(levels: Sequence[SignalLevels], phases: Sequence[Phase]) -> tuple[float, list[str]]:
    """The constant that lies under all phases, and flags; refuses phases with different ones."""
    offset = common_offset(levels)
    if offset:
        return offset, [f"{OFFSET}:{offset:.6g}"]
    with_air = [one for one in levels if one.air is not None]
    sure = [is_sure(one) for one in with_air]
    zeros = [one.smallest for one in with_air]
    widest = max(one.reach for one in levels)
    for phase, one in zip(phases, levels, strict=True):
        if one.lowest < -_BELOW_ZERO * one.reach:
            raise InputError(
                f"The {phase.title} phase has values down to {one.lowest:.4g}, and no constant below all "
                f"phases explains them, so its signal has no zero; {_EXPORT_AGAIN}."
            )
    if any(sure) and max(zeros) - min(zeros) > _APART * widest:
        raise InputError(
            f"The air around the body lies at different values in the phases ({min(zeros):.4g} to "
            f"{max(zeros):.4g}), so they were shifted or scaled each by itself; {_EXPORT_AGAIN}."
        )
    if any(sure) or any(one.is_off(_DOUBT) for one in with_air) or any(map(_no_dark, levels)):
        return 0.0, [OFFSET_DOUBT]
    return 0.0, []


def _no_dark(one: SignalLevels) -> bool:
    """Whether a volume without air, or with a mask in its place, has no dark tissue either."""
    return (one.air is None or one.air == one.fill) and one.lowest > _DARKEST * one.body


def _cut(levels: Sequence[SignalLevels]) -> bool:
    """Whether all phases were cut off at the same largest value."""
    same = len({one.highest for one in levels}) == 1
    return same and sum(one.at_highest > _CUT for one in levels) >= 2


def _cut_below(levels: Sequence[SignalLevels]) -> bool:
    """Whether all phases also end at one smallest value other than 0, shared by many voxels: a window."""
    fills = {one.fill for one in levels}
    return len(fills) == 1 and None not in fills and fills != {0.0}


def _changed(coarse: npt.NDArray[np.float32]) -> tuple[bool, tuple[int, ...]]:
    """Whether the body is darker than before contrast in a phase, and all phases whose scale is another."""
    body = body_of(coarse)
    if int(body.sum()) < FEWEST_VOXELS:
        return False, ()
    values = coarse[:, body]
    quiet, middle = np.percentile(values[1:] / values[0], (_QUIET_PERCENT, 50.0), axis=1)
    apart = (middle < _DARKER) | (quiet > _BRIGHTER)
    return bool((middle < _DARKER).any()), tuple(int(number) + 1 for number in np.flatnonzero(apart))


def _scale(levels: Sequence[SignalLevels], cut: bool, darker: bool, apart: Sequence[Phase]) -> Iterator[str]:
    """Flags about the phases' scales; refuses phases that were scaled each by itself."""
    highest = levels[0].highest
    same_end = len({one.highest for one in levels}) == 1
    if same_end and darker:
        raise _scaled(highest)
    if apart:
        yield from (f"{SCALED_APART}:{phase.value}" for phase in apart)
    elif same_end and not cut:
        yield SCALED_APART
    if same_end and ((highest == 255 and levels[0].whole) or (cut and _cut_below(levels))):
        yield DISPLAY_VALUES


def _scaled(highest: float) -> InputError:
    return InputError(
        f"Every phase was scaled by itself to end at {highest:g}, which takes the enhancement away; "
        f"{_EXPORT_AGAIN}."
    )


def _is_unit_range(levels: Sequence[SignalLevels], cut: bool) -> bool:
    """Whether every phase was brought to a range up to 1 by its own extremes or its own percentiles."""
    if any(one.highest != 1.0 or one.whole for one in levels):
        return False
    shares = [one.at_highest for one in levels]
    return not cut or max(shares) <= 2 * min(shares)
