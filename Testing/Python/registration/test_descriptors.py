"""Descriptors stay when contrast changes, and tell anatomy apart."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from MTINetLib.registration.descriptors import CHANNELS, self_similarity
from MTINetLib.study.study import Volume


def _tissue() -> Volume:
    noise = np.random.default_rng(8).standard_normal((14, 18, 20))
    return ndimage.gaussian_filter(noise, 1.5).astype(np.float32)


def test_twelve_channels_lie_between_nought_and_one() -> None:
    found = self_similarity(_tissue())
    assert found.shape == (14, 18, 20, CHANNELS) == (14, 18, 20, 12)
    assert found.min() >= 0.0
    assert found.max() == 1.0


def test_brightness_contrast_and_its_sign_do_not_matter() -> None:
    tissue = _tissue()
    for changed in (tissue + 50.0, 7.0 * tissue, -tissue):
        np.testing.assert_allclose(self_similarity(changed), self_similarity(tissue), atol=1e-3)


def test_an_inverted_phase_is_nearer_than_the_same_one_moved() -> None:
    tissue = _tissue()
    wanted = self_similarity(tissue)
    inverted = np.square(self_similarity(3.0 - 2.0 * tissue) - wanted).mean()
    moved = np.square(self_similarity(np.roll(tissue, 2, axis=1)) - wanted).mean()
    assert inverted < 0.01 * moved


def test_a_constant_volume_has_no_features() -> None:
    np.testing.assert_array_equal(self_similarity(np.full((4, 5, 6), 3.0, dtype=np.float32)), 1.0)


def test_a_single_slice_has_descriptors() -> None:
    assert np.isfinite(self_similarity(_tissue()[:1])).all()
