"""One case compared with its truth, on the hand-made study."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_analysis, made_labels, made_study

from MTINetLib.dataset.folder import DatasetCase
from MTINetLib.evaluation.compare import Comparison, compare, long_axis_mm
from MTINetLib.evaluation.truth import Truth
from MTINetLib.study.normalise import estimate_scale
from MTINetLib.study.phase import FOUR_PHASES, Phase

CASE = DatasetCase(
    "case-1",
    "patient-1",
    "hcc",
    {phase: Path(phase.value) for phase in FOUR_PHASES},
    None,
    {1: "hcc", 2: "hemangioma"},
)
STUDY = made_study()
ANALYSIS = made_analysis(STUDY)
LABELS = made_labels(STUDY.grid).astype(np.uint16)
CLEAN = np.zeros_like(LABELS)


def compared(truth: np.ndarray, found: np.ndarray) -> Comparison:
    return compare(CASE, STUDY, Truth(truth, resampled=False), found, ANALYSIS.findings.lesions)


def test_findings_equal_to_the_truth_are_perfect_in_every_figure() -> None:
    result = compared(LABELS, ANALYSIS.labels)
    assert [row.outcome for row in result.lesions] == ["matched", "matched"]
    for row in result.lesions:
        assert (row.dice, row.iou, row.hd95_mm, row.assd_mm) == (1.0, 1.0, 0.0, 0.0)
        assert row.measured_mae == row.volume_error_ml == row.relative_volume_error == 0.0
        assert row.answer == row.true_class
    assert (result.case.dice, result.case.dice_per_slice, result.case.false_positives) == (1.0, 1.0, 0)


def test_curves_are_compared_in_scanner_units() -> None:
    row = compared(LABELS, ANALYSIS.labels).lesions[0]
    inside = STUDY.volumes[:, LABELS == 1].astype(np.float64)
    expected = inside.mean(axis=1)
    assert row.true_curve == pytest.approx(expected)
    # The made prediction is 4 % above the measured curve in each phase.
    assert row.predicted_mae == pytest.approx(0.04 * expected.mean())
    assert row.predicted_to_measured_mae == pytest.approx(0.04 * expected.mean())
    assert row.scale_width == estimate_scale(STUDY.phase(Phase.PRE)).width


def test_volumes_are_voxels_times_voxel_volume() -> None:
    row = compared(LABELS, ANALYSIS.labels).lesions[1]
    assert row.true_volume_ml == pytest.approx((LABELS == 2).sum() * 3.4 * 3.6 * 5.0 / 1000)


def test_a_missed_lesion_has_the_worst_overlap_and_no_curve_errors() -> None:
    found = np.where(LABELS == 1, 1, 0).astype(np.uint8)
    row = compared(LABELS, found).lesions[1]
    assert (row.outcome, row.truth_label, row.found_label, row.answer) == ("missed", 2, None, None)
    assert (row.dice, row.hd95_mm, row.relative_volume_error) == (0.0, math.inf, -1.0)
    assert math.isnan(row.measured_mae)
    assert math.isnan(row.predicted_mae)
    assert row.probabilities == {}


def test_a_finding_in_a_clean_study_is_a_false_positive_with_its_own_size() -> None:
    result = compared(CLEAN, ANALYSIS.labels)
    row = result.lesions[0]
    assert (row.outcome, row.true_class, row.truth_label, row.found_label) == (
        "false_positive",
        None,
        None,
        1,
    )
    assert row.true_volume_ml == 0.0
    assert row.long_axis_mm == pytest.approx(long_axis_mm(ANALYSIS.labels == 1, STUDY.grid.spacing))
    assert math.isnan(result.case.dice_per_slice)
    assert (result.case.dice, result.case.true_lesions, result.case.tumour_slices) == (0.0, 0, 0)


def test_a_clean_study_found_clean_has_no_overlap_to_speak_of() -> None:
    result = compared(CLEAN, CLEAN.astype(np.uint8))
    assert result.lesions == ()
    assert math.isnan(result.case.dice)


def test_a_case_without_lesion_classes_takes_the_class_of_the_case() -> None:
    case = replace(CASE, lesion_classes={}, case_class="hemangioma")
    result = compare(case, STUDY, Truth(LABELS, resampled=True), ANALYSIS.labels, ANALYSIS.findings.lesions)
    assert {row.true_class for row in result.lesions} == {"hemangioma"}
    assert result.case.mask_resampled


def test_labels_far_apart_in_value_find_their_own_boxes() -> None:
    truth = np.where(LABELS == 2, 9, 0).astype(np.uint16)
    result = compared(truth, ANALYSIS.labels)
    assert {(row.outcome, row.truth_label, row.found_label) for row in result.lesions} == {
        ("matched", 9, 2),
        ("false_positive", None, 1),
    }


def test_long_axis_counts_from_edge_to_edge_in_mm() -> None:
    mask = np.zeros((3, 10, 10), dtype=bool)
    mask[1, 4, 2:7] = True
    assert long_axis_mm(mask, (2.0, 1.0, 5.0)) == pytest.approx(10.0)
    mask[2, 1:9, 3] = True
    assert long_axis_mm(mask, (0.1, 3.0, 5.0)) == pytest.approx(24.0)
    assert long_axis_mm(np.zeros((3, 10, 10), dtype=bool), (1.0, 1.0, 1.0)) == 0.0


@pytest.mark.parametrize("diameter", [12.0, 37.0])
def test_long_axis_of_a_disc_is_its_diameter(diameter: float) -> None:
    y, x = np.mgrid[-25:25:0.5, -25:25:0.5] + 0.25
    disc = (np.hypot(y, x) <= diameter / 2)[None]
    assert long_axis_mm(disc, (0.5, 0.5, 3.0)) == pytest.approx(diameter, abs=0.75)


def test_the_long_axis_lies_within_one_slice() -> None:
    mask = np.ones((30, 2, 2), dtype=bool)
    assert long_axis_mm(mask, (1.0, 1.0, 10.0)) < 4.0
