"""Smooth random fields."""

from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.phantom.draws import Streams
from MTINetLib.phantom.noise_fields import smooth_noise, spread


def test_a_constant_stays_constant() -> None:
    np.testing.assert_allclose(spread(np.full((4, 5, 6), 2.5), (7, 20, 31)), 2.5, rtol=1e-5)


def test_fields_have_about_unit_variance_at_every_scale() -> None:
    for scale in (4.0, 15.0):
        field = smooth_noise(Streams(1, 0)("field"), (40, 96, 96), (4.0, 1.5, 1.5), scale)
        assert field.dtype == np.float32
        assert field.std() == pytest.approx(1.0, abs=0.2)


def test_a_larger_scale_is_smoother() -> None:
    def roughness(scale: float) -> float:
        field = smooth_noise(Streams(2, 0)("field"), (20, 64, 64), (4.0, 1.5, 1.5), scale)
        return float(np.abs(np.diff(field, axis=2)).mean())

    assert roughness(40.0) < 0.4 * roughness(10.0)


def test_streams_with_other_names_are_independent_and_the_same_name_repeats() -> None:
    streams = Streams(3, 1)
    assert streams("a").random() == Streams(3, 1)("a").random()
    assert streams("a").random() != streams("b").random()
    assert streams("a").random() != Streams(3, 2)("a").random()
