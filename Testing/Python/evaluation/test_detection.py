"""Matching of lesions on small label maps whose outcome can be counted."""

from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.evaluation.detection import SIZE_BANDS, match_lesions, size_band


def line(*runs: tuple[int, int, int], length: int = 60) -> np.ndarray:
    """A label map along one axis; every run is (label, first, one past the last)."""
    labels = np.zeros((1, 1, length), dtype=np.uint8)
    for label, start, end in runs:
        labels[0, 0, start:end] = label
    return labels


def test_lesions_are_matched_by_overlap_whatever_their_numbers() -> None:
    truth = line((1, 0, 10), (2, 20, 30))
    found = line((7, 19, 29), (9, 0, 10))
    result = match_lesions(truth, found)
    assert [(m.truth, m.found) for m in result.matches] == [(1, 9), (2, 7)]
    assert [m.iou for m in result.matches] == pytest.approx([1.0, 9 / 11])
    assert result.missed == result.false_positives == ()


def test_nothing_true_and_nothing_found_is_an_empty_outcome() -> None:
    result = match_lesions(line(), line())
    assert result.matches == result.missed == result.false_positives == ()


def test_a_found_lesion_in_a_clean_study_is_a_false_positive() -> None:
    result = match_lesions(line(), line((3, 5, 8)))
    assert (result.missed, result.false_positives, result.fragments) == ((), (3,), ())


def test_an_overlooked_lesion_is_missed_and_not_merged() -> None:
    result = match_lesions(line((4, 5, 8)), line())
    assert (result.missed, result.merged, result.false_positives) == ((4,), (), ())


def test_overlap_of_exactly_the_minimum_counts_and_less_does_not() -> None:
    truth = line((1, 0, 10))
    exactly = line((1, 9, 10))  # IoU 1 / 10
    less = line((1, 9, 11))  # IoU 1 / 11
    assert match_lesions(truth, exactly).matches[0].iou == pytest.approx(0.1)
    assert match_lesions(truth, less).missed == (1,)
    assert match_lesions(truth, less).false_positives == (1,)


def test_a_lesion_found_in_two_pieces_is_one_hit_and_one_fragment() -> None:
    result = match_lesions(line((1, 0, 20)), line((1, 0, 8), (2, 9, 20)))
    assert [(m.truth, m.found) for m in result.matches] == [(1, 2)]
    assert result.false_positives == result.fragments == (1,)


def test_two_lesions_found_as_one_are_one_hit_and_one_merged_miss() -> None:
    result = match_lesions(line((1, 0, 10), (2, 12, 30)), line((1, 0, 30)))
    assert [(m.truth, m.found) for m in result.matches] == [(2, 1)]
    assert result.missed == result.merged == (1,)
    assert result.false_positives == ()


def test_the_best_assignment_is_taken_and_not_the_first_one() -> None:
    # Greedy by truth would give 1 -> 1 (IoU 10/22) and leave 2 with nothing better than IoU 6/20.
    truth = line((1, 0, 16), (2, 16, 30))
    found = line((1, 6, 22), (2, 0, 6))
    result = match_lesions(truth, found)
    pairs = {(m.truth, m.found): m.iou for m in result.matches}
    assert pairs == {(1, 2): pytest.approx(6 / 16), (2, 1): pytest.approx(6 / 24)}


def test_label_values_need_not_be_consecutive_or_small() -> None:
    truth = line((200, 0, 10)).astype(np.uint16) * 100
    result = match_lesions(truth, line((255, 0, 10)))
    assert [(m.truth, m.found) for m in result.matches] == [(20000, 255)]


def test_label_maps_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        match_lesions(line(), line(length=10))


@pytest.mark.parametrize(
    ("diameter", "band"),
    [(0.0, 0), (9.99, 0), (10.0, 1), (19.9, 1), (20.0, 2), (50.0, 2), (50.1, 3), (200.0, 3)],
)
def test_size_bands_begin_where_their_names_say(diameter: float, band: int) -> None:
    assert size_band(diameter) == SIZE_BANDS[band]
