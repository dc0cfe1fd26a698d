"""Answers about slices whose scores can be counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from MTINetLib.errors import MTINetError
from MTINetLib.experiment.judge import judge
from MTINetLib.systems.slice_answers import SliceAnswers
from MTINetLib.training.slice_store import SliceStore

SIDE = 32
CURVE = (0.5, 1.5, 1.0, 0.5)


def answers(
    store: SliceStore,
    mask: np.ndarray | None = None,
    curve: np.ndarray | None = None,
    probability: np.ndarray | None = None,
) -> SliceAnswers:
    return SliceAnswers(mask, curve, probability, store.classes if probability is not None else ())


def half_found(store: SliceStore) -> np.ndarray:
    """The left half of the first patient's lesion, nothing of the second, a mark in the healthy patient."""
    mask = np.zeros((len(store.entries), SIDE, SIDE), np.float16)
    mask[:2, 4:8, 4:6] = 0.9
    mask[8, 20:22, 20:22] = 0.9
    return mask


def test_overlaps_by_slice_are_those_of_the_pixels(store: SliceStore) -> None:
    slices = judge(store, answers(store, half_found(store))).slices
    # 8 of 16 pixels: 2 * 8 / (8 + 16), and 8 / 16.
    assert [row.dice for row in slices[:2]] == pytest.approx([2 / 3, 2 / 3])
    assert [row.iou for row in slices[:2]] == pytest.approx([0.5, 0.5])
    assert [row.tumour_px for row in slices] == [16, 16, 0, 16, 16, 0, 0, 0, 0]


def test_one_rule_holds_for_empty_masks(store: SliceStore) -> None:
    judged = judge(store, answers(store, half_found(store)))
    # Missed: 0. Healthy, marked or not: no overlap at all.
    assert [row.dice for row in judged.slices[3:5]] == [0.0, 0.0]
    assert all(math.isnan(judged.slices[n].dice) for n in (2, 5, 6, 7, 8))
    assert judged.slices[8].found_px == 4
    assert [row.found for row in judged.lesions] == [True, False]
    assert [row.dice for row in judged.lesions] == pytest.approx([2 / 3, 0.0])
    assert [row.dice for row in judged.patients[:2]] == pytest.approx([2 / 3, 0.0])
    assert math.isnan(judged.patients[2].dice)
    assert [row.false_marks for row in judged.patients] == [0, 0, 1]


def test_curves_are_compared_in_scanner_units_and_in_percent_of_the_scale(store: SliceStore) -> None:
    curve = np.tile(np.array(CURVE, np.float32), (len(store.entries), 1))
    curve[0] += (0.1, -0.1, 0.1, -0.1)
    curve[1] -= (0.1, -0.1, 0.1, -0.1)
    judged = judge(store, answers(store, curve=curve))
    # 0.1 of a scale of 200 scanner units.
    assert judged.slices[0].mae == pytest.approx(20.0, abs=0.2)
    assert judged.slices[0].mae_percent == pytest.approx(10.0, abs=0.1)
    # The mean curve of both slices is right again.
    assert judged.patients[0].mae_percent == pytest.approx(0.0, abs=0.1)
    assert judged.lesions[0].mae_percent == pytest.approx(0.0, abs=0.1)
    # A healthy slice has no curve, and a system without masks finds nothing by its nature.
    assert math.isnan(judged.slices[2].mae)
    assert judged.slices[0].found_px == -1
    assert judged.lesions[0].found is None


def test_classes_are_asked_of_tumour_slices_only(store: SliceStore) -> None:
    probability = np.tile(np.array([0.75, 0.25], np.float32), (len(store.entries), 1))
    probability[1] = (0.25, 0.75)
    judged = judge(store, answers(store, probability=probability))
    assert judged.slices[2].probabilities == ()
    assert [row.true_class for row in judged.slices[:4]] == ["hcc", "hcc", "", "hemangioma"]
    assert judged.patients[0].probabilities == pytest.approx((0.5, 0.5))
    assert judged.patients[2].true_class == ""


def test_answers_that_are_no_numbers_are_a_failure_and_no_missing_value(store: SliceStore) -> None:
    curve = np.full((len(store.entries), 4), np.nan, np.float32)
    with pytest.raises(MTINetError, match="no numbers"):
        judge(store, answers(store, curve=curve))


def test_a_class_that_a_system_never_met_has_no_probability(store: SliceStore) -> None:
    told = SliceAnswers(None, None, np.ones((len(store.entries), 1), np.float32), ("hemangioma",))
    assert judge(store, told).slices[0].probabilities == (0.0, 1.0)
    with pytest.raises(MTINetError, match="other classes"):
        judge(store, SliceAnswers(None, None, np.ones((len(store.entries), 1), np.float32), ("cyst",)))


def test_what_is_not_asked_needs_no_answer(store: SliceStore) -> None:
    curve = np.tile(np.array(CURVE, np.float32), (len(store.entries), 1))
    curve[2] = np.nan
    assert judge(store, answers(store, curve=curve)).slices[0].mae_percent == pytest.approx(0.0, abs=0.1)


def test_answers_about_other_slices_are_refused(store: SliceStore) -> None:
    with pytest.raises(MTINetError, match="3 of 9"):
        judge(store, answers(store, half_found(store)[:3]))
