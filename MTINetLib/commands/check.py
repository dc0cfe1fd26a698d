"""``mtinet check``: what a dataset holds, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from MTINetLib.commands.options import Dataset

if TYPE_CHECKING:
    from rich.table import Table

    from MTINetLib.dataset.checked import DatasetCheck


def check(dataset: Dataset) -> None:
    """Look at every case of a dataset before training on it.

    Headers, masks and pixels are read. Ends with 2 if anything is wrong; warnings do not count.
    """
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.dataset.check import check_dataset
    from MTINetLib.errors import InputError
    from MTINetLib.presentation.classes import class_word
    from MTINetLib.presentation.dataset_words import case_warnings

    console = terminal()
    with RichProgress(console) as progress:
        found = check_dataset(dataset, progress)
    if found.cases:
        console.print(_table(found))
    if found.classes:
        counts = (f"{class_word(name)} in {_cases(count)}" for name, count in found.classes.items())
        console.print(f"Classes of lesions: {', '.join(counts)}.", soft_wrap=True)
    for case in found.cases:
        for problem in (*case.problems, *(f"Warning: {text}" for text in case_warnings(case))):
            name = case.case or f"line {case.line}"
            console.print(f"{name}: {problem}", soft_wrap=True)
    for problem in (*found.problems, *(f"Warning: {text}" for text in found.warnings)):
        console.print(problem, soft_wrap=True)
    if not found.usable:
        bad = sum(bool(case.problems) for case in found.cases)
        raise InputError(
            f"{bad} of {_cases(len(found.cases))} cannot be trained on; see above."
            if bad
            else "This dataset cannot be trained on; see above."
        )


def _cases(count: int) -> str:
    from MTINetLib.presentation.counts import counted

    return counted(count, "case")


def _table(found: DatasetCheck) -> Table:
    from rich.table import Table

    from MTINetLib.presentation.classes import class_title
    from MTINetLib.presentation.counts import counted
    from MTINetLib.study.phase import titles_of

    who = f"{_cases(len(found.cases))} of {counted(found.patients, 'patient')}"
    table = Table(title=f"{who}; phases: {titles_of(found.phases)}")
    for name in ("case", "patient", "class"):
        table.add_column(name)
    for name in ("phases", "lesions", "columns x rows x slices", "problems"):
        table.add_column(name, justify="right")
    for case in found.cases:
        table.add_row(
            case.case or f"(line {case.line})",
            case.patient,
            class_title(case.case_class),
            f"{len(case.phases)} of {len(found.phases)}",
            "?" if case.lesions is None else str(case.lesions),
            "?" if case.size is None else " x ".join(str(number) for number in reversed(case.size)),
            str(len(case.problems) or ""),
        )
    return table
