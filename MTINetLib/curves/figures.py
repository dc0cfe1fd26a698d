"""Figures of a curve over time, without a pharmacokinetic model.

With S(t) the mean signal of a region and S0 that of the baseline, they are figures of the relative
enhancement E(t) = (S(t) - S0) / S0, since MR signal has no unit. Time counts from t0, the last time point of
the baseline, after which contrast may have come. They are the descriptive ("semi-quantitative") measures that
Khalifa et al. review, Med Phys 2014;41:124301; the initial area is recommended by Evelhoch, J Magn Reson
Imaging 1999;10:254-259.

- ``baseline``: S0, the mean over the baseline's time points that were measured.
- ``peak``: the largest S after t0, at ``peak_point``; ``peak_relative`` is E there.
- ``time_to_peak_s``: t_peak - t0.
- ``wash_in_per_s``: E(t_peak) / (t_peak - t0), the mean slope.
- ``steepest_rise_per_s``: the largest (E(t_n+1) - E(t_n)) / (t_n+1 - t_n) of neighbours from t0 to the peak.
- ``wash_out_per_s``: (E(t_last) - E(t_peak)) / (t_last - t_peak), below 0 where the signal falls; not defined
  where the last time point is the peak.
- ``area_s``: the integral of E from t0 to the last time point, by trapezoids.
- ``initial_area_s``: the same over the first INITIAL_S seconds, not defined for a shorter series.
- ``late_change``: (S_last - S_early) / S_early, S_early the largest S of the first EARLY_S seconds and S_last
  the last one, LATE_S seconds or more after t0 (Kuhl et al., Radiology 1999;211:101-110).
- ``curve_kind``: by ``late_change`` ``persistent`` (above 10 %), ``plateau`` or ``washout`` (below -10 %), as
  for lesions of a study; not defined where E stays below 10 %.

Time points that were not measured are left out: neighbours are joined by a straight line. E is 0 at t0, also
where the baseline has several time points, so that the noise of the last one stays out of slopes and areas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from MTINetLib.curves.results import CurveFigures, Values
from MTINetLib.inference.enhancement import curve_kind, relative_change

#: Of the initial area under the curve.
INITIAL_S = 60.0
#: What is early, and from when on it is late, in seconds after t0.
EARLY_S, LATE_S = 120.0, 180.0


def baseline_of(mean: Values, baseline: Sequence[int]) -> float | None:
    """The mean over the baseline's time points (numbers from 1) that were measured."""
    known = [value for value in (mean[number - 1] for number in baseline) if value is not None]
    return float(np.mean(known)) if known else None


def differences(mean: Values, base: float | None) -> Values:
    """S - S0 at each time point."""
    return tuple(None if value is None or base is None else value - base for value in mean)


def relative_changes(mean: Values, base: float | None) -> Values:
    """(S - S0) / S0 at each time point; None without a baseline above 0."""
    return tuple(relative_change(value, base) for value in mean)


def contrasts(mean: Values, reference: Values) -> Values:
    """(S - S_reference) / S_reference at each time point; None where the reference is not above 0."""
    return tuple(relative_change(value, base) for value, base in zip(mean, reference, strict=True))


def curve_figures(mean: Values, times_s: Values, baseline: Sequence[int]) -> CurveFigures:
    """All figures of one curve; None where one is not defined.

    Args:
        mean: of the signal, one a time point; None where it was not measured.
        times_s: rising; figures with time are not defined where one is None.
        baseline: numbers of time points from 1.
    """
    base = baseline_of(mean, baseline)
    relative = relative_changes(mean, base)
    last_base = max((number for number in baseline if mean[number - 1] is not None), default=0)
    after = [(value, number) for number, value in enumerate(mean, start=1) if number > max(baseline)
             and value is not None]  # fmt: skip
    peak, peak_point = max(after, key=lambda item: item[0], default=(None, None))
    timed = bool(last_base) and peak_point is not None and None not in times_s
    if not timed or relative[(peak_point or 1) - 1] is None:
        at_peak = None if peak_point is None else relative[peak_point - 1]
        return CurveFigures(base, peak, peak_point, at_peak, *[None] * 8)
    assert peak_point is not None
    return _timed(base, peak, peak_point, relative, times_s, last_base)


def _timed(
    base: float | None, peak: float | None, peak_point: int, relative: Values, times_s: Values, last_base: int
) -> CurveFigures:
    start = times_s[last_base - 1]
    known = [(0.0, 0.0, last_base)]
    for number, (value, time) in enumerate(zip(relative, times_s, strict=True), start=1):
        if number > last_base and value is not None and time is not None and start is not None:
            known.append((time - start, value, number))
    times, values = [time for time, _, _ in known], [value for _, value, _ in known]
    top = next(place for place, item in enumerate(known) if item[2] == peak_point)
    rises = [(later[1] - sooner[1]) / (later[0] - sooner[0]) for sooner, later in pairwise(known[: top + 1])]
    late = _late_change(times, values)
    falls = (values[-1] - values[top]) / (times[-1] - times[top]) if top + 1 < len(known) else None
    return CurveFigures(
        baseline=base,
        peak=peak,
        peak_point=peak_point,
        peak_relative=values[top],
        time_to_peak_s=times[top],
        wash_in_per_s=_finite(values[top] / times[top]),
        steepest_rise_per_s=_finite(max(rises)),
        wash_out_per_s=_finite(falls),
        area_s=_finite(_integral(times, values)),
        initial_area_s=_initial_area(times, values),
        late_change=late,
        curve_kind=curve_kind(values, late),
    )


def _late_change(times: Sequence[float], values: Sequence[float]) -> float | None:
    early = [value for time, value in zip(times, values, strict=True) if 0 < time <= EARLY_S]
    if not early or times[-1] < LATE_S:
        return None
    return relative_change(1 + values[-1], 1 + max(early))


def _initial_area(times: Sequence[float], values: Sequence[float]) -> float | None:
    if times[-1] < INITIAL_S:
        return None
    within = [(time, value) for time, value in zip(times, values, strict=True) if time < INITIAL_S]
    within.append((INITIAL_S, float(np.interp(INITIAL_S, times, values))))
    return _finite(_integral(*zip(*within, strict=True)))


def _integral(times: Sequence[float], values: Sequence[float]) -> float:
    """By trapezoids."""
    steps, pairs = np.diff(times), np.asarray(values)
    return float(np.sum(steps * (pairs[1:] + pairs[:-1]) / 2))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
