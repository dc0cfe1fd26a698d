"""Stacks that nearly stand on a grid are resampled onto one, and said to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from support import dicom_layouts as layouts

from MTINetLib.reading.dicom.read import read_dicom_folder
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.grid import Grid

Place = Callable[[int], tuple[float, float, float]]
#: Values rise linearly along a slanted line through the patient: linear interpolation keeps them exactly.
_SLOPE_PER_MM = np.array([3.0, -4.0, 5.0])


def _field(points_lps: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 8000 + points_lps @ _SLOPE_PER_MM


def _points(grid: Grid, shape: tuple[int, int, int], shift: Place) -> npt.NDArray[np.float64]:
    points = np.empty((*shape, 3))
    for k, j, i in np.ndindex(*shape):
        place = shift(k)
        points[k, j, i] = grid.to_lps((place[0], place[1] + j, place[2] + i))
    return points


def _read(tmp_path: Path, shift: Place, slices: int = 8) -> tuple[SourceVolume, Grid]:
    grid = layouts.oblique_grid((slices, 12, 14))
    truth = layouts.make_truth(grid)
    values = _field(_points(grid, grid.shape, shift))
    images = layouts.series_per_phase(truth)[:slices]
    for k, image in enumerate(images):
        image.ImagePositionPatient = [f"{v:.9f}" for v in grid.to_lps(shift(k))]
        image.RescaleSlope = 0.5
        image.PixelData = np.rint(values[k] * 2).astype("<u2").tobytes()
    return read_dicom_folder(layouts.write_shuffled(tmp_path, images))[0], grid


def _errors(volume: SourceVolume) -> npt.NDArray[np.float64]:
    expected = _field(_points(volume.grid, volume.grid.shape, lambda k: (k, 0.0, 0.0)))
    return np.asarray(np.abs(volume.array - expected))


def test_slightly_unequal_distances_become_equal_ones(tmp_path: Path) -> None:
    heights = [0.0, 1.0, 2.15, 3.0, 4.0, 4.85, 6.0, 7.1]
    volume, grid = _read(tmp_path, lambda k: (heights[k], 0.0, 0.0))
    assert volume.problem is None
    assert volume.flags == ("resampled_spacing",)
    assert volume.grid.shape == grid.shape
    assert volume.grid.spacing[2] == pytest.approx(9.0 * 7.1 / 7)
    np.testing.assert_allclose(volume.grid.to_lps((7, 0, 0)), grid.to_lps((7.1, 0, 0)), atol=1e-3)
    assert _errors(volume).max() < 1.0
    assert len(volume.instance_uids) == 8
    assert volume.images == ()


@pytest.mark.parametrize("down", [0.3, -0.3])
def test_a_tilted_stack_is_straightened(tmp_path: Path, down: float) -> None:
    volume, grid = _read(tmp_path, lambda k: (k, down * k, 0.11 * k))
    assert volume.problem is None
    assert volume.flags == ("resampled_tilt",)
    assert volume.grid.shape == (8, 12 + 3, 14 + 1)
    np.testing.assert_allclose(volume.grid.direction, grid.direction, atol=1e-9)
    # Where whole slices lie, not at their rims, which zeros blend into.
    errors = _errors(volume)
    for k in range(8):
        top = down * k - min(0.0, np.floor(down * 7))
        inside = errors[k, int(np.ceil(top)) + 1 : int(top) + 11, int(np.ceil(0.11 * k)) + 1 : 13]
        assert inside.size > 80
        assert inside.max() < 1.0
    assert volume.array[7 if down > 0 else 0, 0].max() == 0.0


def test_tilt_and_unequal_distances_at_once_are_both_said(tmp_path: Path) -> None:
    heights = [0.0, 1.0, 2.2, 3.0, 4.0, 5.0, 6.0, 7.0]
    volume, _ = _read(tmp_path, lambda k: (heights[k], 0.3 * heights[k], 0.0))
    assert volume.flags == ("resampled_spacing", "resampled_tilt")
    assert _errors(volume)[:, 4:11, 1:13].max() < 1.0


def test_what_is_lost_in_rounding_is_left_as_it_is(tmp_path: Path) -> None:
    volume, grid = _read(tmp_path, lambda k: (k + (0.02 if k == 3 else 0.0), 0.001 * k, 0.0))
    assert (volume.flags, volume.problem, volume.grid.shape) == ((), None, grid.shape)
    assert len(volume.images) == 8
