"""The constant that lies under all phases of a study, as far as their air shows it."""

from __future__ import annotations

from collections.abc import Sequence

from MTINetLib.phases.signal_levels import SignalLevels

#: Air so far from 0 (in parts of the body's signal) and so narrow (in parts of that distance) is an offset.
_SURE = ((0.2, 0.03), (1.0, 0.05))
#: Below 0 there is no signal, so that air there need not be as narrow.
_SURE_BELOW = (0.08, 0.4)
#: Offsets of the phases are the same within this part of the body's signal.
_SAME = 0.08
#: The same for the smallest values of phases without air.
_SAME_END = 0.02


def common_offset(levels: Sequence[SignalLevels]) -> float:
    """What to subtract from every voxel of every phase; 0 where nothing certain lies under all of them."""
    with_air = [one for one in levels if one.air is not None]
    zeros = [one.smallest for one in with_air]
    widest = max(one.reach for one in levels)
    if not (_agree(levels, zeros, widest) and all(is_sure(one) for one in with_air)):
        return 0.0
    zero = min(zeros)  # magnitudes have none below
    offset = float(round(zero)) if all(one.whole for one in levels) else zero
    return offset if all(one.smallest >= offset - _SAME * widest for one in levels) else 0.0


def is_sure(one: SignalLevels) -> bool:
    """Whether the air of a volume lies off 0 for certain."""
    far, narrow = _SURE_BELOW
    return one.is_off(_SURE) or (one.shift <= -far and one.narrow <= narrow)


def _agree(levels: Sequence[SignalLevels], zeros: Sequence[float], widest: float) -> bool:
    """Whether the air of several phases lies at one value, or that of one phase where all have their end."""
    if len(zeros) >= 2:
        return max(zeros) - min(zeros) <= _SAME * widest
    ends = [one.smallest for one in levels]
    return len(zeros) == 1 and max(ends) - min(ends) <= _SAME_END * widest
