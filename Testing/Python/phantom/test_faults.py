"""Faults of whole scans: fat that is not suppressed, arterial phases that miss their time."""

from __future__ import annotations

import numpy as np

from MTINetLib.phantom.case import PhantomSettings, make_case
from MTINetLib.phantom.draws import Streams
from MTINetLib.phantom.motion import draw_motion
from MTINetLib.phantom.patient import draw_patient


def rim_over_liver(seed: int, fault_share: float) -> float:
    """Brightest tenth of the picture before contrast, of which most is fat, over the liver."""
    settings = PhantomSettings(
        slices=(8, 8), matrix=(96, 96), lesion_plan=(), breathing=False, fault_share=fault_share
    )
    case = make_case(seed, 0, settings)
    before = case.study.volumes[0]
    return float(np.quantile(before[~case.liver], 0.97) / np.median(before[case.liver]))


def test_fat_without_suppression_outshines_the_liver() -> None:
    suppressed = np.median([rim_over_liver(seed, 0.0) for seed in range(4)])
    bright = np.median([rim_over_liver(seed, 1.0) for seed in range(4)])
    assert bright > 1.5 * suppressed


def test_a_fifth_of_the_arterial_phases_come_too_early_or_too_late() -> None:
    after = []
    for index in range(400):
        circulation = draw_patient(Streams(4, index)("patient"), 0.2).circulation
        assert circulation.times_s[1] < circulation.times_s[2]
        after.append(circulation.times_s[1] - circulation.arrival_s)
    missed = (np.array(after) < 10.0) | (np.array(after) > 20.6)
    assert 0.14 < missed.mean() < 0.27
    assert (np.array(after) > 20.6).any()
    assert (np.array(after) < 9.0).any()


def test_large_moves_are_as_many_as_asked() -> None:
    sizes = [np.linalg.norm(draw_motion(Streams(5, n)("m"), 0.2).shift_mm) for n in range(500)]
    assert 0.15 < np.mean(np.array(sizes) >= 4.0) < 0.25
    assert max(sizes) <= 14.0
