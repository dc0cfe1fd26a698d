"""What marks of readers say of results, summed up; no reference mask is needed, and none is made up.

Files: ``summary.html``, ``summary.md``, ``summary.json``, ``per_lesion.csv``, ``per_study.csv``, and a
picture of the calibration where enough lesions were judged.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.evaluation.evaluate import all_at_once, check_out, own_command
from MTINetLib.evaluation.figures import plain
from MTINetLib.evaluation.machine import describe_machine
from MTINetLib.evaluation.marked_figures import Marked, marked_figures
from MTINetLib.evaluation.marked_page import calibration_of, html_page, markdown_page
from MTINetLib.evaluation.marked_patients import patients_of
from MTINetLib.evaluation.marked_rows import MarkedLesion, ReadStudy, rows_of
from MTINetLib.evaluation.pictures import CALIBRATION_FILE, draw_calibration
from MTINetLib.evaluation.readers_agree import agreement
from MTINetLib.evaluation.statistics import CONFIDENCE, RESAMPLES
from MTINetLib.marks.marked_results import MarkedResults
from MTINetLib.marks.read_marks import read_marks
from MTINetLib.presentation.marks_words import TOGETHER
from MTINetLib.progress import Progress, Silent

HTML_FILE, PAGE_FILE, JSON_FILE = "summary.html", "summary.md", "summary.json"
LESIONS_FILE, STUDIES_FILE = "per_lesion.csv", "per_study.csv"
FILES = (HTML_FILE, PAGE_FILE, JSON_FILE, LESIONS_FILE, STUDIES_FILE, CALIBRATION_FILE)


@dataclass(frozen=True)
class MarksSummary:
    """The outcome: nested dicts of estimates and counts, and the rows that they come from."""

    told: Mapping[str, Any]
    studies: tuple[ReadStudy, ...]
    lesions: tuple[MarkedLesion, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON: numbers that are not finite as None."""
        data: dict[str, Any] = plain(dict(self.told))
        return data

    def to_markdown(self) -> str:
        """The page ``summary.md``."""
        return markdown_page(self.told)


def evaluate_marks(
    results: Path,
    tables: Sequence[Path],
    out: Path,
    *,
    progress: Progress | None = None,
    overwrite: bool = False,
    seed: int = 0,
    command: str | None = None,
) -> MarksSummary:
    """Sum up marks of one reader or several, in one table or several.

    Args:
        results: the folder of a cohort, or the results of one study.
        seed: of the bootstrap.
        command: what the summary quotes as the command; None takes this process's own.

    Raises:
        InputError: a mark cannot be used, no study was read, or ``out`` holds something else.
        Cancelled: told by ``progress``; nothing is written.
    """
    check_out(out, overwrite, FILES)
    found = MarkedResults(results)
    watcher = progress or Silent()
    studies, lesions = rows_of(read_marks(tables, found, watcher), found)
    if not studies:
        raise InputError("The tables hold comments alone: mark lesions as right, wrong or missed first.")
    read = sorted({row.study for row in studies})
    told_patients = patients_of(found, read, watcher)

    def patient(study: str) -> str:
        return told_patients[study] or f"study {study}"

    readers = tuple(dict.fromkeys(row.reader for row in studies))
    told = {
        "studies": {
            "total": len(found.names),
            "read": len(read),
            "not_read": [name for name in found.names if name not in read],
            "of_unknown_patient": sum(not told_patients[name] for name in read),
        },
        "readers": [_block(reader, studies, lesions, patient, seed) for reader in readers],
        "together": _together(readers, studies, lesions, patient, seed),
        "agreement": [agreement(lesions, pair, patient, seed) for pair in combinations(readers, 2)],
        "about": _about(found, tables, read, seed, command),
    }
    summary = MarksSummary(told, tuple(studies), tuple(lesions))
    _write(out, summary)
    return summary


def _block(
    reader: str,
    studies: Sequence[ReadStudy],
    lesions: Sequence[MarkedLesion],
    patient: Callable[[str], str],
    seed: int,
) -> dict[str, Any]:
    own = [row for row in studies if row.reader == reader]
    marked = Marked(own, [row for row in lesions if row.reader == reader], patient, seed)
    return {"reader": reader, **marked_figures(marked)}


def _together(
    readers: Sequence[str],
    studies: Sequence[ReadStudy],
    lesions: Sequence[MarkedLesion],
    patient: Callable[[str], str],
    seed: int,
) -> dict[str, Any] | None:
    """Of readers who shared the studies among them; where two read the same one, it would count twice."""
    if len(readers) < 2 or len({row.study for row in studies}) < len(studies):
        return None
    own = [replace(row, reader=TOGETHER) for row in studies]
    return _block(TOGETHER, own, [replace(row, reader=TOGETHER) for row in lesions], patient, seed)


def _about(
    found: MarkedResults, tables: Sequence[Path], read: Sequence[str], seed: int, command: str | None
) -> dict[str, Any]:
    machine = describe_machine()
    provenances = [found.study(name).findings.provenance for name in read]
    models = dict.fromkeys((told.model_name, told.model_sha256) for told in provenances)
    return {
        "results": str(found.folder),
        "tables": [str(table) for table in tables],
        "models": [{"name": name, "sha256": sha256} for name, sha256 in models],
        "bootstrap": {"seed": seed, "resamples": RESAMPLES, "confidence": CONFIDENCE},
        "command": command or own_command(),
        "date": machine["date"],
        "machine": machine,
    }


def _write(out: Path, summary: MarksSummary) -> None:
    with all_at_once(out, (CALIBRATION_FILE,)) as beside:
        _write_lesions(beside / LESIONS_FILE, summary.lesions)
        _write_rows(beside / STUDIES_FILE, [vars(row) for row in summary.studies])
        text = json.dumps(summary.to_dict(), indent=2, allow_nan=False, ensure_ascii=False)
        (beside / JSON_FILE).write_text(text + "\n", encoding="utf-8")
        (beside / PAGE_FILE).write_text(summary.to_markdown(), encoding="utf-8")
        shown = calibration_of(summary.told)
        if shown is not None:
            draw_calibration(beside / CALIBRATION_FILE, shown.bins)
        (beside / HTML_FILE).write_text(html_page(summary.told, beside) + "\n", encoding="utf-8")


def _write_lesions(path: Path, lesions: Sequence[MarkedLesion]) -> None:
    classes = list(dict.fromkeys(name for row in lesions for name in row.probabilities))
    rows = []
    for row in lesions:
        values = {key: value for key, value in vars(row).items() if key != "probabilities"}
        place = values.pop("position_lps_mm") or (None,) * 3
        axes = dict(zip(("x_mm", "y_mm", "z_mm"), place, strict=True))
        rows.append(
            {**values, **axes, **{f"probability_{name}": row.probabilities.get(name) for name in classes}}
        )
    _write_rows(path, rows)


def _write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0] if rows else ["study"])
        writer.writerows([_cell(value) for value in row.values()] for row in rows)


def _cell(value: Any) -> Any:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else value
