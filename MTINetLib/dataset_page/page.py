"""The page: one self-contained HTML file with a row a case, which loads nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MTINetLib.dataset.check import lesion_classes, whole_check
from MTINetLib.dataset.checked import DatasetCheck
from MTINetLib.dataset.folder import CASES_FILE, case_columns, dataset_phases
from MTINetLib.dataset.origin import describe_dataset
from MTINetLib.dataset.tables import Row, table_rows
from MTINetLib.dataset_page.case_view import CaseView, Task, see_case, title_of
from MTINetLib.output_place import clear_disk_errors
from MTINetLib.presentation.classes import class_title, on_black
from MTINetLib.presentation.counts import counted
from MTINetLib.presentation.dataset_words import case_warnings
from MTINetLib.process_pool import run_in_processes, usable_cores
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.report.html_template import html_template
from MTINetLib.study.phase import titles_of
from MTINetLib.write_whole import whole_file

TEMPLATE = "dataset.html.j2"
#: Greater than any number in a name.
_WORD = 10**300


@dataclass(frozen=True)
class DatasetPage:
    """What was written: the page, what the check found, and how many cases have no picture."""

    path: Path
    check: DatasetCheck
    unseen: int


def write_page(
    dataset: Path, path: Path, progress: Progress | None = None, *, processes: int = 0
) -> DatasetPage:
    """Look at every case of a dataset as ``check_dataset`` does, draw it, and write the page.

    A case that cannot be read stands there with what is wrong with it.

    Args:
        processes: that look; 0 takes one per processor.

    Raises:
        InputError: the folder is no dataset, or the page cannot be written.
        Cancelled: told by ``progress``; nothing is written.
    """
    watcher = progress or Silent()
    phases = dataset_phases(dataset)
    rows = list(table_rows(dataset / CASES_FILE, case_columns(phases)))
    names = [row.values["case"] if isinstance(row, Row) else "" for row in rows]
    classes = lesion_classes(dataset, set(names) - {""})
    tasks = [
        Task(dataset, row, phases, {name: classes.of_case.get(name, {})}, frozenset(names[:number]))
        for number, (row, name) in enumerate(zip(rows, names, strict=True))
    ]
    views: dict[int, CaseView] = {}
    watcher.start(Stage.CHECKING_CASES, len(tasks))
    for number, view in _seen(tasks, processes, lambda: watcher.update(len(views))):
        views[number] = view
        watcher.update(len(views))
    watcher.finish()
    cases = [views[number] for number in range(len(tasks))]
    named = [view.named for view in cases if view.named is not None]
    check = whole_check(dataset, phases, [view.check for view in cases], named, classes)
    text = _html(cases, check, bool(describe_dataset(dataset)["synthetic"]))
    with clear_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as beside:
            beside.write_text(text, encoding="utf-8")
    return DatasetPage(path, check, sum(not view.pictures for view in cases))


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Sorts ``case 2`` before ``case 10``, and numbers before words."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple((int(part), "") if part.isdecimal() else (_WORD, part) for part in parts)


def _seen(
    tasks: Sequence[Task], processes: int, look_up: Callable[[], None]
) -> Iterator[tuple[int, CaseView]]:
    many = min(processes or usable_cores(), len(tasks))
    if many > 1:
        yield from run_in_processes(see_case, tasks, many, title=title_of, look_up=look_up)
        return
    for number, task in enumerate(tasks):
        look_up()
        yield number, see_case(task)


def _html(views: Sequence[CaseView], check: DatasetCheck, synthetic: bool) -> str:
    ordered = sorted(views, key=lambda view: (natural(view.check.case), view.check.line))
    return html_template("MTINetLib.dataset_page", TEMPLATE).render(
        title=check.folder.resolve().name,
        synthetic=synthetic,
        summary=_summary(check),
        problems=check.problems,
        warnings=check.warnings,
        doubtful=sum(bool(view.check.problems or case_warnings(view.check)) for view in views),
        classes=[(class_title(name), on_black(name)) for name in check.classes],
        cases=[_case(view) for view in ordered],
    )


def _summary(check: DatasetCheck) -> str:
    who = f"{counted(len(check.cases), 'case')} of {counted(check.patients, 'patient')}"
    classes = ", ".join(f"{class_title(name)} in {count}" for name, count in check.classes.items())
    return f"{who}; {titles_of(check.phases)}{f'; {classes}' if classes else ''}"


def _case(view: CaseView) -> dict[str, Any]:
    check = view.check
    size = "" if check.size is None else " × ".join(str(count) for count in reversed(check.size))
    lesions = ", ".join(f"{class_title(name)} {ml:.1f} mL" for name, ml in view.volumes_ml)
    cannot = f"{class_title(check.case_class)}, but its mask cannot be read" if check.case_class else ""
    none = cannot if check.lesions is None else "No lesion"
    return {
        "name": check.case or f"line {check.line}",
        "patient": check.patient,
        "size": size,
        "lesions": lesions or none,
        "problems": check.problems,
        "warnings": case_warnings(check),
        "pictures": view.pictures,
    }
