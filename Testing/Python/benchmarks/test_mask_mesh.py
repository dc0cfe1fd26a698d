"""Meshes of masks whose shape is known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.mask_mesh import mask_shape


def test_one_voxel_is_an_octahedron() -> None:
    shape = mask_shape(np.ones((1, 1, 1), bool), (2.0, 2.0, 2.0))
    assert shape.volume_mm3 == pytest.approx(2.0**3 / 6)
    assert shape.area_mm2 == pytest.approx(8 * np.sqrt(3) / 4 * 2.0)
    assert shape.diameter_mm == pytest.approx(2.0)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (3.0, 1.2, 1.2)])
def test_a_ball_has_its_volume_and_diameter_and_is_nearly_round(spacing: tuple[float, float, float]) -> None:
    k, j, i = (np.arange(-n, n + 1) * step for n, step in zip((20, 24, 24), spacing, strict=True))
    ball = k[:, None, None] ** 2 + j[:, None] ** 2 + i**2 < 18.0**2
    shape = mask_shape(ball, spacing)
    assert shape.volume_mm3 == pytest.approx(4 / 3 * np.pi * 18.0**3, rel=0.03)
    assert shape.diameter_mm == pytest.approx(36.0, rel=0.08)
    assert 0.85 < shape.sphericity < 0.97


def test_a_bar_is_less_round_than_a_cube() -> None:
    bar, cube = np.ones((4, 4, 40), bool), np.ones((9, 9, 9), bool)
    assert mask_shape(bar, (1, 1, 1)).sphericity < 0.7 < mask_shape(cube, (1, 1, 1)).sphericity


def test_the_shape_does_not_depend_on_where_the_mask_lies() -> None:
    mask = np.random.default_rng(3).random((6, 7, 8)) < 0.6
    moved = np.pad(mask, ((5, 1), (0, 9), (40, 3)))
    first, second = mask_shape(mask, (3.0, 1.0, 1.5)), mask_shape(moved, (3.0, 1.0, 1.5))
    assert first.volume_mm3 == pytest.approx(second.volume_mm3)
    assert first.area_mm2 == pytest.approx(second.area_mm2)
