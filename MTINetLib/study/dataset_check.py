"""What a dataset holds and what is wrong with it, case by case, before anything is trained on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress, Silent
from MTINetLib.study.dataset_checked import CaseCheck, DatasetCheck
from MTINetLib.study.dataset_folder import (
    CASE_CLASSES,
    CASE_COLUMNS,
    CASES_FILE,
    LESION_CLASSES,
    LESION_COLUMNS,
    LESIONS_FILE,
)
from MTINetLib.study.dataset_headers import header_grid
from MTINetLib.study.dataset_tables import Row, RowError, table_rows
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import PHASES, Phase
from MTINetLib.study.read_files import read_volume

_FEWEST_SLICES = 3
_SMALLEST_SIDE = 16
_MAX_LESIONS = 255
#: Fewer patients cannot be split into those that train and those that validate.
FEWEST_PATIENTS = 2


def check_dataset(
    folder: Path,
    progress: Progress | None = None,
    each: Callable[[CaseCheck], None] = lambda case: None,
) -> DatasetCheck:
    """Look at every case of a dataset; nothing that is wrong in it ends the check early.

    Only headers and masks are read, so that hundreds of cases take seconds. Damage inside a compressed
    phase shows when its slices are prepared.

    Args:
        progress: told after every case; may raise Cancelled.
        each: called with every case as soon as it was looked at.
    """
    watcher = progress or Silent()
    table = folder / CASES_FILE
    if not table.is_file():
        return DatasetCheck(folder, problems=(f"{folder} is not a dataset: it has no {CASES_FILE}.",))
    try:
        rows = list(table_rows(table, CASE_COLUMNS))
    except InputError as error:
        return DatasetCheck(folder, problems=(str(error),))
    classes = _lesion_classes(folder, {row.values["case"] for row in rows if isinstance(row, Row)})
    seen: set[str] = set()
    cases = []
    watcher.start("Checking cases", len(rows))
    for number, row in enumerate(rows, 1):
        case = _checked(folder, row, classes.of_case, seen)
        seen.add(case.case)
        cases.append(case)
        each(case)
        watcher.update(number)
    watcher.finish()
    return DatasetCheck(folder, tuple(cases), (*classes.problems, *_whole(cases)))


def _whole(cases: list[CaseCheck]) -> Iterator[str]:
    patients = len({case.patient for case in cases if case.patient})
    if not cases:
        yield f"{CASES_FILE} lists no cases; add one line per study."
    elif patients < FEWEST_PATIENTS:
        yield "Training needs at least two patients, one of them to validate on; add cases of another one."


@dataclass
class _LesionClasses:
    of_case: dict[str, dict[int, str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def _lesion_classes(folder: Path, known: set[str]) -> _LesionClasses:
    found = _LesionClasses()
    if not (folder / LESIONS_FILE).is_file():
        return found
    try:
        for row in table_rows(folder / LESIONS_FILE, LESION_COLUMNS):
            try:
                _add_lesion(found, row, known)
            except RowError as error:
                found.problems.append(f"{LESIONS_FILE}, line {error.line}: {error.column} {error.problem}.")
    except InputError as error:
        found.problems.append(str(error))
    return found


def _add_lesion(found: _LesionClasses, row: Row | RowError, known: set[str]) -> None:
    if isinstance(row, RowError):
        raise row
    case, label = row.text("case"), row.number("label")
    if case not in known:
        raise row.error("case", f"{case!r} is not in {CASES_FILE}")
    of_case = found.of_case.setdefault(case, {})
    if label in of_case:
        raise row.error("label", f"{label} of case {case!r} stands here twice")
    of_case[label] = row.choice("class", LESION_CLASSES)


class _Problems(list[str]):
    """Collects sentences instead of raising them."""

    def text(self, row: Row, column: str, allowed: tuple[str, ...] = ()) -> str:
        try:
            return row.choice(column, allowed) if allowed else row.text(column)
        except RowError as error:
            self.add(error)
            return row.values[column]

    def path(self, row: Row, column: str, folder: Path) -> Path | None:
        try:
            return row.path(column, folder)
        except RowError as error:
            self.add(error)
            return None

    def add(self, error: RowError) -> None:
        self.append(f"The column {error.column} {_after_column(error.problem)}.")


def _after_column(problem: str) -> str:
    """``is empty`` and ``says ...`` go on from the column's name; what begins with a path needs a colon."""
    return problem if problem.startswith(("is ", "says ")) else f"is wrong: {problem}"


def _checked(
    folder: Path, row: Row | RowError, classes: Mapping[str, Mapping[int, str]], seen: set[str]
) -> CaseCheck:
    if isinstance(row, RowError):
        return CaseCheck(row.line, problems=(f"The line has {row.problem}.",))
    problems = _Problems()
    case = problems.text(row, "case")
    patient = problems.text(row, "patient")
    case_class = problems.text(row, "class", CASE_CLASSES)
    if case and case in seen:
        problems.append(f"The name {case} stands twice; give every case its own.")
    told = classes.get(case, {})
    if case_class == "none" and told:
        problems.append(f"The class is none, but {LESIONS_FILE} names lesions of this case.")
    grids = _phase_grids(folder, row, problems)
    lesions = _check_mask(folder, row, case_class, told, grids.get(Phase.PORTAL_VENOUS), problems)
    reference = grids.get(Phase.PORTAL_VENOUS)
    return CaseCheck(
        row.line,
        case,
        patient,
        case_class,
        tuple(phase.value for phase in PHASES if phase in grids),
        lesions,
        None if reference is None else reference.shape,
        tuple(problems),
    )


def _phase_grids(folder: Path, row: Row, problems: _Problems) -> dict[Phase, Grid]:
    grids: dict[Phase, Grid] = {}
    paths: dict[Path, Phase] = {}
    for phase in PHASES:
        path = problems.path(row, phase.value, folder)
        if path is None:
            continue
        if path in paths:
            problems.append(f"The {paths[path].title} and the {phase.title} phase are the same file.")
        paths[path] = phase
        try:
            grid = header_grid(path)
        except (InputError, OSError) as error:
            problems.append(f"The {phase.title} phase: {error}")
            continue
        grids[phase] = grid
        if grid.shape[0] < _FEWEST_SLICES or min(grid.shape[1:]) < _SMALLEST_SIDE:
            size = " x ".join(str(n) for n in reversed(grid.shape))
            problems.append(f"The {phase.title} phase has only {size} voxels; that is no liver MRI.")
    return grids


def _check_mask(
    folder: Path,
    row: Row,
    case_class: str,
    told: Mapping[int, str],
    reference: Grid | None,
    problems: _Problems,
) -> int | None:
    """The number of lesions, and sentences about the mask."""
    if not row.values["mask"]:
        if case_class != "none":
            problems.append("The mask is missing; training needs one for every case with lesions.")
        return 0
    path = problems.path(row, "mask", folder)
    if path is None:
        return None
    try:
        mask = read_volume(path)
    except (InputError, OSError) as error:
        problems.append(f"The mask: {error}")
        return None
    if reference is not None and not mask.grid.matches(reference):
        problems.append("The mask has another grid than the portal venous phase; resample it.")
    labels = _labels(mask.array)
    if labels is None:
        problems.append(
            f"The mask is not a label map: it must hold 0 for background and 1 to {_MAX_LESIONS} for lesions."
        )
        return None
    if not labels and case_class != "none":
        problems.append(f"The class is {case_class}, but the mask is empty; use the class none.")
    if labels and case_class == "none":
        problems.append("The class is none, but the mask holds lesions.")
    for label in sorted(set(told) - labels):
        problems.append(f"{LESIONS_FILE} names lesion {label}, which the mask does not hold.")
    return len(labels)


def _labels(array: npt.NDArray[np.float32]) -> set[int] | None:
    """Labels in the mask, or None if it holds anything but whole numbers from 0 to 255."""
    low, high = float(array.min()), float(array.max())
    if low < 0 or high > _MAX_LESIONS:
        return None
    whole = array.astype(np.uint8)
    if not np.array_equal(whole, array):
        return None
    counts = np.bincount(whole.ravel(), minlength=_MAX_LESIONS + 1)
    return {int(label) for label in np.flatnonzero(counts) if label > 0}
