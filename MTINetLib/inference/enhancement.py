"""Figures of enhancement from the measured curves; values only, no LI-RADS feature or category.

MR signal has no unit and its gain may differ between phases, so each figure needs the baseline or the
liver beside the lesion. With four phases no pharmacokinetic model is fitted.
"""

from __future__ import annotations

import math
from typing import Any

from MTINetLib.findings import EnhancementCurve, FourTimes, FourValues
from MTINetLib.study.phase import Phase

PRE, ARTERIAL = Phase.PRE.index, Phase.ARTERIAL.index
PORTAL_VENOUS, DELAYED = Phase.PORTAL_VENOUS.index, Phase.DELAYED.index

#: Change after the early phase that makes a curve persistent or washout, as a part of the early signal
#: (Kuhl et al., Radiology 1999;211:101-110; the kinetic curve types of BI-RADS, which have DICOM codes).
CURVE_KIND_CHANGE = 0.10
#: A lesion that never rises by this part of its baseline has no curve to name.
LEAST_ENHANCEMENT = 0.10


def enhancement_figures(
    lesion: EnhancementCurve, liver: EnhancementCurve | None, times_s: FourTimes
) -> dict[str, Any]:
    """All figures of one lesion; lists follow the order of PHASES.

    Every figure is a finite number, or None where it is not defined: without a positive baseline, without
    a liver ring, without times, or beyond what a float holds.

    - ``relative_enhancement``: (S_t - S_pre) / S_pre of the lesion, per phase.
    - ``liver_relative_enhancement``: the same of the liver ring.
    - ``lesion_to_liver_contrast``: (S_lesion - S_liver) / S_liver, per phase.
    - ``arterial_contrast_gain``: lesion-to-liver contrast of the arterial phase minus that of the
      pre-contrast phase. Arterial hyper-enhancement has no accepted threshold: a value, not a feature.
    - ``wash_in_per_s``: relative enhancement of the arterial phase over its seconds after the start of the
      bolus (after the pre-contrast phase where that is later or all that is known).
    - ``washout_ratio_percent``: 100 * S_liver / S_lesion in the portal venous and delayed phases; above 100
      the lesion is darker than the liver.
    - ``late_change``: (S_delayed - S_arterial) / S_arterial of the lesion.
    - ``curve_kind``: ``persistent``, ``plateau`` or ``washout`` by ``late_change`` and CURVE_KIND_CHANGE.
    """
    signal = lesion.mean
    relative = _relative(signal)
    contrast = (
        [None] * 4 if liver is None else [_change(s, v) for s, v in zip(signal, liver.mean, strict=True)]
    )
    late = _change(signal[DELAYED], signal[ARTERIAL])
    return {
        "relative_enhancement": relative,
        "liver_relative_enhancement": [None] * 4 if liver is None else _relative(liver.mean),
        "lesion_to_liver_contrast": contrast,
        "arterial_contrast_gain": _difference(contrast[ARTERIAL], contrast[PRE]),
        "wash_in_per_s": _wash_in(relative[ARTERIAL], times_s),
        "washout_ratio_percent": {
            phase.value: None if liver is None else _percent(liver.mean[phase.index], signal[phase.index])
            for phase in (Phase.PORTAL_VENOUS, Phase.DELAYED)
        },
        "late_change": late,
        "curve_kind": _curve_kind(relative, late),
    }


def _relative(signal: FourValues) -> list[float | None]:
    return [_change(value, signal[PRE]) for value in signal]


def _change(value: float, base: float) -> float | None:
    """(value - base) / base; None where the base is no positive signal."""
    if not base > 0:
        return None
    return _finite((float(value) - base) / float(base))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else _finite(one - other)


def _percent(part: float, whole: float) -> float | None:
    change = _change(part, whole)
    return None if change is None else _finite(100 * (1 + change))


def _wash_in(arterial: float | None, times_s: FourTimes) -> float | None:
    before, at = times_s[PRE], times_s[ARTERIAL]
    if arterial is None or at is None:
        return None
    # Nothing is washed in before the bolus starts at 0 s, however early the pre-contrast phase was.
    seconds = at - max(before or 0.0, 0.0)
    return _finite(arterial / seconds) if seconds > 0 and math.isfinite(seconds) else None


def _curve_kind(relative: list[float | None], late: float | None) -> str | None:
    highest = max((value for value in relative if value is not None), default=None)
    if late is None or highest is None or highest < LEAST_ENHANCEMENT:
        return None
    if late > CURVE_KIND_CHANGE:
        return "persistent"
    return "washout" if late < -CURVE_KIND_CHANGE else "plateau"
