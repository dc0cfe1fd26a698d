"""A dataset: a folder with ``cases.csv``, an optional ``lesions.csv``, and the files that they name.

``cases.csv`` has the columns ``case,patient,class,pre,arterial,portal_venous,delayed,mask``, or a column for
each of the phases that its studies have, of those in study/phase.py (training needs two or more): the class
names what the lesions are (``hcc``, ``hemangioma``, any name) or is ``none``, the paths are relative to the
folder and name files (NIfTI, NRRD, MHA) or DICOM series folders, and ``mask`` (may be empty) is a label map
with 0 for background and 1..n for the lesions. A column ``anatomy`` may follow (and may be empty): a map of
the organs on the grid of the mask, with the values of study/anatomy.py. ``lesions.csv`` has the columns
``case,label,class`` and gives the class lesion by lesion.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from MTINetLib.dataset.tables import Row, RowError, column_names, table_rows
from MTINetLib.errors import InputError
from MTINetLib.study.lesion_class import NO_LESIONS, lesion_class_name
from MTINetLib.study.phase import PHASES_UNTIL_TOLD, Phase, in_order_of_time
from MTINetLib.write_whole import whole_file

CASES_FILE = "cases.csv"
LESIONS_FILE = "lesions.csv"
_BEFORE, _BEHIND = ("case", "patient", "class"), ("mask",)
#: A column that a table may have, behind the mask.
ANATOMY_COLUMN = "anatomy"
LESION_COLUMNS = ("case", "label", "class")


def case_columns(phases: Sequence[Phase]) -> tuple[str, ...]:
    """The columns of ``cases.csv`` in a dataset of studies with these phases."""
    return (*_BEFORE, *(phase.value for phase in phases), *_BEHIND)


def cases_table(folder: Path) -> Path:
    """The table of a dataset.

    Raises:
        InputError: the folder has none.
    """
    table = folder / CASES_FILE
    if not table.is_file():
        raise InputError(f"{folder} is not a dataset: it has no {CASES_FILE}.")
    return table


def dataset_phases(folder: Path) -> tuple[Phase, ...]:
    """The phases that a dataset has columns for; where they are not named rightly, those of the header that
    an error shows.

    Raises:
        InputError: there is no table, or it cannot be read.
    """
    table = cases_table(folder)
    names = column_names(table, case_columns(PHASES_UNTIL_TOLD))
    found = tuple(phase for phase in Phase if phase.value in names)
    # Between these two stand the phases: a name there that is none is one that was written otherwise.
    place = [names.index(name) for name in (_BEFORE[-1], _BEHIND[0]) if name in names]
    between = names[place[0] + 1 : place[1]] if len(place) == 2 else []
    strange = [name for name in between if name not in case_columns(found)]
    return PHASES_UNTIL_TOLD if strange or not found else found


@dataclass(frozen=True)
class DatasetCase:
    """One study of a dataset.

    Args:
        case: unique name.
        patient: cases of one patient share it, so that a split never parts them.
        case_class: name of the class of its lesions, or none for a study without lesions.
        phase_paths: a file or DICOM series folder per phase, absolute.
        mask_path: label map, absolute; None where there is none.
        lesion_classes: class per label of the mask, as far as lesions.csv tells.
        anatomy_path: map of the organs, absolute; None where they are unknown.
    """

    case: str
    patient: str
    case_class: str
    phase_paths: dict[Phase, Path]
    mask_path: Path | None
    lesion_classes: dict[int, str] = field(default_factory=dict)
    anatomy_path: Path | None = None

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases that there are."""
        return in_order_of_time(self.phase_paths)

    def paths_of(self, phases: Sequence[Phase]) -> dict[Phase, Path]:
        """The paths of these phases, as far as they are there."""
        return {phase: self.phase_paths[phase] for phase in phases if phase in self.phase_paths}

    def class_of(self, label: int) -> str:
        """The class of a label of the mask; the case's class where lesions.csv is silent."""
        return self.lesion_classes.get(label, self.case_class)


def read_dataset(folder: Path) -> list[DatasetCase]:
    """The cases of a dataset folder, in the order of ``cases.csv``.

    Raises:
        InputError: a table, a row or a file is missing or wrong; the message names it.
    """
    table = cases_table(folder)
    phases = dataset_phases(folder)
    rows = list(_rows(table, case_columns(phases)))
    if not rows:
        raise InputError(f"{table} lists no cases; add one line per study.")
    names = [row.text("case") for row in rows]
    for number, (row, name) in enumerate(zip(rows, names, strict=True)):
        if name in names[:number]:
            raise row.error("case", f"{name!r} stands here twice; give every case its own name")
    classes = _read_lesion_classes(folder / LESIONS_FILE, names)
    return [_case(folder, row, phases, classes.get(name, {})) for row, name in zip(rows, names, strict=True)]


def write_dataset_tables(folder: Path, cases: Sequence[DatasetCase]) -> None:
    """Write ``cases.csv`` and ``lesions.csv`` of cases with the same phases; every path must lie inside.

    Raises:
        InputError: a path lies outside.
    """
    root = folder.resolve()
    phases = cases[0].phases if cases else PHASES_UNTIL_TOLD
    columns = case_columns(phases)
    if any(case.anatomy_path for case in cases):
        columns = (*columns, ANATOMY_COLUMN)
    case_rows = [
        [
            case.case,
            case.patient,
            case.case_class,
            *(_relative(root, case.phase_paths[phase]) for phase in phases),
            *(_relative(root, path) if path else "" for path in (case.mask_path, case.anatomy_path)),
        ][: len(columns)]
        for case in cases
    ]
    lesion_rows = [
        [case.case, str(label), name] for case in cases for label, name in sorted(case.lesion_classes.items())
    ]
    root.mkdir(parents=True, exist_ok=True)
    write_table(root / LESIONS_FILE, LESION_COLUMNS, lesion_rows)
    write_table(root / CASES_FILE, columns, case_rows)


def lesion_class_of(row: Row) -> str:
    """What the column ``class`` says a lesion is, as the name of the class.

    Raises:
        RowError: it names no class.
    """
    try:
        return lesion_class_name(row.text("class"))
    except RowError:
        raise
    except InputError as error:
        raise row.error("class", f"is wrong: {error}".rstrip(".")) from error


def note_lesion_class(classes: dict[str, dict[int, str]], row: Row, cases: Collection[str]) -> None:
    """Add what a line of ``lesions.csv`` says to the classes by case and label.

    Raises:
        RowError: it says nothing that can be used, or says it again.
    """
    case, label = row.text("case"), row.number("label")
    if case not in cases:
        raise row.error("case", f"{case!r} is not in {CASES_FILE}")
    of_case = classes.setdefault(case, {})
    if label in of_case:
        raise row.error("label", f"{label} of case {case!r} stands here twice")
    of_case[label] = lesion_class_of(row)


def case_class_of(row: Row) -> str:
    """As :func:`lesion_class_of`, and ``none`` for a study without lesions."""
    return NO_LESIONS if row.text("class").casefold() == NO_LESIONS else lesion_class_of(row)


def _case(folder: Path, row: Row, phases: Sequence[Phase], lesion_classes: dict[int, str]) -> DatasetCase:
    case_class = case_class_of(row)
    if case_class == NO_LESIONS and lesion_classes:
        raise row.error("class", f"says none, but {LESIONS_FILE} names lesions of this case")
    return DatasetCase(
        case=row.text("case"),
        patient=row.text("patient"),
        case_class=case_class,
        phase_paths={phase: row.path(phase.value, folder) for phase in phases},
        mask_path=row.path("mask", folder) if row.values["mask"] else None,
        lesion_classes=lesion_classes,
        anatomy_path=row.path(ANATOMY_COLUMN, folder) if row.values.get(ANATOMY_COLUMN) else None,
    )


def _read_lesion_classes(table: Path, cases: Sequence[str]) -> dict[str, dict[int, str]]:
    classes: dict[str, dict[int, str]] = {}
    if not table.is_file():
        return classes
    for row in _rows(table, LESION_COLUMNS):
        note_lesion_class(classes, row, cases)
    return classes


def _rows(table: Path, columns: Sequence[str]) -> Iterator[Row]:
    for row in table_rows(table, columns):
        if isinstance(row, RowError):
            raise row
        yield row


def _relative(root: Path, path: Path) -> str:
    try:
        # A link in the folder lies inside it, wherever it leads.
        return (path.parent.resolve() / path.name).relative_to(root).as_posix()
    except ValueError as error:
        raise InputError(f"{path} lies outside the dataset folder {root}; put it inside.") from error


def write_table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table as UTF-8 CSV, whole or not at all."""
    with whole_file(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
