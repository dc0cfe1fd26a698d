"""Where the contrast agent is, and when: the arterial input and the tissues that it feeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MTINetLib.phantom.draws import Rng, normal, uniform

Curve = npt.NDArray[np.float64]

STEP_S = 0.5
_DURATION_S = 420.0

# Population arterial input for 0.1 mmol/kg: Parker GJM et al., Magn Reson Med 2006;56:993-1000, Table 1.
PARKER_A_MM_MIN = (0.809, 0.330)
PARKER_T_MIN = (0.17046, 0.365)
PARKER_SIGMA_MIN = (0.0563, 0.132)
PARKER_ALPHA_MM = 1.050
PARKER_BETA_PER_MIN = 0.1685
PARKER_S_PER_MIN = 38.078
PARKER_TAU_MIN = 0.483


def parker_aif(seconds: npt.ArrayLike) -> Curve:
    """Contrast agent in arterial whole blood, mmol/L, ``seconds`` after it arrives (Parker 2006, eq. 1)."""
    t = np.asarray(seconds, dtype=np.float64) / 60.0
    blood = PARKER_ALPHA_MM * np.exp(-PARKER_BETA_PER_MIN * t)
    # The clip keeps exp() finite long before arrival, where the result is zeroed anyway.
    blood = blood / (1.0 + np.exp(np.clip(-PARKER_S_PER_MIN * (t - PARKER_TAU_MIN), -60.0, 60.0)))
    for a, centre, sigma in zip(PARKER_A_MM_MIN, PARKER_T_MIN, PARKER_SIGMA_MIN, strict=True):
        blood = blood + a / (sigma * np.sqrt(2 * np.pi)) * np.exp(-((t - centre) ** 2) / (2 * sigma**2))
    return np.where(t < 0, 0.0, blood)


def mix(curve: Curve, mean_s: float) -> Curve:
    """The curve after a well-mixed compartment with this mean transit time."""
    if mean_s <= 0:
        return curve
    kernel = np.exp(-np.arange(len(curve)) * STEP_S / mean_s)
    return np.convolve(curve, kernel / kernel.sum())[: len(curve)]


def delay(curve: Curve, seconds: float) -> Curve:
    steps = max(0, round(seconds / STEP_S))
    return np.concatenate([np.zeros(steps), curve[: len(curve) - steps]])


@dataclass(frozen=True)
class Circulation:
    """One patient's blood after the injection, at multiples of STEP_S after the start of the bolus.

    Args:
        arterial, portal, venous: mmol per litre of whole blood: aorta, portal vein, vena cava and veins.
        haematocrit: of large vessels; plasma concentration is blood / (1 - haematocrit).
        arrival_s: when the bolus reaches the abdominal aorta.
        times_s: the four acquisitions (k-space centre); the first is before the bolus.
    """

    arterial: Curve
    portal: Curve
    venous: Curve
    haematocrit: float
    arrival_s: float
    times_s: tuple[float, float, float, float]

    def plasma(self, blood: Curve) -> Curve:
        return blood / (1.0 - self.haematocrit)

    def at_phases(self, curve: Curve) -> Curve:
        """Four values: the curve around each acquisition's k-space centre, zero before the contrast agent."""
        values = [0.0]
        for time in self.times_s[1:]:
            middle = round(time / STEP_S)
            values.append(float(curve[max(0, middle - 4) : middle + 5].mean()))
        return np.array(values)

    def tofts(self, ktrans_per_min: float, ve: float, vp: float = 0.0, lag_s: float = 0.0) -> Curve:
        """Extended Tofts tissue fed by the artery, mmol/L at the four phases (Tofts 1999).

        C(t) = vp Cp(t) + Ktrans * integral of Cp(u) exp(-Ktrans (t - u) / ve) du.
        """
        plasma = delay(self.plasma(self.arterial), lag_s)
        return self.at_phases(vp * plasma + ve * mix(plasma, 60.0 * ve / max(ktrans_per_min, 1e-6)))

    def liver(self, flow_per_min: float, arterial_share: float, volume: float, lag_s: float = 0.0) -> Curve:
        """Dual-input one-compartment liver, mmol/L at the four phases (Materne 2002).

        Args:
            flow_per_min: total plasma inflow per litre of tissue per minute.
            arterial_share: hepatic artery's share of it.
            volume: distribution volume; the mean transit time is volume / flow.
            lag_s: from the aorta to the hepatic artery.
        """
        inflow = arterial_share * delay(self.arterial, lag_s) + (1.0 - arterial_share) * self.portal
        return self.at_phases(volume * mix(self.plasma(inflow), 60.0 * volume / flow_per_min))


def draw_circulation(rng: Rng, mistimed_share: float = 0.0) -> Circulation:
    """A patient, an injection and four acquisition times: late arterial, portal venous, delayed.

    Args:
        rng: draws them.
        mistimed_share: part of the arterial phases that come too early (before the lesions fill) or too late
            (when the portal vein has filled the liver).
    """
    arrival = normal(rng, 14.0, 2.2, 9.0, 19.0)
    seconds = np.arange(0.0, _DURATION_S, STEP_S)
    dose = normal(rng, 1.0, 0.12, 0.7, 1.35)
    # Slower injection and lower cardiac output than Parker's group widen the first pass.
    arterial = mix(delay(dose * parker_aif(seconds), arrival), uniform(rng, 2.0, 9.0))
    # Transit through spleen and gut: two compartments in a row.
    gut = uniform(rng, 5.0, 9.0)
    portal = mix(mix(delay(arterial, uniform(rng, 2.0, 5.0)), gut), gut)
    venous = mix(mix(delay(arterial, 6.0), 10.0), uniform(rng, 8.0, 20.0))
    late_arterial = float(np.clip(arrival + normal(rng, 15.0, 2.5, 10.0, 20.0), 25.0, 40.0))
    if rng.random() < mistimed_share:
        early = rng.random() < 0.6
        late_arterial = arrival + (uniform(rng, 5.0, 10.0) if early else uniform(rng, 21.0, 32.0))
    portal_venous = normal(rng, 68.0, 5.0, 60.0, 80.0)
    delayed = float(np.clip(np.exp(rng.normal(np.log(180.0), 0.22)), 120.0, 300.0))
    times = (0.0, round(late_arterial, 1), round(portal_venous, 1), round(delayed, 1))
    return Circulation(arterial, portal, venous, normal(rng, 0.42, 0.03, 0.33, 0.5), arrival, times)
