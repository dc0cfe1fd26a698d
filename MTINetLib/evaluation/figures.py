"""From rows to figures with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from MTINetLib.evaluation import classification
from MTINetLib.evaluation.calibration import calibration, class_calibration, expected_error
from MTINetLib.evaluation.classification import ClassItem
from MTINetLib.evaluation.compare import CaseRow, LesionRow
from MTINetLib.evaluation.detection import SIZE_BANDS
from MTINetLib.evaluation.statistics import (
    Estimate,
    PatientBootstrap,
    Statistic,
    mean_of,
    median_of,
    poisson_rate,
    ratio_of,
    wilson,
)
from MTINetLib.study.lesion_class import OTHER, UNDECIDED, in_usual_order
from MTINetLib.study.phase import Phase

#: Groups of true lesions by size; the others are named after their class.
ALL_SIZES = ("all", ">=10 mm", *SIZE_BANDS)


@dataclass(frozen=True)
class Rows:
    """The rows of all cases that could be evaluated, with the bootstrap over their patients.

    ``phases`` are those of the enhancement curves; ``free_response`` is that of free_response.best_curve,
    empty without probability maps.
    """

    cases: Sequence[CaseRow]
    lesions: Sequence[LesionRow]
    bootstrap: PatientBootstrap
    phases: tuple[Phase, ...]
    classes: tuple[str, ...]
    free_response: tuple[Mapping[str, float], ...] = ()

    @classmethod
    def of(
        cls,
        cases: Sequence[CaseRow],
        lesions: Sequence[LesionRow],
        seed: int,
        phases: Sequence[Phase],
        classes: Sequence[str] = (),
    ) -> Rows:
        """Args:
        classes: that the model tells apart; those of the rows are taken as well.
        """
        done = [case for case in cases if not case.error]
        told = dict.fromkeys((*classes, *(name for row in lesions for name in row.probabilities)))
        bootstrap = PatientBootstrap([case.patient for case in done], seed)
        return cls(done, lesions, bootstrap, tuple(phases), tuple(told))

    def true_lesions(self) -> list[LesionRow]:
        return [row for row in self.lesions if row.outcome != "false_positive"]

    def over_lesions(
        self,
        statistic: Callable[[list[float]], Statistic],
        values: Sequence[float],
        rows: Sequence[LesionRow],
    ) -> Estimate:
        """A statistic over lesions' values, nan left out."""
        known = [
            (value, row.patient) for value, row in zip(values, rows, strict=True) if not math.isnan(value)
        ]
        return self.bootstrap.estimate(
            statistic([value for value, _ in known]), [patient for _, patient in known]
        )

    def over_cases(self, statistic: Statistic, rows: Sequence[CaseRow], n: int) -> Estimate:
        return self.bootstrap.estimate(statistic, [row.patient for row in rows], n)


def all_figures(rows: Rows) -> dict[str, Any]:
    """Every figure of an evaluation, as nested dicts of estimates and counts."""
    return {
        "lesions": {name: lesion_figures(rows, group) for name, group in lesion_groups(rows).items()},
        "detection": detection_figures(rows),
        "classification": {
            "all": class_figures(rows, rows.true_lesions()),
            ">=10 mm": class_figures(rows, [row for row in rows.true_lesions() if row.long_axis_mm >= 10.0]),
        },
        "curves": curve_figures(rows),
        "studies": study_figures(rows),
        "liver": liver_figures(rows),
        "lesion_probability": lesion_probability_figures(rows),
        "free_response": {"curve": list(rows.free_response)},
    }


def lesion_groups(rows: Rows) -> dict[str, list[LesionRow]]:
    """True lesions: all, from 10 mm up, by size band, by class."""
    true = rows.true_lesions()
    large = [row for row in true if row.long_axis_mm >= 10.0]
    of_bands = [[row for row in true if row.size_band == band] for band in SIZE_BANDS]
    groups = dict(zip(ALL_SIZES, (true, large, *of_bands), strict=True))
    others = {row.true_class for row in true if row.true_class is not None} - set(rows.classes)
    for name in (*rows.classes, *in_usual_order(others)):
        groups[name] = [row for row in true if row.true_class == name]
    return groups


def lesion_figures(rows: Rows, lesions: Sequence[LesionRow]) -> dict[str, Any]:
    """Sensitivity, overlap, distances and volumes of a group of true lesions.

    ``dice_median`` counts missed lesions as 0; the figures ``of_matched`` leave them out.
    """
    matched = [row for row in lesions if row.outcome == "matched"]
    errors = [abs(row.relative_volume_error) for row in matched]
    return {
        "lesions": len(lesions),
        "matched": len(matched),
        "merged": sum(row.detail == "merged" for row in lesions),
        "sensitivity": wilson(len(matched), len(lesions)),
        "sensitivity_by_patient": rows.over_lesions(
            mean_of, [float(row.outcome == "matched") for row in lesions], lesions
        ),
        "dice_median": rows.over_lesions(median_of, [row.dice for row in lesions], lesions),
        "dice_mean": rows.over_lesions(mean_of, [row.dice for row in lesions], lesions),
        "dice_median_of_matched": rows.over_lesions(median_of, [row.dice for row in matched], matched),
        "dice_mean_of_matched": rows.over_lesions(mean_of, [row.dice for row in matched], matched),
        "iou_median": rows.over_lesions(median_of, [row.iou for row in lesions], lesions),
        "hd95_mm_median_of_matched": rows.over_lesions(median_of, [row.hd95_mm for row in matched], matched),
        "assd_mm_median_of_matched": rows.over_lesions(median_of, [row.assd_mm for row in matched], matched),
        "volume_error_median_of_matched": rows.over_lesions(
            median_of, [row.relative_volume_error for row in matched], matched
        ),
        "absolute_volume_error_median_of_matched": rows.over_lesions(median_of, errors, matched),
    }


def detection_figures(rows: Rows) -> dict[str, Any]:
    """False positives and precision; studies of class none apart."""
    clean = [row for row in rows.cases if row.true_lesions == 0]
    found = sum(row.found_lesions for row in rows.cases)
    return {
        "studies": len(rows.cases),
        "false_positives": sum(row.false_positives for row in rows.cases),
        "fragments_among_them": sum(row.fragments for row in rows.cases),
        "false_positives_per_study": poisson_rate(
            sum(row.false_positives for row in rows.cases), len(rows.cases)
        ),
        "false_positives_per_study_by_patient": rows.over_cases(
            mean_of([float(row.false_positives) for row in rows.cases]), rows.cases, len(rows.cases)
        ),
        "precision": wilson(sum(row.matched for row in rows.cases), found),
        "studies_without_lesions": len(clean),
        "clean_among_them": wilson(sum(row.false_positives == 0 for row in clean), len(clean)),
        "false_positives_per_study_without_lesions": poisson_rate(
            sum(row.false_positives for row in clean), len(clean)
        ),
    }


def class_figures(rows: Rows, lesions: Sequence[LesionRow]) -> dict[str, Any]:
    """How well the matched lesions' classes were told; AUC, Brier and ECE count the undecided too."""
    items = class_items(lesions, rows.classes)
    patients = [item.patient for item in items]
    decided, right = classification.decided(items), classification.correct(items)
    # Of one class alone, always answering it would be right: an accuracy says nothing.
    one_class = len({item.truth for item in items}) == 1
    accuracy_of = 0 if one_class else 1
    per_class = {
        name: wilson(
            sum(item.answer == name for item in items if item.truth == name),
            sum(item.truth == name and item.answer != UNDECIDED for item in items),
        )
        for name in rows.classes
    }
    told = classification.of_told_classes(items)
    return {
        "lesions": len(items),
        "one_class_only": one_class,
        "accuracy_of_decided": wilson(int(right.sum()), accuracy_of * int(decided.sum())),
        "accuracy_of_decided_by_patient": rows.bootstrap.estimate(
            ratio_of(right.astype(float), accuracy_of * decided.astype(float)),
            patients,
            accuracy_of * int(decided.sum()),
        ),
        "accuracy_undecided_counted_wrong": wilson(int(right.sum()), accuracy_of * len(items)),
        "coverage": wilson(int(decided.sum()), len(items)),
        "undecided_share": wilson(len(items) - int(decided.sum()), len(items)),
        "recall_of_decided": per_class,
        "confusion": classification.confusion(items, rows.classes),
        "others_given_a_class": _others_given_a_class(items, rows.classes),
        "calibration": class_calibration(told),
        **_probability_figures(rows, told),
    }


def _others_given_a_class(items: Sequence[ClassItem], classes: Sequence[str]) -> Estimate:
    """Of lesions that are none of the model's classes (or ``other``), those that are called one of them."""
    named = [name for name in classes if name != OTHER]
    others = [item for item in items if item.truth not in named]
    return wilson(sum(item.answer in named for item in others), len(others))


def liver_figures(rows: Rows) -> dict[str, Any]:
    """Dice and volume error of the liver, over the studies whose truth tells it.

    Without any liver found there is nothing to judge: the model does not tell it.
    """
    told = [row for row in rows.cases if not math.isnan(row.liver_ml)]
    if not any(row.found_liver_ml > 0 for row in told):
        told = []
    dice = [row.liver_dice for row in told]
    errors = [row.found_liver_ml / row.liver_ml - 1.0 for row in told]
    return {
        "studies": len(told),
        "dice_mean": rows.over_cases(mean_of(dice), told, len(told)),
        "dice_median": rows.over_cases(median_of(dice), told, len(told)),
        "dice_lowest": min(dice, default=float("nan")),
        "volume_error_median": rows.over_cases(median_of(errors), told, len(told)),
        "absolute_volume_error_median": rows.over_cases(median_of(list(map(abs, errors))), told, len(told)),
    }


def lesion_probability_figures(rows: Rows) -> dict[str, Any]:
    """How well the probability of being a lesion is calibrated, over all found lesions."""
    found = [row for row in rows.lesions if not math.isnan(row.lesion_probability)]
    bins = calibration([row.lesion_probability for row in found], [row.outcome == "matched" for row in found])
    return {"lesions": len(found), "ece": expected_error(bins), "calibration": bins}


def _probability_figures(rows: Rows, items: Sequence[ClassItem]) -> dict[str, Any]:
    """AUC, of more than two classes also of each against the rest; Brier score; calibration error."""
    classes, patients = rows.classes, [item.patient for item in items]

    def estimate(statistic: Statistic) -> Estimate:
        return rows.bootstrap.estimate(statistic, patients)

    of_each = {name: estimate(classification.auc_of(items, name)) for name in classes}
    return {
        "auc": estimate(classification.mean_auc_of(items, classes)),
        **({"auc_against_the_rest": of_each} if len(classes) > 2 else {}),
        "brier": estimate(classification.brier_of(items, classes)),
        "ece": estimate(classification.ece_of(items, classes)),
    }


def class_items(lesions: Sequence[LesionRow], classes: Sequence[str]) -> list[ClassItem]:
    """The matched lesions of a known class with an answer.

    A class that is not told apart is ``other`` where that was learnt. A lesion whose class nobody was asked
    has no answer; an answer may come without probabilities.
    """
    items = []
    for row in lesions:
        if row.outcome != "matched" or row.answer is None or row.true_class is None:
            continue
        if row.answer == UNDECIDED and not row.probabilities:
            continue
        told = row.probabilities or classes
        truth = row.true_class if row.true_class in told or OTHER not in told else OTHER
        items.append(ClassItem(row.patient, truth, row.answer, row.probabilities))
    return items


def curve_figures(rows: Rows) -> dict[str, Any]:
    """Mean absolute errors of the curves of matched lesions against the curve in the true mask.

    In the scanner's units, and in percent of the study's intensity scale so that studies of different
    gain count alike; ``predicted_to_measured`` compares the network's curve with the one in its own mask.
    """
    matched = [row for row in rows.lesions if row.outcome == "matched"]
    figures: dict[str, Any] = {}
    for name in ("measured", "predicted", "predicted_to_measured"):
        values = [getattr(row, f"{name}_mae") for row in matched]
        percent = [100.0 * value / row.scale_width for value, row in zip(values, matched, strict=True)]
        figures[f"{name}_mae"] = rows.over_lesions(mean_of, values, matched)
        figures[f"{name}_mae_percent_of_scale"] = rows.over_lesions(mean_of, percent, matched)
        figures[f"{name}_mae_percent_of_scale_median"] = rows.over_lesions(median_of, percent, matched)
    figures["predicted_mae_percent_of_scale_by_phase"] = {
        phase.value: rows.over_lesions(mean_of, [_percent_error(row, place) for row in matched], matched)
        for place, phase in enumerate(rows.phases)
    }
    return figures


def study_figures(rows: Rows) -> dict[str, Any]:
    """Overlap per study (all lesion voxels together) and per tumour-bearing slice (averaged per study)."""
    bearing = [row for row in rows.cases if row.true_lesions]

    def mean(values: list[float]) -> Estimate:
        return rows.over_cases(mean_of(values), bearing, len(bearing))

    return {
        "dice_mean_per_study": mean([row.dice for row in bearing]),
        "dice_median_per_study": rows.over_cases(
            median_of([row.dice for row in bearing]), bearing, len(bearing)
        ),
        "iou_mean_per_study": mean([row.iou for row in bearing]),
        "dice_mean_per_tumour_slice_per_study": mean([row.dice_per_slice for row in bearing]),
        "iou_mean_per_tumour_slice_per_study": mean([row.iou_per_slice for row in bearing]),
        "volume_error_ml_mean_per_study": mean([row.volume_error_ml for row in bearing]),
        "load_s_median": rows.over_cases(
            median_of([r.load_s for r in rows.cases]), rows.cases, len(rows.cases)
        ),
        "analyze_s_median": rows.over_cases(
            median_of([row.analyze_s for row in rows.cases]), rows.cases, len(rows.cases)
        ),
    }


def plain(figures: Any) -> Any:
    """Figures for JSON: estimates as dicts, numbers that are not finite as None."""
    if isinstance(figures, Estimate):
        return plain(asdict(figures))
    if isinstance(figures, dict):
        return {key: plain(value) for key, value in figures.items()}
    if isinstance(figures, (list, tuple)):
        return [plain(value) for value in figures]
    return None if isinstance(figures, float) and not math.isfinite(figures) else figures


def _percent_error(row: LesionRow, place: int) -> float:
    if row.true_curve is None or row.predicted_curve is None:
        return float("nan")
    return 100.0 * abs(row.predicted_curve[place] - row.true_curve[place]) / row.scale_width
