from __future__ import annotations

import numpy as np

from MTINetLib.report.body import body, tissue_window


def slice_with_dark_fat() -> np.ndarray:
    """Air 3, dark fat 22, organs 160 with a hole of 5; noise like Rician air."""
    rng = np.random.default_rng(3)
    j, i = np.meshgrid(np.linspace(-1, 1, 120), np.linspace(-1, 1, 160), indexing="ij")
    radius = np.hypot(j, i)
    image = np.where(radius < 0.85, 22.0, 3.0)
    image[radius < 0.65] = 160.0
    image[radius < 0.1] = 5.0
    return np.abs(image + rng.normal(0, 2, image.shape))


def test_dark_fat_belongs_to_the_body_and_air_does_not() -> None:
    inside = body(slice_with_dark_fat())
    j, i = np.meshgrid(np.linspace(-1, 1, 120), np.linspace(-1, 1, 160), indexing="ij")
    radius = np.hypot(j, i)
    assert inside[radius < 0.8].mean() > 0.99
    assert inside[radius > 0.95].mean() < 0.01


def test_a_volume_is_filled_slice_by_slice() -> None:
    image = slice_with_dark_fat()
    inside = body(np.stack([image, image]))
    assert inside.shape == (2, 120, 160)
    assert inside[:, 60, 80].all(), "the hole in the middle belongs to the body"


def test_a_flat_volume_is_all_body_and_still_has_a_window() -> None:
    flat = np.full((2, 8, 8), 7.0)
    low, high = tissue_window(flat, body(flat))
    assert body(flat).all()
    assert high > low


def test_one_window_fits_all_phases() -> None:
    image = slice_with_dark_fat()
    phases = np.stack([image, 2 * image])
    low, high = tissue_window(phases, body(image))
    assert low < 5
    assert 300 < high < 340
