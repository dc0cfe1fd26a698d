from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.inference.lesions import bounding_box, find_lesions, grown_box, lesion_boxes
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.study.grid import Grid

GRID = Grid((12, 40, 50), (1.0, 1.0, 2.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
KEEP_ALL = Thresholds(smallest_mm3=0)


def empty() -> np.ndarray:
    return np.full(GRID.shape, 0.01, dtype=np.float32)


def test_lesions_are_numbered_by_volume() -> None:
    probability = empty()
    probability[1:3, 2:6, 2:6] = 0.9  # 32 voxels
    probability[5:9, 10:20, 30:40] = 0.8  # 400 voxels
    probability[5:7, 30:36, 3:9] = 0.7  # 72 voxels
    labels = find_lesions(probability, GRID, KEEP_ALL)
    assert labels.dtype == np.uint8
    assert np.bincount(labels.ravel())[1:].tolist() == [400, 72, 32]
    assert (labels[6, 15, 35], labels[6, 33, 5], labels[2, 4, 4]) == (1, 2, 3)


def test_specks_are_dropped_by_cubic_millimetres() -> None:
    probability = empty()
    probability[3, 4:6, 4:8] = 0.9  # 8 voxels of 2 mm3
    probability[6, 20:25, 20:25] = 0.9  # 25 voxels
    assert find_lesions(probability, GRID, Thresholds(smallest_mm3=17)).max() == 1
    assert find_lesions(probability, GRID, Thresholds(smallest_mm3=16)).max() == 2


def test_a_lesion_may_be_asked_to_span_several_slices() -> None:
    probability = empty()
    probability[3, 4:14, 4:14] = 0.9
    probability[6:8, 20:25, 20:25] = 0.9
    labels = find_lesions(probability, GRID, Thresholds(smallest_mm3=0, min_slices=2))
    assert labels.max() == 1
    assert labels[6, 22, 22] == 1


def test_a_component_that_is_unsure_throughout_is_dropped_and_one_sure_inside_is_kept_whole() -> None:
    probability = np.zeros(GRID.shape, dtype=np.float32)
    probability[2:6, 2:8, 2:8] = 0.65
    probability[2:6, 12:18, 12:18] = 0.65
    probability[2:6, 13:17, 13:17] = 0.99
    labels = find_lesions(probability, GRID, Thresholds(mask=0.6, peak=0.6, mean=0.75))
    assert not labels[2:6, 2:8, 2:8].any()
    assert (labels[2:6, 12:18, 12:18] == 1).all()


def test_a_component_without_a_peak_is_dropped_and_one_with_it_kept_whole() -> None:
    probability = empty()
    probability[3:5, 4:14, 4:14] = 0.5
    probability[8:10, 20:30, 20:30] = 0.5
    probability[9, 25, 25] = 0.9
    labels = find_lesions(probability, GRID, Thresholds(mask=0.4, peak=0.8))
    assert labels.max() == 1
    assert (labels == 1).sum() == 200


def test_lesions_that_meet_at_an_edge_stay_two() -> None:
    probability = empty()
    probability[3, 5:10, 5:10] = 0.9
    probability[3, 10:14, 10:14] = 0.9
    assert find_lesions(probability, GRID, KEEP_ALL).max() == 2


def test_more_lesions_than_eight_bits_hold() -> None:
    probability = empty()
    probability[::2, ::4, ::2] = 0.9
    labels = find_lesions(probability, GRID, KEEP_ALL)
    assert labels.dtype == np.uint16
    assert labels.max() == 6 * 10 * 25


def test_nothing_found_is_an_empty_map() -> None:
    labels = find_lesions(empty(), GRID, KEEP_ALL)
    assert not labels.any()
    assert lesion_boxes(labels) == {}


def test_boxes_fit_tightly_and_skip_missing_labels() -> None:
    labels = np.zeros(GRID.shape, dtype=np.uint8)
    labels[2:4, 5:7, 8:9] = 4
    assert lesion_boxes(labels) == {4: (slice(2, 4), slice(5, 7), slice(8, 9))}


@pytest.mark.parametrize("seed", range(5))
def test_the_bounding_box_is_that_of_all_voxels(seed: int) -> None:
    mask = np.random.default_rng(seed).random((9, 8, 7)) > 0.99
    mask[3, 4, 5] = True
    kji = np.argwhere(mask)
    expected = tuple(slice(int(a), int(b) + 1) for a, b in zip(kji.min(0), kji.max(0), strict=True))
    assert bounding_box(mask) == expected


def test_no_voxels_have_no_box() -> None:
    assert bounding_box(np.zeros((2, 3, 4), dtype=bool)) is None


def test_a_grown_box_stays_in_the_volume() -> None:
    box = (slice(0, 2), slice(3, 5), slice(6, 7))
    assert grown_box(box, (1, 2, 3), (4, 6, 8)) == (slice(0, 3), slice(1, 6), slice(3, 8))
