"""Figures of enhancement from the measured curves; values only, no LI-RADS feature or category.

MR signal has no unit and its gain may differ between phases, so each figure needs the baseline or the
liver beside the lesion. With so few phases no pharmacokinetic model is fitted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from MTINetLib.findings import CurveKind, Enhancement, EnhancementCurve
from MTINetLib.study.phase import Phase

Signal = Mapping[Phase, float | None]
Figures = dict[Phase, "float | None"]

#: Change after the early phase that makes a curve persistent or washout, as a part of the early signal
#: (Kuhl et al., Radiology 1999;211:101-110; the kinetic curve types of BI-RADS, which have DICOM codes).
CURVE_KIND_CHANGE = 0.10
#: A lesion that never rises by this part of its baseline has no curve to name.
LEAST_ENHANCEMENT = 0.10
#: Phases in which an extracellular agent washes out. In the hepatobiliary phase another agent is taken up.
WASHOUT_PHASES = (Phase.PORTAL_VENOUS, Phase.DELAYED)
#: The phases that a figure is made of: where one of them is not in the study the figure is not defined.
PHASES_OF = {
    "relative_enhancement": (Phase.PRE,),
    "arterial_contrast_gain": (Phase.PRE, Phase.ARTERIAL),
    "wash_in_per_s": (Phase.PRE, Phase.ARTERIAL),
    "late_change": (Phase.ARTERIAL, Phase.DELAYED),
    "curve_kind": (Phase.PRE, Phase.ARTERIAL, Phase.DELAYED),
}


def enhancement_figures(
    phases: Sequence[Phase],
    lesion: EnhancementCurve,
    liver: EnhancementCurve | None,
    times_s: Sequence[float | None],
) -> Enhancement:
    """All figures of one lesion.

    Every figure is a finite number, or None where it is not defined: without a phase that it needs, or one
    that does not show the lesion, without a positive baseline, without a liver ring, without times, or
    beyond what a float holds.

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

    Args:
        phases: of the study, in the order of the curves and times.
    """
    signal = dict(zip(phases, lesion.mean, strict=True))
    around = {} if liver is None else dict(zip(phases, liver.mean, strict=True))
    times = dict(zip(phases, times_s, strict=True))
    relative = _relative(signal, phases)
    contrast = {phase: relative_change(signal[phase], around.get(phase)) for phase in phases}
    late = relative_change(signal.get(Phase.DELAYED), signal.get(Phase.ARTERIAL))
    return Enhancement(
        relative_enhancement=relative,
        liver_relative_enhancement=_relative(around, phases),
        lesion_to_liver_contrast=contrast,
        arterial_contrast_gain=_difference(contrast.get(Phase.ARTERIAL), contrast.get(Phase.PRE)),
        wash_in_per_s=_wash_in(relative.get(Phase.ARTERIAL), times),
        washout_ratio_percent={
            phase: _percent(around.get(phase), signal[phase]) for phase in WASHOUT_PHASES if phase in signal
        },
        late_change=late,
        curve_kind=curve_kind(relative.values(), late),
    )


def _relative(signal: Signal, phases: Sequence[Phase]) -> Figures:
    base = signal.get(Phase.PRE)
    return {phase: relative_change(signal.get(phase), base) for phase in phases}


def relative_change(value: float | None, base: float | None) -> float | None:
    """(value - base) / base; None where one is missing or the base is no positive signal."""
    if value is None or base is None or not base > 0:
        return None
    return _finite((float(value) - base) / float(base))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else _finite(one - other)


def _percent(part: float | None, whole: float | None) -> float | None:
    change = relative_change(part, whole)
    return None if change is None else _finite(100 * (1 + change))


def _wash_in(arterial: float | None, times_s: Mapping[Phase, float | None]) -> float | None:
    before, at = times_s.get(Phase.PRE), times_s.get(Phase.ARTERIAL)
    if arterial is None or at is None:
        return None
    # Nothing is washed in before the bolus starts at 0 s, however early the pre-contrast phase was.
    seconds = at - max(before or 0.0, 0.0)
    return _finite(arterial / seconds) if seconds > 0 and math.isfinite(seconds) else None


def curve_kind(relative: Iterable[float | None], late: float | None) -> CurveKind | None:
    """``persistent``, ``plateau`` or ``washout``; None where nothing rises by LEAST_ENHANCEMENT.

    Args:
        relative: (S_t - S_0) / S_0 at each time.
        late: (S_late - S_early) / S_early.
    """
    highest = max((value for value in relative if value is not None), default=None)
    if late is None or highest is None or highest < LEAST_ENHANCEMENT:
        return None
    if late > CURVE_KIND_CHANGE:
        return "persistent"
    return "washout" if late < -CURVE_KIND_CHANGE else "plateau"
