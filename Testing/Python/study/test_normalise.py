from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.study.normalise import IntensityScale, body_mask, estimate_scale

RNG = np.random.default_rng(3)


def torso(liver: float = 300.0, fat: float = 80.0, noise: float = 5.0) -> np.ndarray:
    """An elliptic body with a rim of fat, muscle inside and a liver, in air."""
    _, y, x = np.meshgrid(np.arange(24), np.linspace(-1, 1, 96), np.linspace(-1, 1, 128), indexing="ij")
    radius = np.hypot(x / 0.85, y / 0.75)
    volume = np.where(radius < 1, fat, 0.0)
    volume = np.where(radius < 0.88, 180.0, volume)
    volume = np.where(np.hypot((x + 0.3) / 0.38, (y + 0.05) / 0.4) < 1, liver, volume)
    return np.abs(volume + RNG.normal(scale=noise, size=volume.shape)).astype(np.float32)


def liver_level(volume: np.ndarray) -> float:
    return float(estimate_scale(volume).apply(volume)[12, 44:50, 42:48].mean())


def test_the_scale_maps_low_to_zero_high_to_one_and_back() -> None:
    scale = IntensityScale(-20.0, 180.0)
    values = np.array([-20.0, 80.0, 180.0], dtype=np.float32)
    assert np.allclose(scale.apply(values), [0, 0.5, 1])
    assert scale.apply(values).dtype == np.float32
    assert np.allclose(scale.invert(scale.apply(values)), values)
    assert scale.invert(0.5) == 80.0


@pytest.mark.parametrize("bad", [(1.0, 1.0), (2.0, 1.0), (0.0, float("nan"))])
def test_an_empty_scale_is_refused(bad: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="low < high"):
        IntensityScale(*bad)


def test_the_gain_of_the_scanner_does_not_matter() -> None:
    volume = torso()
    assert liver_level(volume * 37.5) == pytest.approx(liver_level(volume), rel=1e-3)


def test_failed_fat_suppression_hardly_moves_the_scale() -> None:
    good, failed = torso(fat=80.0), torso(fat=900.0)
    assert liver_level(failed) == pytest.approx(liver_level(good), rel=0.15)


def test_a_bright_surface_coil_hardly_moves_the_scale() -> None:
    volume = torso()
    y = np.linspace(-1, 1, 96)[None, :, None]
    coil = 1 + 3 * np.exp(-(((y + 0.75) / 0.12) ** 2))
    assert liver_level((volume * coil).astype(np.float32)) == pytest.approx(liver_level(volume), rel=0.15)


def test_the_orientation_of_the_stack_does_not_matter() -> None:
    volume = torso(noise=0)
    turned = np.ascontiguousarray(volume.transpose(2, 0, 1)[::-1])
    assert estimate_scale(turned).high == pytest.approx(estimate_scale(volume).high, rel=0.02)


def test_the_body_is_found_in_noisy_air() -> None:
    volume = torso(noise=12)
    body = body_mask(volume)
    assert body[12, 48, 64]
    assert not body[:, :6].any()
    assert 0.35 < body.mean() < 0.6


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_a_flat_volume_gets_a_harmless_scale(value: float) -> None:
    scale = estimate_scale(np.full((4, 16, 16), value, dtype=np.float32))
    assert np.isfinite(scale.apply(np.ones(3))).all()


def test_voxels_that_are_not_numbers_do_no_harm() -> None:
    volume = torso()
    holed = volume.copy()
    holed[:, ::9, ::9] = np.nan
    assert estimate_scale(holed).high == pytest.approx(estimate_scale(volume).high, rel=0.05)


@pytest.mark.parametrize("depth", [3.0, 40.0])
def test_values_below_0_move_neither_the_zero_nor_the_scale(depth: float) -> None:
    volume = torso()
    plain = estimate_scale(volume)
    rng = np.random.default_rng(4)
    with_noise = volume + np.where(volume < 0.2 * plain.high, rng.normal(0, depth, volume.shape), 0)
    scale = estimate_scale(with_noise.astype(np.float32))
    assert scale.low == 0.0
    assert scale.high == pytest.approx(plain.high, rel=0.02)
