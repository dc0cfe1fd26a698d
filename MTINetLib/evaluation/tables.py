"""An evaluation as CSV rows and as a Markdown page that a model card can quote."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from MTINetLib.evaluation.compare import CaseRow, LesionRow
from MTINetLib.evaluation.figures import ALL_SIZES
from MTINetLib.evaluation.metrics import EMPTY_MASKS
from MTINetLib.evaluation.pictures import CALIBRATION_FILE, FREE_RESPONSE_FILE
from MTINetLib.evaluation.statistics import LEAST_PATIENTS, Estimate
from MTINetLib.presentation.classes import class_title, class_word
from MTINetLib.presentation.counts import counted
from MTINetLib.study.phase import Phase

_PROBABILITIES = "probabilities"
_PREDICTIONS = "predictions"
_MOST_NAMED = 8
_CURVES = ("true_curve", "measured_curve", "predicted_curve")


def write_rows(
    path: Path,
    kind: type[CaseRow] | type[LesionRow],
    rows: Sequence[CaseRow | LesionRow],
    phases: Sequence[Phase],
    classes: Sequence[str] = (),
) -> None:
    """One line a row, a column for each phase of a curve and each class of the probabilities.

    What is unknown stays empty, infinity is ``inf``.
    """
    header: list[str] = []
    for field in fields(kind):
        if field.name in _CURVES:
            header += [f"{field.name}_{phase.value}" for phase in phases]
        elif field.name == _PROBABILITIES:
            header += [f"probability_{name}" for name in classes]
        else:
            header.append(field.name)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            cells: list[str] = []
            for field in fields(kind):
                value = getattr(row, field.name)
                if field.name in _CURVES:
                    values = value or (None,) * len(phases)
                elif field.name == _PROBABILITIES:
                    values = tuple(value.get(name) for name in classes)
                else:
                    values = (value,)
                cells += [_cell(item) for item in values]
            writer.writerow(cells)


def markdown(figures: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """The page: what was evaluated, then one table a subject.

    Args:
        figures: of figures.all_figures.
        about: the summary's other parts (dataset, model, cases, command, ...).
    """
    return "\n".join(
        [
            *_heading(about),
            *_lesion_table(figures["lesions"]),
            *_detection_table(figures["detection"]),
            *([] if _tells_no_classes(about) else _class_table(figures["classification"])),
            *_curve_table(figures["curves"]),
            *_study_table(figures["studies"]),
            *_liver_table(figures["liver"]),
            *_picture_lines(figures),
            *_notes(about),
        ]
    )


def interval(estimate: Estimate, scale: float = 1.0, digits: int = 2) -> str:
    """``value (low to high)``, or a dash where there is no value."""
    if not math.isfinite(estimate.value):
        return "-"
    value = f"{estimate.value * scale:.{digits}f}"
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return value
    return f"{value} ({estimate.low * scale:.{digits}f} to {estimate.high * scale:.{digits}f})"


def percent(estimate: Estimate) -> str:
    """A share in percent with its interval."""
    return interval(estimate, 100.0, 1)


def _heading(about: Mapping[str, Any]) -> list[str]:
    model, cases = about["model"], about["cases"]
    lines = [
        "# Evaluation",
        "",
        f"{_whose(about)} `{model['name']}` (SHA-256 `{model['sha256']}`), {cases['evaluated']} of"
        f" {counted(cases['total'], 'study', 'studies')} of {counted(cases['patients'], 'patient')},"
        f" {about['date'][:10]}.",
        "",
    ]
    if about["dataset"]["synthetic"]:
        lines += [
            "**Synthetic phantom: every image here was computed, no patient was imaged.** These figures tell"
            " nothing about performance on patients.",
            "",
        ]
    lines += _map_lines(about)
    if cases["failed"]:
        failed = counted(len(cases["failed"]), "study", "studies")
        lines += [f"**{failed} failed**, left out of every figure:", ""]
        lines += [f"- {item['case']}: {item['error']}" for item in cases["failed"]]
        lines.append("")
    return lines


def _tells_no_classes(about: Mapping[str, Any]) -> bool:
    return _PREDICTIONS in about and not about[_PREDICTIONS]["classes"]


def _whose(about: Mapping[str, Any]) -> str:
    return "Label maps" if _PREDICTIONS in about else "Model"


def _map_lines(about: Mapping[str, Any]) -> list[str]:
    """What must be known of label maps that another program made."""
    told = about.get(_PREDICTIONS)
    if told is None:
        return []
    lines = [f"Their values: `{told['labels']}`.", *told["left_out"]]
    if resampled := about["cases"]["found_resampled"]:
        lines.append(
            f"{counted(resampled, 'map')} on another grid than the images, brought over by the nearest voxel."
        )
    if told["of_no_case"]:
        lines.append(f"Files of no case: {', '.join(told['of_no_case'][:_MOST_NAMED])}.")
    return [*(f"- {line}" for line in lines), ""]


def _lesion_table(groups: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            name if name in ALL_SIZES else class_title(name),
            str(group["lesions"]),
            percent(group["sensitivity"]),
            interval(group["dice_median"], digits=3),
            interval(group["dice_median_of_matched"], digits=3),
            interval(group["hd95_mm_median_of_matched"]),
            interval(group["assd_mm_median_of_matched"]),
            percent(group["volume_error_median_of_matched"]),
        ]
        for name, group in groups.items()
    ]
    header = [
        "True lesions",
        "n",
        "Sensitivity, %",
        "Dice, median (missed = 0)",
        "Dice, median (matched)",
        "HD95, mm",
        "ASSD, mm",
        "Volume error, %",
    ]
    return section("Lesions", header, rows)


def _detection_table(figures: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            "False positives per study",
            interval(figures["false_positives_per_study"]),
            str(figures["studies"]),
        ],
        [
            "... of them pieces of true lesions",
            str(figures["fragments_among_them"]),
            str(figures["false_positives"]),
        ],
        ["Precision of found lesions, %", percent(figures["precision"]), str(figures["precision"].n)],
        [
            "Studies without lesions that stay clean, %",
            percent(figures["clean_among_them"]),
            str(figures["studies_without_lesions"]),
        ],
    ]
    return section("Detection", ["", "value", "n"], rows)


def _class_table(groups: Mapping[str, Any]) -> list[str]:
    names = list(groups)
    classes = list(groups["all"]["recall_of_decided"])

    def three(estimate: Estimate) -> str:
        return interval(estimate, digits=3)

    lines = [
        ("Accuracy among decided, %", "accuracy_of_decided", percent),
        ("Coverage (decided), %", "coverage", percent),
        ("Accuracy, undecided counted wrong, %", "accuracy_undecided_counted_wrong", percent),
        ("AUC", "auc", three),
        ("Brier score", "brier", three),
        ("Expected calibration error", "ece", three),
        ("Others that are called one of the classes, %", "others_given_a_class", percent),
    ]
    rows = [["Matched lesions, n", *(str(groups[name]["lesions"]) for name in names)]]
    rows += [
        [
            title,
            *(
                "not defined, one class only"
                if key.startswith("accuracy") and groups[name]["one_class_only"]
                else write(groups[name][key])
                for name in names
            ),
        ]
        for title, key, write in lines
    ]
    if len(classes) > 2:
        rows += [
            [
                f"AUC, {class_word(name)} against the rest",
                *(three(groups[group]["auc_against_the_rest"][name]) for group in names),
            ]
            for name in classes
        ]
    confusion = groups["all"]["confusion"]
    answers = list(next(iter(confusion.values()), ()))
    table = [
        [class_title(truth), *(str(counts[answer]) for answer in answers)]
        for truth, counts in confusion.items()
    ]
    return [
        *section(_alternatives(classes), ["", *names], _told(rows)),
        *_table(["True class", *(f"answered {class_word(answer)}" for answer in answers)], table),
        "",
    ]


def _alternatives(classes: Sequence[str]) -> str:
    """``HCC, hemangioma or cyst``, as the title of the table."""
    words = [class_word(name) for name in classes]
    title = " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:]))) or "Classes"
    return title[0].upper() + title[1:]


def _curve_table(figures: Mapping[str, Any]) -> list[str]:
    titles = {
        "measured": "measured in the found mask, against the true mask",
        "predicted": "predicted by the network, against the true mask",
        "predicted_to_measured": "predicted by the network, against the found mask",
    }
    rows = [
        [
            title,
            interval(figures[f"{name}_mae"], digits=1),
            interval(figures[f"{name}_mae_percent_of_scale"]),
            str(figures[f"{name}_mae"].n),
        ]
        for name, title in titles.items()
    ]
    return section(
        "Enhancement curves, MAE", ["Curve", "scanner units", "% of the study's scale", "n"], _told(rows)
    )


def _study_table(figures: Mapping[str, Any]) -> list[str]:
    names = {
        "dice_mean_per_study": "Dice of all lesion voxels of a study, mean",
        "iou_mean_per_study": "IoU of all lesion voxels of a study, mean",
        "dice_mean_per_tumour_slice_per_study": "Dice per tumour-bearing slice, mean per study",
        "iou_mean_per_tumour_slice_per_study": "IoU per tumour-bearing slice, mean per study",
    }
    rows = [[title, interval(figures[key], digits=3), str(figures[key].n)] for key, title in names.items()]
    rows += [
        [
            "Seconds to analyze a loaded study, median",
            interval(figures["analyze_s_median"]),
            str(figures["analyze_s_median"].n),
        ]
    ]
    return section("Studies with lesions", ["", "value", "n"], _told(rows))


def _liver_table(figures: Mapping[str, Any]) -> list[str]:
    if not figures["studies"]:
        return []
    rows = [
        ["Dice, mean", interval(figures["dice_mean"], digits=3), str(figures["studies"])],
        ["Dice, median", interval(figures["dice_median"], digits=3), str(figures["studies"])],
        ["Volume error, median, %", percent(figures["volume_error_median"]), str(figures["studies"])],
        ["... without its sign", percent(figures["absolute_volume_error_median"]), str(figures["studies"])],
    ]
    return section("Liver", ["", "value", "n"], rows)


def _picture_lines(figures: Mapping[str, Any]) -> list[str]:
    lines = []
    if figures["free_response"]["curve"]:
        lines.append(
            f"![Free-response curve]({FREE_RESPONSE_FILE}) The best points over all thresholds, found and "
            "judged on these same studies: a bound, and no promise for others."
        )
    bins = figures["classification"]["all"]["calibration"], figures["lesion_probability"]["calibration"]
    if any(bins):
        lines.append(f"![Calibration]({CALIBRATION_FILE})")
    return [line for shown in lines for line in (shown, "")]


def _notes(about: Mapping[str, Any]) -> list[str]:
    return [
        "95 % intervals in brackets: shares by Wilson's score, false-positive rates by the exact Poisson"
        f" interval, all else by bootstrap over patients ({about['bootstrap']['resamples']} resamples,"
        f" seed {about['bootstrap']['seed']}), from {LEAST_PATIENTS} patients up."
        " A true and a found lesion match one to one at IoU >= 0.1."
        f" Sizes are longest axial diameters of the true lesions. {EMPTY_MASKS} Details: `summary.json`.",
        "",
        f"Command: `{about['command']}`",
        "",
    ]


def _told(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The rows with a figure in them; all of them where none has one."""
    return [row for row in rows if row[1] != "-"] or list(rows)


def section(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a titled table."""
    return [f"## {title}", "", *_table(header, rows), ""]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
