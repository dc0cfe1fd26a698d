"""Figures and tables from rows whose outcome is known."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from MTINetLib.evaluation.compare import CaseRow, LesionRow
from MTINetLib.evaluation.detection import size_band
from MTINetLib.evaluation.figures import Rows, all_figures, plain
from MTINetLib.evaluation.statistics import Estimate
from MTINetLib.evaluation.tables import _class_table, _lesion_table, interval, percent
from MTINetLib.study.phase import FOUR_PHASES

NAN = math.nan
CURVE = (100.0, 200.0, 180.0, 150.0)
HIT = LesionRow(
    case="a",
    patient="p",
    outcome="matched",
    detail="",
    truth_label=1,
    found_label=1,
    true_class="hcc",
    answer="hcc",
    probabilities={"hcc": 0.9, "hemangioma": 1 - 0.9},
    size_band="10-20 mm",
    long_axis_mm=15.0,
    true_volume_ml=1.0,
    found_volume_ml=1.1,
    iou=0.6,
    dice=0.75,
    hd95_mm=2.0,
    assd_mm=0.5,
    volume_error_ml=0.1,
    relative_volume_error=0.1,
    true_curve=CURVE,
    measured_curve=CURVE,
    predicted_curve=(110.0, 200.0, 180.0, 150.0),
    measured_mae=0.0,
    predicted_mae=2.5,
    predicted_to_measured_mae=2.5,
    scale_width=500.0,
)


def hit(patient: str, long_axis_mm: float = 15.0, **changes: object) -> LesionRow:
    band = size_band(long_axis_mm)
    return replace(HIT, case=patient, patient=patient, long_axis_mm=long_axis_mm, size_band=band, **changes)  # type: ignore[arg-type]


def missed(patient: str, long_axis_mm: float) -> LesionRow:
    return hit(
        patient, long_axis_mm, outcome="missed", found_label=None, answer=None, probabilities={},
        dice=0.0, iou=0.0, hd95_mm=math.inf, assd_mm=math.inf, relative_volume_error=-1.0,
        measured_curve=None,
        predicted_curve=None, measured_mae=NAN, predicted_mae=NAN, predicted_to_measured_mae=NAN,
    )  # fmt: skip


def invention(patient: str) -> LesionRow:
    return hit(patient, outcome="false_positive", truth_label=None, true_class=None, dice=0.0, iou=0.0)


LESIONS = [
    hit("a", 15.0, dice=0.8),
    hit("a", 30.0, dice=0.9, answer="undecided", probabilities={"hcc": 0.6, "hemangioma": 1 - 0.6}),
    hit(
        "b",
        60.0,
        dice=0.7,
        true_class="hemangioma",
        answer="hemangioma",
        probabilities={"hcc": 0.2, "hemangioma": 1 - 0.2},
    ),
    missed("c", 8.0),
    invention("d"),
    invention("d"),
]
CASES = [
    CaseRow(
        "a", "a", "hcc", true_lesions=2, found_lesions=2, matched=2, dice=0.85, iou=0.74, dice_per_slice=0.8
    ),
    CaseRow("b", "b", "hemangioma", true_lesions=1, found_lesions=1, matched=1, dice=0.7, iou=0.54),
    CaseRow("c", "c", "hcc", true_lesions=1, dice=0.0, iou=0.0),
    CaseRow("d", "d", "none", found_lesions=2, false_positives=2, dice=0.0, iou=0.0),
    CaseRow("e", "e", "none"),
    CaseRow("f", "f", "none", error="broken"),
]
FIGURES = all_figures(Rows.of(CASES, LESIONS, seed=1, phases=FOUR_PHASES))


def test_a_missed_lesion_lowers_the_median_dice_unless_the_name_says_matched() -> None:
    group = FIGURES["lesions"]["all"]
    assert group["dice_median"].value == pytest.approx((0.7 + 0.8) / 2)
    assert group["dice_median_of_matched"].value == pytest.approx(0.8)
    assert (group["sensitivity"].value, group["sensitivity"].n) == (0.75, 4)


def test_groups_hold_the_lesions_of_their_size_and_class() -> None:
    counts = {name: group["lesions"] for name, group in FIGURES["lesions"].items()}
    assert counts == {
        "all": 4, ">=10 mm": 3, "<10 mm": 1, "10-20 mm": 1, "20-50 mm": 1, ">50 mm": 1,
        "hcc": 3, "hemangioma": 1,
    }  # fmt: skip
    assert FIGURES["lesions"]["<10 mm"]["sensitivity"].value == 0.0
    assert math.isnan(FIGURES["lesions"]["<10 mm"]["dice_median_of_matched"].value)


def test_false_positives_count_per_study_and_clean_studies_apart() -> None:
    detection = FIGURES["detection"]
    assert detection["studies"] == 5  # the broken one counts nowhere
    assert detection["false_positives_per_study"].value == pytest.approx(2 / 5)
    assert detection["false_positives_per_study_by_patient"].value == pytest.approx(2 / 5)
    assert detection["precision"].value == pytest.approx(3 / 5)
    assert (detection["clean_among_them"].value, detection["studies_without_lesions"]) == (0.5, 2)


def test_accuracy_counts_the_decided_and_stands_beside_the_coverage() -> None:
    figures = FIGURES["classification"]["all"]
    assert (figures["accuracy_of_decided"].value, figures["accuracy_of_decided"].n) == (1.0, 2)
    assert figures["coverage"].value == pytest.approx(2 / 3)
    assert figures["undecided_share"].value == pytest.approx(1 / 3)
    assert figures["accuracy_undecided_counted_wrong"].value == pytest.approx(2 / 3)
    assert figures["confusion"]["hcc"] == {"hcc": 1, "hemangioma": 0, "undecided": 1}
    assert figures["auc"].value == 1.0


@pytest.mark.parametrize("truth", ["hcc", "hemangioma"])
def test_of_one_class_alone_the_tables_say_that_no_accuracy_is_defined(truth: str) -> None:
    found = [hit("a", true_class=truth, answer=truth), hit("b", 30.0, true_class=truth, answer=truth)]
    studies = [CaseRow(name, name, truth, true_lesions=1, found_lesions=1, matched=1) for name in "ab"]
    figures = all_figures(Rows.of(studies, found, seed=1, phases=FOUR_PHASES))
    assert math.isnan(figures["classification"]["all"]["accuracy_of_decided"].value)
    text = "\n".join(_class_table(figures["classification"]))
    lines = [line for line in text.splitlines() if line.startswith("| Accuracy")]
    assert len(lines) == 2
    for line in lines:
        assert line.split("|")[2].strip() == "not defined, one class only"
    both = "\n".join(_class_table(FIGURES["classification"]))
    assert "not defined" not in next(line for line in both.splitlines() if "Accuracy" in line).split("|")[2]


def test_the_tables_call_classes_as_people_do() -> None:
    rows = [line for line in _lesion_table(FIGURES["lesions"]) if line.startswith("|")]
    assert [row.split("|")[1].strip() for row in rows[-3:]] == [">50 mm", "HCC", "Hemangioma"]
    classes = _class_table(FIGURES["classification"])
    head = next(number for number, line in enumerate(classes) if line.startswith("| True class"))
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in classes[head : head + 4]]
    assert cells[0] == ["True class", "answered HCC", "answered hemangioma", "answered undecided"]
    assert [row[0] for row in cells[2:]] == ["HCC", "Hemangioma"]


def test_curve_errors_come_in_scanner_units_and_in_percent_of_the_scale() -> None:
    curves = FIGURES["curves"]
    assert curves["predicted_mae"].value == pytest.approx(2.5)
    assert curves["predicted_mae_percent_of_scale"].value == pytest.approx(0.5)
    by_phase = curves["predicted_mae_percent_of_scale_by_phase"]
    assert [by_phase[phase].value for phase in ("pre", "arterial")] == pytest.approx([2.0, 0.0])
    assert (curves["measured_mae"].value, curves["measured_mae"].n) == (0.0, 3)


def test_studies_without_lesions_do_not_enter_overlaps_per_study() -> None:
    assert FIGURES["studies"]["dice_mean_per_study"].value == pytest.approx((0.85 + 0.7 + 0.0) / 3)


def test_intervals_hold_their_values() -> None:
    many = [replace(row, patient=f"{row.patient}{n}") for n in range(4) for row in LESIONS]
    studies = [replace(row, patient=f"{row.patient}{n}") for n in range(4) for row in CASES]
    found = [
        *_estimates(FIGURES),
        *_estimates(all_figures(Rows.of(studies, many, seed=1, phases=FOUR_PHASES))),
    ]
    assert sum(math.isfinite(estimate.low) for estimate in found) > 80
    for estimate in found:
        if math.isfinite(estimate.value) and math.isfinite(estimate.low):
            assert estimate.low <= estimate.value + 1e-12
            assert estimate.value <= estimate.high + 1e-12


def test_the_same_rows_and_seed_give_the_same_figures() -> None:
    assert plain(all_figures(Rows.of(CASES, LESIONS, seed=1, phases=FOUR_PHASES))) == plain(FIGURES)


def test_figures_are_strict_json_whatever_is_unknown() -> None:
    nothing = all_figures(Rows.of([CASES[4]], [], seed=0, phases=FOUR_PHASES, classes=("hcc", "hemangioma")))
    text = json.dumps(plain(nothing), allow_nan=False)
    assert json.loads(text)["lesions"]["all"]["dice_median"]["value"] is None


def test_tables_show_a_dash_where_nothing_is_known_and_percent_where_they_say_so() -> None:
    assert interval(Estimate(NAN, NAN, NAN, 0, "none")) == "-"
    assert interval(Estimate(1.5, NAN, NAN, 3, "none")) == "1.50"
    assert percent(Estimate(0.9, 0.825, 0.95, 40, "Wilson")) == "90.0 (82.5 to 95.0)"


def _estimates(figures: object) -> list[Estimate]:
    if isinstance(figures, Estimate):
        return [figures]
    if isinstance(figures, dict):
        return [item for value in figures.values() for item in _estimates(value)]
    return []


def test_others_that_get_a_class_are_counted_apart() -> None:
    rows = [
        hit("a", true_class="icc", answer="hcc"),
        hit("b", true_class="icc", answer="undecided"),
        hit("c", true_class="hcc", answer="hcc"),
        hit("d", true_class="other", answer="hemangioma"),
    ]
    cases = [CaseRow(n, n, "hcc") for n in "abcd"]
    figures = all_figures(Rows.of(cases, rows, 0, FOUR_PHASES, ("hcc", "hemangioma")))
    share = figures["classification"]["all"]["others_given_a_class"]
    assert (share.value, share.n) == (pytest.approx(2 / 3), 3)
