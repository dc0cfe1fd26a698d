"""Metrics against values counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import cdist

from MTINetLib.evaluation import metrics


def box(shape: tuple[int, int, int], start: tuple[int, int, int], size: tuple[int, int, int]) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(slice(s, s + n) for s, n in zip(start, size, strict=True))] = True
    return mask


EMPTY = np.zeros((4, 6, 6), dtype=bool)
FULL = box((4, 6, 6), (1, 1, 1), (2, 2, 2))


def test_dice_and_iou_of_half_overlapping_boxes_are_the_counted_values() -> None:
    a = box((4, 6, 6), (1, 1, 1), (2, 2, 2))  # 8 voxels
    b = box((4, 6, 6), (1, 1, 2), (2, 2, 2))  # 8 voxels, 4 shared
    assert metrics.dice(a, b) == pytest.approx(0.5)
    assert metrics.iou(a, b) == pytest.approx(4 / 12)


def test_a_mask_agrees_with_itself_perfectly() -> None:
    assert metrics.dice(FULL, FULL) == metrics.iou(FULL, FULL) == 1.0
    assert metrics.surface_distances(FULL, FULL, (3.0, 1.0, 1.0)) == metrics.SurfaceDistances(0.0, 0.0)
    assert metrics.volume_error_ml(FULL, FULL, 2.0) == 0.0


def test_two_empty_masks_are_undefined_in_every_metric() -> None:
    distances = metrics.surface_distances(EMPTY, EMPTY, (1, 1, 1))
    values = [
        metrics.dice(EMPTY, EMPTY),
        metrics.iou(EMPTY, EMPTY),
        metrics.volume_error_ml(EMPTY, EMPTY, 1.0),
        metrics.relative_volume_error(EMPTY, EMPTY),
        distances.hd95,
        distances.assd,
        *metrics.dice_per_slice(EMPTY, EMPTY),
        *metrics.iou_per_slice(EMPTY, EMPTY),
    ]
    assert all(math.isnan(value) for value in values)


@pytest.mark.parametrize(("truth", "found"), [(EMPTY, FULL), (FULL, EMPTY)])
def test_one_empty_mask_gives_the_worst_value_of_every_metric(truth: np.ndarray, found: np.ndarray) -> None:
    assert metrics.dice(truth, found) == metrics.iou(truth, found) == 0.0
    assert metrics.surface_distances(truth, found, (1, 1, 1)) == metrics.SurfaceDistances(math.inf, math.inf)
    np.testing.assert_array_equal(metrics.dice_per_slice(truth, found), [np.nan, 0.0, 0.0, np.nan])


def test_volume_errors_have_the_sign_of_found_minus_true() -> None:
    twice = box((4, 6, 6), (1, 1, 1), (2, 2, 4))
    assert metrics.volume_error_ml(FULL, twice, 500.0) == pytest.approx(8 * 0.5)
    assert metrics.relative_volume_error(FULL, twice) == pytest.approx(1.0)
    assert metrics.relative_volume_error(FULL, EMPTY) == -1.0
    assert metrics.relative_volume_error(EMPTY, FULL) == math.inf
    assert metrics.volume_error_ml(EMPTY, FULL, 500.0) == pytest.approx(4.0)


def test_surface_distance_of_shifted_single_voxels_is_the_shift_in_mm() -> None:
    a, b = box((5, 5, 5), (0, 2, 2), (1, 1, 1)), box((5, 5, 5), (3, 2, 4), (1, 1, 1))
    distances = metrics.surface_distances(a, b, (4.0, 1.0, 0.5))
    assert distances.hd95 == pytest.approx(math.hypot(12.0, 1.0))
    assert distances.assd == pytest.approx(math.hypot(12.0, 1.0))


def test_the_inside_of_a_mask_is_no_surface() -> None:
    solid = box((7, 7, 7), (1, 1, 1), (5, 5, 5))
    hollow = solid & ~box((7, 7, 7), (2, 2, 2), (3, 3, 3))
    distances = metrics.surface_distances(solid, hollow, (1, 1, 1))
    # The outer shells are the same voxels and the hollow box is one voxel thick: every distance is 0.
    assert distances.hd95 == distances.assd == 0.0


def test_hd95_ignores_a_single_far_voxel_that_the_maximum_would_see() -> None:
    a = box((3, 24, 24), (1, 2, 2), (1, 10, 10))
    b = a.copy()
    b[1, 23, 23] = True
    distances = metrics.surface_distances(a, b, (1, 1, 1))
    assert distances.hd95 == 0.0
    assert distances.assd == pytest.approx(math.hypot(12, 12) / (100 + 101))


#: How long an example takes says something of the machine, not of the metrics.
patient = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
masks = hnp.arrays(bool, (3, 4, 5), elements=st.booleans())


@patient
@given(masks, masks)
def test_surface_distances_agree_with_all_pairs_of_surface_voxels(a: np.ndarray, b: np.ndarray) -> None:
    if not a.any() or not b.any():
        return
    spacing = np.array([3.0, 1.0, 0.7])
    points = [np.argwhere(_surface_by_neighbours(mask)) * spacing for mask in (a, b)]
    distances = cdist(points[0], points[1])
    first, second = distances.min(axis=1), distances.min(axis=0)
    result = metrics.surface_distances(a, b, tuple(spacing))
    assert result.hd95 == pytest.approx(max(np.percentile(first, 95), np.percentile(second, 95)))
    assert result.assd == pytest.approx((first.sum() + second.sum()) / (len(first) + len(second)))


@patient
@given(masks, masks)
def test_iou_is_dice_over_two_minus_dice(a: np.ndarray, b: np.ndarray) -> None:
    d = metrics.dice(a, b)
    np.testing.assert_allclose(metrics.iou(a, b), d / (2 - d))
    assert metrics.dice(b, a) == d or math.isnan(d)


def test_per_slice_dice_is_the_dice_of_each_slice() -> None:
    a = box((3, 4, 4), (0, 0, 0), (2, 2, 2))
    b = box((3, 4, 4), (1, 0, 0), (2, 2, 1))
    np.testing.assert_allclose(metrics.dice_per_slice(a, b), [0.0, 2 * 2 / (4 + 2), 0.0])
    np.testing.assert_allclose(metrics.iou_per_slice(a, b), [0.0, 0.5, 0.0])


def test_masks_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        metrics.dice(EMPTY, EMPTY[1:])


def test_curve_mae_averages_absolute_errors_over_the_phases() -> None:
    assert metrics.curve_mae((100, 200, 300, 400), (110, 180, 300, 370)) == pytest.approx(15.0)


def _surface_by_neighbours(mask: np.ndarray) -> np.ndarray:
    padded = np.pad(mask, 1)
    inside = np.ones_like(mask)
    for axis in range(3):
        for step in (-1, 1):
            inside &= np.roll(padded, step, axis=axis)[1:-1, 1:-1, 1:-1]
    return mask & ~inside
