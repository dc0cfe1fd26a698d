"""Noise, k-space and stored values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from MTINetLib.phantom.draws import Streams
from MTINetLib.phantom.scanner import Scanner, add_complex_noise, draw_scanner, read_out, store


def clean_scanner() -> Scanner:
    drawn = draw_scanner(Streams(1, 0)("scanner"))
    return replace(
        drawn, kept=(1.0, 1.0), kept_slices=1.0, window=0.0, filter=0.0, ghost=(0.0, 0.0, 0.0, 0.0)
    )


def test_noise_over_air_has_the_mean_and_spread_of_a_rayleigh_distribution() -> None:
    air = np.abs(add_complex_noise(Streams(2, 0)("noise"), np.zeros((20, 64, 64), np.float32), 7.0))
    assert air.min() >= 0
    assert air.mean() == pytest.approx(7.0 * np.sqrt(np.pi / 2), rel=0.02)
    assert air.std() == pytest.approx(7.0 * np.sqrt(2 - np.pi / 2), rel=0.02)


def test_noise_over_weak_signal_lifts_its_mean_as_rice_says() -> None:
    signal = np.full((20, 64, 64), 14.0, np.float32)
    noisy = np.abs(add_complex_noise(Streams(3, 0)("noise"), signal, 7.0))
    # Second moment of a Rice distribution: A^2 + 2 sigma^2.
    assert float((noisy.astype(np.float64) ** 2).mean()) == pytest.approx(14.0**2 + 2 * 49.0, rel=0.02)
    assert noisy.mean() > 14.5


def test_a_whole_k_space_without_noise_gives_the_image_back() -> None:
    image = Streams(4, 0)("image").random((3, 24, 32), dtype=np.float32) * 100
    seen = read_out(Streams(4, 0)("noise"), image, clean_scanner(), 0, 0.0)
    np.testing.assert_allclose(seen, image, atol=1e-3)


def test_a_cut_k_space_rings_beside_an_edge() -> None:
    image = np.zeros((1, 64, 64), np.float32)
    image[:, :, 20:44] = 100.0
    scanner = replace(clean_scanner(), kept=(1.0, 0.6))
    seen = read_out(Streams(5, 0)("noise"), image, scanner, 0, 0.0)
    assert seen.max() > 105.0
    windowed = read_out(Streams(5, 0)("noise"), image, replace(scanner, window=1.0), 0, 0.0)
    assert windowed.max() < 101.0


def test_breathing_leaves_ghosts_along_the_phase_encoding_only() -> None:
    image = np.zeros((1, 64, 64), np.float32)
    image[:, 28:36, 28:36] = 100.0
    scanner = replace(clean_scanner(), ghost=(0.06, 0.0, 0.0, 0.0), ghost_along_rows=True, ghost_lines=4.0)
    seen = read_out(Streams(6, 0)("noise"), image, scanner, 0, 0.0)[0]
    assert seen[:20, 28:36].max() > 1.0
    assert seen[28:36, :20].max() < 1e-3


def test_a_vendor_filter_sharpens_or_smooths_an_edge_and_leaves_the_level() -> None:
    image = np.full((1, 64, 64), 50.0, np.float32)
    image[:, :, 20:44] = 100.0
    noise = Streams(5, 0)("noise")
    steps = []
    for vendor in (-0.6, 0.0, 0.8):
        seen = read_out(noise, image, replace(clean_scanner(), filter=vendor), 0, 0.0)
        assert seen.mean() == pytest.approx(image.mean(), rel=0.01)
        steps.append(float(np.abs(np.diff(seen[0, 32])).max()))
    assert steps[0] < steps[1] < steps[2]


def test_slices_measured_coarser_than_stored_blur_across_slices_only() -> None:
    image = np.zeros((20, 16, 16), np.float32)
    image[10:] = 100.0
    scanner = replace(clean_scanner(), kept_slices=0.5)
    seen = read_out(Streams(5, 0)("noise"), image, scanner, 0, 0.0)
    assert 5.0 < seen[9].mean() < 45.0
    assert np.ptp(seen[9]) < 1e-2
    assert seen[19].mean() == pytest.approx(100.0, rel=0.03)


def test_faults_strike_as_many_scans_as_asked() -> None:
    drawn = [draw_scanner(Streams(8, index)("scanner"), 0.13) for index in range(600)]
    for struck in ([s.coil_reach > 0.3 for s in drawn], [s.ghost[1] > 0.07 for s in drawn]):
        assert 0.08 < np.mean(struck) < 0.18
    assert not any(draw_scanner(Streams(8, index)("scanner")).offset for index in range(200))


def test_stored_values_are_whole_and_fit_twelve_bits() -> None:
    stored = store(np.array([-3.2, 0.4, 17.6, 9000.0], np.float32))
    assert stored.tolist() == [0.0, 0.0, 18.0, 4095.0]
