"""The comparison of two models as files: JSON, a Markdown page, a table of lesions, pictures."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from MTINetLib.evaluation.difference_pictures import MOST, Differences, draw, picture_name
from MTINetLib.evaluation.paired import CLASSES, FALSE_MARKS, FIGURES, NEW, OLD, LesionPair
from MTINetLib.evaluation.statistics import LEAST_PATIENTS, Estimate
from MTINetLib.evaluation.tables import interval, percent, section
from MTINetLib.evaluation.verdict import Verdict
from MTINetLib.presentation.classes import class_title
from MTINetLib.presentation.comparison_words import FIGURE_TITLES, RULE, verdict_in_words
from MTINetLib.presentation.counts import counted

JSON_FILE, PAGE_FILE, LESIONS_FILE = "comparison.json", "comparison.md", "lesions.csv"
#: All that may be written.
FILES = (JSON_FILE, PAGE_FILE, LESIONS_FILE, *(picture_name(n) for n in range(1, MOST + 1)))
_IN_PERCENT = ("sensitivity", CLASSES)
_MOST_LISTED = 30


def write_page(
    folder: Path,
    told: Mapping[str, Any],
    paired: Mapping[str, Any],
    verdict: Verdict,
    about: Mapping[str, Any],
    pairs: Sequence[LesionPair],
    differences: Differences,
) -> None:
    """Write all files into a folder.

    Args:
        told: what goes into the JSON.
        paired: of ``paired_figures``.
    """
    text = json.dumps(told, indent=2, allow_nan=False, ensure_ascii=False)
    (folder / JSON_FILE).write_text(text + "\n", encoding="utf-8")
    with (folder / LESIONS_FILE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(LesionPair))
        writer.writerows(astuple(pair) for pair in pairs)
    shown = list(differences)
    for number, difference in enumerate(shown, 1):
        draw(folder / picture_name(number), difference)
    page = _page(paired, verdict, about, pairs, len(shown))
    (folder / PAGE_FILE).write_text(page, encoding="utf-8")


def table_of(paired: Mapping[str, Any]) -> dict[str, list[str]]:
    """Old, new, difference and number of items of each figure, as words; for a window too."""
    return {name: _cells(name, paired[name]) for name in FIGURES}


def comparison_rows(paired: Mapping[str, Any]) -> list[list[str]]:
    """The same as rows that begin with a title."""
    return [[FIGURE_TITLES[name], *cells] for name, cells in table_of(paired).items()]


def _cells(name: str, estimates: Mapping[str, Estimate]) -> list[str]:
    def words(estimate: Estimate) -> str:
        if name in _IN_PERCENT:
            return percent(estimate)
        return interval(estimate, digits=2 if name == FALSE_MARKS else 3)

    return [*(words(estimate) for estimate in estimates.values()), str(estimates[OLD].n)]


def _page(
    paired: Mapping[str, Any],
    verdict: Verdict,
    about: Mapping[str, Any],
    pairs: Sequence[LesionPair],
    pictures: int,
) -> str:
    cases, models = about["cases"], about["models"]
    lines = [
        "# Two models side by side",
        "",
        *(
            f"- {title}: `{models[key]['name']}` (SHA-256 `{models[key]['sha256']}`)"
            for title, key in (("Old", OLD), ("New", NEW))
        ),
        "",
        f"{counted(cases['judged'], 'study', 'studies')} of {counted(cases['patients'], 'patient')}, "
        f"{about['date'][:10]}.{' ' + about['judged_by'] if 'judged_by' in about else ''}",
        "",
    ]
    if about["dataset"]["synthetic"]:
        lines += ["**Synthetic phantom: no patient was imaged.**", ""]
    lines += [f"- {item['case']} could not be judged: {item['error']}" for item in cases["failed"]]
    lines += [
        "",
        f"**{verdict_in_words(verdict.better, verdict.gained, verdict.lost, verdict.unknown)}**",
        "",
    ]
    header = ["", "Old", "New", "New less old", "n"]
    lines += section("Figures", header, comparison_rows(paired))
    counts = paired["counts"]
    lines += [
        f"Of {counted(counts['lesions'], 'true lesion')} both found {counts['found_by_both']}, only the old "
        f"model {counts['found_by_old_only']}, only the new one {counts['found_by_new_only']}.",
        "",
        *_lesion_lines(pairs),
    ]
    if pictures:
        lines += [
            "## Where they differ",
            "",
            "White dots: the truth; blue: the old model; orange: the new one.",
            "",
        ]
        lines += [f"![Difference {number}]({picture_name(number)})" for number in range(1, pictures + 1)]
        lines.append("")
    return "\n".join([*lines, *_notes(about)])


def _lesion_lines(pairs: Sequence[LesionPair]) -> list[str]:
    """The lesions that only one found or that got another class, largest first."""
    differing = sorted((pair for pair in pairs if pair.weight >= 0.5), key=lambda pair: -pair.long_axis_mm)
    if not differing:
        return []
    rows = [
        [
            f"{pair.case}, {pair.truth_label}",
            class_title(pair.true_class) if pair.true_class else "-",
            f"{pair.long_axis_mm:.0f}",
            _seen(pair.old_found, pair.old_dice, pair.old_answer),
            _seen(pair.new_found, pair.new_dice, pair.new_answer),
        ]
        for pair in differing[:_MOST_LISTED]
    ]
    return section("Lesions that differ", ["Study, lesion", "Class", "mm", "Old", "New"], rows)


def _seen(found: bool, dice: float, answer: str | None) -> str:
    return f"{class_title(answer) if answer else 'found'}, Dice {dice:.2f}" if found else "missed"


def _notes(about: Mapping[str, Any]) -> list[str]:
    return [
        RULE,
        "",
        "95 % intervals in brackets by bootstrap over patients"
        f" ({about['bootstrap']['resamples']} resamples, seed {about['bootstrap']['seed']}),"
        f" from {LEAST_PATIENTS} patients up; each resample counts both "
        "models on the same patients. Lesions match at IoU >= 0.1; a missed one has Dice 0. Class accuracy "
        "is over lesions that both found, undecided counts as wrong. Panoptic quality: IoU of found lesions, "
        "summed, over found ones plus half of the missed and half of the false ones. All figures: "
        f"`{JSON_FILE}`.",
        "",
        f"Command: `{about['command']}`",
        "",
    ]
