"""A bent phase is found whatever its contrast, and a fit that folds tissue is refused."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import SimpleITK
from scipy import ndimage

from MTINetLib.registration import smooth as align_smooth
from MTINetLib.registration.motion import CoarsePhase, Reference
from MTINetLib.registration.smooth import SmoothTarget, register_smoothly
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.study import Volume

_TURN = (0.96, -0.28, 0.0, 0.28, 0.96, 0.0, 0.0, 0.0, 1.0)
GRID = Grid((30, 50, 54), (4.0, 4.0, 4.5), (-90.0, -110.0, -60.0), _TURN)


@cache
def _tissue() -> Volume:
    rng = np.random.default_rng(11)
    levels = ndimage.gaussian_filter(rng.standard_normal(GRID.shape), 2.0)
    return (300.0 + 60.0 * np.digitize(levels, np.quantile(levels, [0.2, 0.4, 0.6, 0.8]))).astype(np.float32)


def _displacement(points: FloatArray) -> FloatArray:
    """LPS mm [n, 3] at points of the bent volume, 6 mm at most, over about 200 mm."""
    waves = np.sin(points / 32.0)
    return np.stack([4.0 * waves[:, 1], -3.0 * waves[:, 2], 3.0 * waves[:, 0]], axis=1)


def _bent(array: Volume) -> Volume:
    index = np.moveaxis(np.indices(array.shape, dtype=np.float64), 0, -1).reshape(-1, 3)
    points = GRID.to_lps(index)
    source = GRID.to_index(points - _displacement(points)).T.reshape(3, *array.shape)
    return ndimage.map_coordinates(array, source, order=1, mode="nearest", output=np.float32)


def _errors_mm(transform: SimpleITK.Transform) -> FloatArray:
    """At points in the middle of the volume: where their content lies against where it is found."""
    middle = np.random.default_rng(0).uniform((6, 10, 10), (24, 40, 44), (300, 3))
    still = GRID.to_lps(middle)
    true = still
    for _ in range(30):
        true = still + _displacement(true)
    found = np.array([transform.TransformPoint(point) for point in still.tolist()])
    return np.asarray(np.linalg.norm(found - true, axis=1))


@pytest.fixture(scope="module")
def target() -> SmoothTarget:
    return SmoothTarget.of(Reference.of(_tissue(), GRID))


@pytest.mark.parametrize(("gain", "level"), [(1.0, 0.0), (-0.5, 500.0)])
def test_a_bend_is_found_on_turned_axes_whatever_the_contrast(
    target: SmoothTarget, gain: float, level: float
) -> None:
    noise = np.random.default_rng(1).normal(0.0, 6.0, GRID.shape).astype(np.float32)
    moving = CoarsePhase.of(_bent(gain * _tissue() + level) + noise, GRID)
    found = register_smoothly(target, moving, None)
    assert _errors_mm(SimpleITK.Transform(3, SimpleITK.sitkIdentity)).mean() > 3.5
    assert _errors_mm(found).mean() < 1.0


def test_it_goes_on_from_a_rigid_transform(target: SmoothTarget) -> None:
    away = Grid(GRID.shape, GRID.spacing, (-80.0, -110.0, -48.0), GRID.direction)
    rigid = SimpleITK.TranslationTransform(3, (10.0, 0.0, 12.0))
    found = register_smoothly(target, CoarsePhase.of(_bent(_tissue()), away), rigid)
    back = SimpleITK.CompositeTransform([SimpleITK.TranslationTransform(3, (-10.0, 0.0, -12.0)), found])
    assert _errors_mm(back).mean() < 1.0


def test_a_phase_that_lies_right_hardly_moves(target: SmoothTarget) -> None:
    found = register_smoothly(target, CoarsePhase.of(_tissue(), GRID), None)
    points = GRID.to_lps(np.argwhere(np.ones(GRID.shape))[::997])
    moved = np.array([found.TransformPoint(point) for point in points.tolist()])
    assert np.linalg.norm(moved - points, axis=1).max() < 0.01


def test_a_fit_that_folds_tissue_over_itself_is_none(
    target: SmoothTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    coefficients = np.random.default_rng(4).normal(0.0, 80.0, (target.lattice.size, 3))
    monkeypatch.setattr(align_smooth, "_step", lambda *_: coefficients / 11)
    assert register_smoothly(target, CoarsePhase.of(_tissue(), GRID), None) is None


def test_a_phase_of_one_slice_does_not_fail() -> None:
    grid = Grid((1, 50, 54), GRID.spacing, GRID.origin, GRID.direction)
    one = SmoothTarget.of(Reference.of(_tissue()[:1], grid))
    assert register_smoothly(one, CoarsePhase.of(_tissue()[:1], grid), None) is not None
