"""Whether phases brighten as their names say."""

from __future__ import annotations

from MTINetLib.phases.pixels import PixelCheck
from MTINetLib.study.phase import Phase

NO_ENHANCEMENT = "no_enhancement"
VESSELS_DARKER = "vessels_darker"
ARTERIAL_NOT_BRIGHTER = "arterial_not_brighter"
ARTERIAL_SPREAD = "arterial_spread"

#: Differences of the brightest vessels in units of the body's median signal (see recognise_pixels).
_ANYTHING = 0.1
_BRIGHTER = 0.05


def enhancement_doubt(seen: PixelCheck) -> str | None:
    """The word for what does not brighten as it should; None if all is well or it cannot be seen."""
    if not seen.enhancement:
        return None
    if max(abs(value) for value in seen.enhancement) < _ANYTHING:
        return NO_ENHANCEMENT
    if seen.pre_is_lowest is False:
        return VESSELS_DARKER
    arterial = seen.enhancement_of(Phase.ARTERIAL)
    if arterial is not None and arterial < _BRIGHTER:
        return ARTERIAL_NOT_BRIGHTER
    return ARTERIAL_SPREAD if seen.arterial_is_focal is False else None
