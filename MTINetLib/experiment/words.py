"""Titles of experiments, figures and columns, and numbers as the tables write them."""

from __future__ import annotations

import datetime
import math

from MTINetLib.experiment.estimate import in_words
from MTINetLib.experiment.plan import Plan, PlannedRun
from MTINetLib.experiment.scores import RunResult
from MTINetLib.experiment.summary import Comparison, Figure
from MTINetLib.presentation.counts import counted

TITLES = {
    "segmentation": "Table 1. Segmentation",
    "regression": "Table 2. Dynamic enhancement regression",
    "classification": "Figure 4. Classification",
    "ablation": "Table 3. What each part of MTI-Net adds",
    "tasks": "Table 4. What the tasks give each other",
}
COST_TITLE = "What the systems take"
TESTS_TITLE = "Tests against MTI-Net"

#: By name of a figure: the head of its column.
FIGURE_TITLES = {
    "dice_slice": "DSC, %, by slice",
    "iou_slice": "IoU, %, by slice",
    "dice_patient": "DSC, %, by patient",
    "iou_patient": "IoU, %, by patient",
    "dice_lesion": "DSC, %, by lesion",
    "sensitivity": "Lesions found, %",
    "false_marks": "False marks a study",
    "marked_healthy": "Healthy slices marked, %",
    "mae_slice": "MAE by slice, scanner units",
    "mae_percent_slice": "MAE by slice, % of scale",
    "mae_lesion": "MAE by lesion, scanner units",
    "mae_percent_lesion": "MAE by lesion, % of scale",
    "mae_patient": "MAE by patient, scanner units",
    "mae_percent_patient": "MAE by patient, % of scale",
    "accuracy_slice": "Accuracy, %, by slice",
    "accuracy_lesion": "Accuracy, %, by lesion",
    "accuracy_patient": "Accuracy, %, by patient",
}
PRINTED_TITLES = {"dsc": "DSC, %", "iou": "IoU, %", "mae": "MAE", "accuracy": "Accuracy, %"}
PAPER = "paper: "
_AS_THEY_ARE = ("mae_slice", "mae_lesion", "mae_patient", "false_marks")
_IN_PERCENT_ALREADY = ("mae_percent_slice", "mae_percent_lesion", "mae_percent_patient")
#: Of yes and no: a standard deviation tells nothing more.
_SHARES = ("sensitivity", "marked_healthy", "accuracy_slice", "accuracy_lesion", "accuracy_patient")
_NO_FIGURE = "-"


def figure_in_words(name: str, figure: Figure | None) -> str:
    """``81.2 ± 12.3 (78.1 to 84.0)``; a dash for none."""
    if figure is None or not math.isfinite(figure.estimate.value):
        return _NO_FIGURE
    factor, digits = _scale(name)
    estimate = figure.estimate
    text = f"{factor * estimate.value:.{digits}f}"
    if math.isfinite(figure.sd) and name not in _SHARES:
        text += f" ± {factor * figure.sd:.{digits}f}"
    return text + _interval(estimate.low, estimate.high, factor, digits)


def difference_in_words(comparison: Comparison) -> str:
    """``-4.1 (-7.0 to -1.2)``."""
    factor, digits = _scale(comparison.figure)
    estimate = comparison.difference
    return f"{factor * estimate.value:+.{digits}f}" + _interval(estimate.low, estimate.high, factor, digits)


def _interval(low: float, high: float, factor: float, digits: int) -> str:
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f" ({factor * low:.{digits}f} to {factor * high:.{digits}f})"


def _scale(name: str) -> tuple[float, int]:
    if name in _AS_THEY_ARE:
        return 1.0, 2 if name == "false_marks" else 1
    return (1.0, 1) if name in _IN_PERCENT_ALREADY else (100.0, 1)


def p_in_words(p: float) -> str:
    """Three digits; a dash for none."""
    if math.isnan(p):
        return _NO_FIGURE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def effect_in_words(effect: float) -> str:
    """With its sign."""
    return _NO_FIGURE if math.isnan(effect) else f"{effect:+.2f}"


def number_in_words(value: float | None, digits: int = 1) -> str:
    """A dash where there is none."""
    return _NO_FIGURE if value is None or math.isnan(value) else f"{value:.{digits}f}"


def plan_in_words(plan: Plan, budget: str, left: int, seconds: float) -> str:
    """What is going to be done, and about how long it takes."""
    systems = counted(len(plan.systems), "system")
    what = f"{systems}, {plan.folds} folds, {counted(plan.seeds, 'seed')}, {budget} each"
    if not left:
        return f"{what}: all {counted(len(plan.runs), 'run')} are done."
    until = datetime.datetime.now() + datetime.timedelta(seconds=seconds)
    return (
        f"{what}: {left} of {counted(len(plan.runs), 'run')} are left, about {in_words(seconds)} "
        f"(until {until:%H:%M}). Ctrl+C keeps what is done; the same command goes on."
    )


def done_in_words(number: int, of_all: int, run: PlannedRun, result: RunResult, left: str) -> str:
    """One run that ended, and what is left."""
    how = f"failed: {result.why}" if result.failed else _reached(result)
    return (
        f"[{number}/{of_all}] {run.title}: {how} About {left} left."
        if number < of_all
        else (f"[{number}/{of_all}] {run.title}: {how}")
    )


def _reached(result: RunResult) -> str:
    dices = [row.dice for row in result.slices if row.tumour_px and not math.isnan(row.dice)]
    errors = [row.mae_percent for row in result.slices if not math.isnan(row.mae_percent)]
    said = [f"DSC {100 * sum(dices) / len(dices):.1f} %"] if dices else []
    said += [f"MAE {sum(errors) / len(errors):.1f} % of scale"] if errors else []
    said.append(f"{result.cost.steps} steps in {result.cost.train_s:.0f} s.")
    return ", ".join(said)
