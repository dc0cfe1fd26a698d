from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from MTINetLib.inference.lesions import bounding_box
from MTINetLib.inference.measure import LesionSize, measure_size, plane_diameters
from MTINetLib.study.grid import Grid

OBLIQUE = Rotation.from_euler("xyz", [17, -9, 28], degrees=True).as_matrix()


def make_grid(spacing: tuple[float, float, float], direction: np.ndarray = OBLIQUE) -> Grid:
    return Grid((30, 90, 100), spacing, (-70.0, 15.0, 120.0), tuple(direction.ravel()))


def ellipsoid(grid: Grid, radii: tuple[float, float, float], turn_deg: float, centre: tuple[float, ...]):
    """Radii along i, j, k in mm, turned within the slice, around an index (k, j, i)."""
    kji = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    x, y, z = np.moveaxis((kji - np.array(centre))[..., ::-1] * np.array(grid.spacing), -1, 0)
    a = np.deg2rad(turn_deg)
    u, v = x * np.cos(a) + y * np.sin(a), -x * np.sin(a) + y * np.cos(a)
    return (u / radii[0]) ** 2 + (v / radii[1]) ** 2 + (z / radii[2]) ** 2 <= 1


def measure(mask: np.ndarray, grid: Grid) -> LesionSize:
    box = bounding_box(mask)
    assert box is not None
    return measure_size(mask[box], tuple(part.start for part in box), grid)


@pytest.mark.parametrize("turn", [0, 30, 45, 77])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 3.0), (0.8, 1.3, 4.0)])
def test_an_ellipsoid_is_measured_within_a_voxel(turn: float, spacing: tuple[float, float, float]) -> None:
    grid = make_grid(spacing)
    mask = ellipsoid(grid, (22.0, 13.0, 17.0), turn, (15, 44.3, 50.6))
    size = measure(mask, grid)
    voxel = max(spacing[:2])
    assert size.long_axis_mm == pytest.approx(44, abs=voxel)
    assert size.short_axis_mm == pytest.approx(26, abs=voxel)
    assert size.diameter_3d_mm == pytest.approx(44, abs=voxel)
    assert size.volume_ml == pytest.approx(4 / 3 * np.pi * 22 * 13 * 17 / 1000, rel=0.03)
    assert np.allclose(size.centroid_lps_mm, grid.to_lps((15, 44.3, 50.6)), atol=0.3)
    k = np.flatnonzero(mask.any(axis=(1, 2)))
    assert size.slices == (k[0], k[-1])


def test_the_longest_diameter_may_run_across_slices() -> None:
    grid = make_grid((1.0, 1.0, 3.0))
    size = measure(ellipsoid(grid, (8.0, 8.0, 30.0), 0, (15, 44, 50)), grid)
    assert size.long_axis_mm == pytest.approx(16, abs=1)
    assert size.diameter_3d_mm == pytest.approx(60, abs=3)


def test_diameters_do_not_depend_on_where_the_patient_lies() -> None:
    mask = ellipsoid(make_grid((1.0, 1.2, 3.0)), (12.0, 9.0, 10.0), 20, (12, 40, 40))
    one = measure(mask, make_grid((1.0, 1.2, 3.0)))
    other = measure(mask, make_grid((1.0, 1.2, 3.0), np.diag([-1.0, 1.0, -1.0])))
    assert (one.long_axis_mm, one.short_axis_mm) == (other.long_axis_mm, other.short_axis_mm)
    assert one.centroid_lps_mm != other.centroid_lps_mm


def test_a_row_of_voxels_is_as_long_as_its_voxels() -> None:
    plane = np.ones((1, 7), dtype=bool)
    long_axis, short_axis = plane_diameters(plane, (1.5, 2.0))
    assert long_axis == pytest.approx(14)
    assert short_axis == pytest.approx(1.5)


def test_a_single_voxel_has_a_size() -> None:
    size = measure_size(np.ones((1, 1, 1), dtype=bool), (3, 4, 5), make_grid((1.0, 1.0, 3.0)))
    assert (size.long_axis_mm, size.short_axis_mm) == pytest.approx((1, 1))
    assert size.diameter_3d_mm == pytest.approx(3)
    assert size.slices == (3, 3)


def test_a_rectangle_has_its_diagonal_and_a_true_perpendicular() -> None:
    plane = np.ones((30, 40), dtype=bool)
    long_axis, short_axis = plane_diameters(plane, (1.0, 1.0))
    assert long_axis == pytest.approx(50, abs=1)
    # The longest chord of a 30 x 40 rectangle perpendicular to its diagonal ends in a corner: 50 * 3 / 4.
    assert short_axis == pytest.approx(37.5, abs=1)


def test_the_slice_with_the_longest_diameter_is_taken() -> None:
    mask = np.zeros((3, 20, 20), dtype=bool)
    mask[0, 5:8, 5:8] = True
    mask[1, 5:7, 2:18] = True
    mask[2, 2:12, 5:8] = True
    size = measure(mask, Grid((3, 20, 20), (1.0, 1.0, 5.0), (0, 0, 0), (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    assert size.long_axis_mm == pytest.approx(16, abs=0.5)
    assert size.short_axis_mm == pytest.approx(2, abs=0.3)
