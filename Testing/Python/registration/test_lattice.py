"""Fields of cubic B-splines have the values, and cost the bending, that calculus says."""

from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.registration.lattice import Lattice
from MTINetLib.study.grid import FloatArray

LATTICE = Lattice.over((21, 31, 41), (5.0, 4.0, 4.0), 50.0)
POINTS = np.random.default_rng(2).uniform(0, 1, (200, 3)) * (20, 30, 40)


def _greville() -> FloatArray:
    """Where each control point lies, mm [n, 3]: coefficients that are linear in these give a linear field."""
    axes = [
        (np.arange(count) - 1) * (voxels - 1) * size / (count - 3)
        for count, voxels, size in zip(LATTICE.counts, LATTICE.shape, LATTICE.voxel_mm, strict=True)
    ]
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)


def _field_at(points: FloatArray, coefficients: FloatArray) -> FloatArray:
    numbers, weights = LATTICE.at(points)
    return np.asarray(np.einsum("nw,nwc->nc", weights, coefficients[numbers]))


def test_control_points_lie_about_as_far_apart_as_asked() -> None:
    assert LATTICE.cells == (2, 2, 3)
    assert LATTICE.counts == (5, 5, 6)
    assert LATTICE.size == 150


def test_weights_sum_to_one_everywhere() -> None:
    corners = np.array([(0, 0, 0), (20, 30, 40), (20, 0, 40)], dtype=float)
    for points in (POINTS, corners):
        np.testing.assert_allclose(LATTICE.at(points)[1].sum(axis=1), 1.0)


def test_linear_coefficients_give_a_linear_field() -> None:
    turn = np.array([[0.1, -0.2, 0.05], [0.0, 0.3, 0.1], [-0.1, 0.0, 0.2]])
    found = _field_at(POINTS, _greville() @ turn + 3.0)
    np.testing.assert_allclose(found, POINTS * LATTICE.voxel_mm @ turn + 3.0, atol=1e-6)


def test_a_field_on_nodes_is_the_field_at_those_points() -> None:
    coefficients = np.random.default_rng(3).standard_normal((LATTICE.size, 3))
    on_grid = LATTICE.on_grid(coefficients, (3, 4, 6))
    axes = [np.linspace(0, count - 1, nodes) for count, nodes in zip(LATTICE.shape, (3, 4, 6), strict=True)]
    points = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    np.testing.assert_allclose(on_grid.reshape(-1, 3), _field_at(points, coefficients), atol=1e-6)


def test_moving_turning_and_stretching_cost_no_bending() -> None:
    energy = LATTICE.bending_energy()
    for coefficients in (np.ones(LATTICE.size), *_greville().T):
        assert coefficients @ energy @ coefficients == pytest.approx(0.0, abs=1e-9)


def test_a_parabola_costs_its_squared_curvature() -> None:
    # The sum over control points of (x^2 - h^2 / 3) B(x) is x^2 (Marsden's identity), whose curvature is 2.
    span = 20 * 5.0 / LATTICE.cells[0]
    coefficients = _greville()[:, 0] ** 2 - span**2 / 3
    assert coefficients @ LATTICE.bending_energy() @ coefficients == pytest.approx(4.0)


def test_mixed_curvature_counts_twice() -> None:
    places = _greville()
    coefficients = places[:, 0] * places[:, 2]
    assert coefficients @ LATTICE.bending_energy() @ coefficients == pytest.approx(2.0)


def test_a_huge_volume_has_no_more_control_points_than_can_be_solved() -> None:
    lattice = Lattice.over((300, 300, 300), (4.0, 4.0, 4.0), 50.0)
    assert 500 < lattice.size <= 1500


def test_a_single_slice_has_a_lattice() -> None:
    lattice = Lattice.over((1, 30, 30), (8.0, 4.0, 4.0), 50.0)
    assert lattice.cells[0] == 1
    assert np.isfinite(lattice.bending_energy()).all()
    np.testing.assert_allclose(lattice.at(np.zeros((1, 3)))[1].sum(), 1.0)
