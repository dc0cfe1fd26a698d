"""The arterial input and the tissues it feeds."""

from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.phantom.draws import Streams
from MTINetLib.phantom.kinetics import STEP_S, Circulation, draw_circulation, mix, parker_aif


def circulation(seed: int = 1) -> Circulation:
    return draw_circulation(Streams(seed, 0)("patient"))


def test_the_input_peaks_near_six_millimolar_ten_seconds_after_arrival() -> None:
    seconds = np.arange(0.0, 120.0, 0.1)
    blood = parker_aif(seconds)
    assert seconds[blood.argmax()] == pytest.approx(10.2, abs=0.3)
    assert blood.max() == pytest.approx(0.809 / (0.0563 * np.sqrt(2 * np.pi)), rel=0.1)


def test_the_input_decays_at_parkers_rate_after_a_minute() -> None:
    early, late = parker_aif([120.0, 180.0])
    assert late / early == pytest.approx(np.exp(-0.1685), rel=1e-3)
    assert early == pytest.approx(1.05 * np.exp(-0.1685 * 2), rel=1e-3)


def test_nothing_arrives_before_the_bolus() -> None:
    assert parker_aif([-5.0, -0.1]).tolist() == [0.0, 0.0]


def test_mixing_keeps_the_amount_of_contrast_agent() -> None:
    pulse = np.zeros(800)
    pulse[10] = 1.0
    mixed = mix(pulse, 12.0)
    assert mixed.sum() == pytest.approx(1.0, abs=1e-6)
    mean_s = float((np.arange(800) * mixed).sum() - 10) * STEP_S
    assert mean_s == pytest.approx(12.0, abs=0.5)


def test_a_tofts_tissue_in_equilibrium_holds_ve_times_plasma() -> None:
    blood = circulation()
    flat = Circulation(
        np.ones_like(blood.arterial), blood.portal, blood.venous, 0.4, blood.arrival_s, blood.times_s
    )
    assert flat.tofts(2.0, 0.2)[3] == pytest.approx(0.2 / 0.6, rel=1e-3)


def test_times_are_those_of_the_four_phases_for_any_patient() -> None:
    for seed in range(40):
        times = circulation(seed).times_s
        assert times[0] == 0.0
        assert 25 <= times[1] <= 40
        assert 60 <= times[2] <= 80
        assert 120 <= times[3] <= 300


def test_aorta_peaks_in_the_arterial_phase_and_liver_in_the_portal_phase() -> None:
    aorta, liver = [], []
    for seed in range(40):
        blood = circulation(seed)
        aorta.append(blood.at_phases(blood.arterial))
        liver.append(blood.liver(1.2, 0.17, 0.26))
    assert np.mean(np.argmax(aorta, axis=1) == 1) == 1.0
    assert np.mean(np.argmax(liver, axis=1) == 2) == 1.0
