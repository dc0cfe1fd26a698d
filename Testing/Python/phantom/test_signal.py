"""The spoiled gradient-echo equation."""

from __future__ import annotations

import math

import pytest

from MTINetLib.phantom.signal import Protocol, spoiled_gradient_echo

PROTOCOL = Protocol(tr_s=0.004, te_s=0.002, flip_rad=math.radians(12.0), field_t=3.0, r1=5.0, r2=7.0)


def test_the_signal_is_the_one_worked_out_by_hand() -> None:
    # R1 = 1/0.8 + 5 * 0.5 = 3.75 / s, E1 = exp(-0.015) = 0.985112; R2* = 1/0.02 + 7 * 0.5 = 53.5 / s.
    e1 = 0.98511194
    expected = 2.0 * 0.20791169 * (1 - e1) / (1 - 0.97814760 * e1) * math.exp(-0.107)
    assert float(spoiled_gradient_echo(PROTOCOL, 2.0, 0.8, 0.02, 0.5)) == pytest.approx(expected, rel=1e-5)


def test_contrast_agent_brightens_until_t2star_wins() -> None:
    little, much, far_too_much = (
        float(spoiled_gradient_echo(PROTOCOL, 1.0, 1.9, 0.05, c)) for c in (0.1, 5.0, 200.0)
    )
    assert little < much
    assert far_too_much < much


def test_short_t1_is_bright() -> None:
    fat, fluid = spoiled_gradient_echo(PROTOCOL, 1.0, [0.38, 3.6], 0.05)
    assert fat > 2 * fluid
