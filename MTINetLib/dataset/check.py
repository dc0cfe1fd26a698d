"""What a dataset holds and what is wrong with it, case by case, before anything is trained on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from MTINetLib.dataset.checked import CaseCheck, DatasetCheck
from MTINetLib.dataset.folder import (
    ANATOMY_COLUMN,
    CASES_FILE,
    LESION_COLUMNS,
    LESIONS_FILE,
    case_class_of,
    case_columns,
    dataset_phases,
    note_lesion_class,
)
from MTINetLib.dataset.headers import header_grid
from MTINetLib.dataset.plausible import (
    NamedCase,
    cases_problems,
    class_problems,
    image_digest,
    mask_problems,
)
from MTINetLib.dataset.tables import Row, RowError, table_rows
from MTINetLib.errors import InputError
from MTINetLib.phases.signal_check import check_signal
from MTINetLib.phases.usable import FEWEST_SLICES, SMALLEST_SIDE, refuse_unusable
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_label_map, read_volume
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ
from MTINetLib.study.grid import Grid
from MTINetLib.study.lesion_class import NO_LESIONS, in_usual_order
from MTINetLib.study.phase import FEWEST_PHASES, Phase, the_phases, usual_reference

_MAX_LESIONS = 255
#: Fewer patients cannot be split into those that train and those that validate.
FEWEST_PATIENTS = 2


def check_dataset(
    folder: Path,
    progress: Progress | None = None,
    each: Callable[[CaseCheck], None] = lambda case: None,
) -> DatasetCheck:
    """Look at every case of a dataset; nothing that is wrong in it ends the check early.

    Headers, masks and the pixels of all phases are read, about a second a case.

    Args:
        progress: told after every case; may raise Cancelled.
        each: called with every case as soon as it was looked at.
    """
    watcher = progress or Silent()
    try:
        phases = dataset_phases(folder)
        rows = list(table_rows(folder / CASES_FILE, case_columns(phases)))
    except InputError as error:
        return DatasetCheck(folder, problems=(str(error),))
    classes = lesion_classes(folder, {row.values["case"] for row in rows if isinstance(row, Row)})
    seen: set[str] = set()
    cases: list[CaseCheck] = []
    named: list[NamedCase] = []
    watcher.start(Stage.CHECKING_CASES, len(rows))
    for number, row in enumerate(rows, 1):
        looked = look_at_case(folder, row, phases, classes.of_case, seen)
        named += [] if looked.named is None else [looked.named]
        seen.add(looked.check.case)
        cases.append(looked.check)
        each(looked.check)
        watcher.update(number)
    watcher.finish()
    return whole_check(folder, phases, cases, named, classes)


def whole_check(
    folder: Path,
    phases: Sequence[Phase],
    cases: Sequence[CaseCheck],
    named: Sequence[NamedCase],
    classes: LesionClasses,
) -> DatasetCheck:
    """What is said of all cases together, once each was looked at."""
    problems, warnings = cases_problems(named)
    found = (*classes.problems, *_whole(cases, phases), *problems)
    return DatasetCheck(folder, tuple(cases), found, tuple(warnings), tuple(phases))


def _whole(cases: Sequence[CaseCheck], phases: Sequence[Phase]) -> Iterator[str]:
    patients = len({case.patient for case in cases if case.patient})
    if not cases:
        yield f"{CASES_FILE} lists no cases; add one line per study."
    elif patients < FEWEST_PATIENTS:
        yield "Training needs at least two patients, one of them to validate on; add cases of another one."
    if len(phases) < FEWEST_PHASES:
        yield f"The cases have {the_phases(phases)} alone; training needs two phases or more."


@dataclass
class LesionClasses:
    """What ``lesions.csv`` says, by case and label, and what is wrong in it."""

    of_case: dict[str, dict[int, str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def lesion_classes(folder: Path, known: set[str]) -> LesionClasses:
    """Read the classes of single lesions.

    Args:
        known: names of the cases.
    """
    found = LesionClasses()
    if not (folder / LESIONS_FILE).is_file():
        return found
    try:
        for row in table_rows(folder / LESIONS_FILE, LESION_COLUMNS):
            try:
                if isinstance(row, RowError):
                    raise row
                note_lesion_class(found.of_case, row, known)
            except RowError as error:
                found.problems.append(f"{LESIONS_FILE}, line {error.line}: {error.column} {error.problem}.")
    except InputError as error:
        found.problems.append(str(error))
    return found


class _Problems(list[str]):
    """Collects sentences instead of raising them."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []

    def told(self, read: Callable[[], str], otherwise: str) -> str:
        """What the table says, and ``otherwise`` with a sentence where that is wrong."""
        try:
            return read()
        except RowError as error:
            self.add(error)
            return otherwise

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


@dataclass(frozen=True)
class LookedAt:
    """A case that was looked at.

    Args:
        named: what is compared between cases; None where the line cannot be read.
        volumes: of its phases, in their order; None where not all of them can be read.
        labels: [K, J, I] of its mask; None where it cannot be read.
    """

    check: CaseCheck
    named: NamedCase | None = None
    volumes: Sequence[SourceVolume] | None = None
    labels: npt.NDArray[np.uint8] | None = None


def look_at_case(
    folder: Path,
    row: Row | RowError,
    phases: Sequence[Phase],
    classes: Mapping[str, Mapping[int, str]],
    seen: Set[str],
) -> LookedAt:
    """Read the headers, mask and pixels that a line of ``cases.csv`` names.

    Args:
        classes: of single lesions, by case and label.
        seen: names of the cases in the lines before.
    """
    if isinstance(row, RowError):
        return LookedAt(CaseCheck(row.line, problems=(f"The line has {row.problem}.",)))
    problems = _Problems()
    case = problems.told(lambda: row.text("case"), row.values["case"])
    patient = problems.told(lambda: row.text("patient"), row.values["patient"])
    case_class = problems.told(lambda: case_class_of(row), row.values["class"])
    if case and case in seen:
        problems.append(f"The name {case} stands twice; give every case its own.")
    told = classes.get(case, {})
    if case_class == NO_LESIONS and told:
        problems.append(f"The class is none, but {LESIONS_FILE} names lesions of this case.")
    grids = _phase_grids(folder, row, phases, problems)
    grid_of = usual_reference(phases)
    reference = grids.get(grid_of)
    sound = not problems
    labels = _check_mask(folder, row, case_class, told, (grid_of, reference), problems)
    _check_anatomy(folder, row, (grid_of, reference), problems)
    volumes = _volumes(folder, row, phases, problems) if sound and len(grids) == len(phases) else None
    if labels is not None and reference is not None and labels.shape == reference.shape:
        image = None if volumes is None else volumes[phases.index(grid_of)].array
        wrong, unusual = mask_problems(labels, reference, image)
        problems += wrong
        problems.warnings += unusual
    flags, digest = ((), None) if volumes is None else _check_values(volumes, phases, problems)
    present = () if labels is None else tuple(int(label) for label in np.unique(labels) if label)
    of_lesions = frozenset(told.get(label, case_class) for label in present)
    checked = CaseCheck(
        row.line,
        case,
        patient,
        case_class,
        tuple(phase.value for phase in phases if phase in grids),
        None if labels is None else len(present),
        None if reference is None else reference.shape,
        tuple(problems),
        tuple(problems.warnings),
        flags,
        in_usual_order(of_lesions - {"", NO_LESIONS}),
    )
    return LookedAt(checked, NamedCase(case, patient, of_lesions, digest), volumes, labels)


def _volumes(
    folder: Path, row: Row, phases: Sequence[Phase], problems: _Problems
) -> list[SourceVolume] | None:
    """The phases with their pixels, None where they cannot be read."""
    try:
        volumes = [read_volume(row.path(phase.value, folder)) for phase in phases]
        return volumes if all(volume.array.size for volume in volumes) else None
    except (InputError, OSError) as error:
        problems.append(str(error))
        return None


def _check_values(
    volumes: Sequence[SourceVolume], phases: Sequence[Phase], problems: _Problems
) -> tuple[tuple[str, ...], str | None]:
    """Flags of doubts about the values, and a digest of the image that the mask lies on."""
    try:
        refuse_unusable(volumes, phases)
        flags = check_signal(volumes, phases).flags
    except InputError as error:
        problems.append(str(error))
        flags = ()
    return flags, image_digest(volumes[phases.index(usual_reference(phases))].array)


def _phase_grids(folder: Path, row: Row, phases: Sequence[Phase], problems: _Problems) -> dict[Phase, Grid]:
    grids: dict[Phase, Grid] = {}
    paths: dict[Path, Phase] = {}
    for phase in phases:
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
        if grid.shape[0] < FEWEST_SLICES or min(grid.shape[1:]) < SMALLEST_SIDE:
            size = " x ".join(str(n) for n in reversed(grid.shape))
            problems.append(f"The {phase.title} phase has only {size} voxels; that is no liver MRI.")
    return grids


def _check_mask(
    folder: Path,
    row: Row,
    case_class: str,
    told: Mapping[int, str],
    on: tuple[Phase, Grid | None],
    problems: _Problems,
) -> npt.NDArray[np.uint8] | None:
    """The label map, and sentences about it; None where it cannot be read, all 0 without one."""
    if not row.values["mask"]:
        if case_class != NO_LESIONS:
            problems.append("The mask is missing; training needs one for every case with lesions.")
        return np.zeros((1, 1, 1), dtype=np.uint8)
    path = problems.path(row, "mask", folder)
    if path is None:
        return None
    try:
        mask = read_label_map(path)
    except (InputError, OSError) as error:
        problems.append(f"The mask: {error}")
        return None
    phase, reference = on
    if reference is not None and not mask.grid.matches(reference):
        problems.append(f"The mask has another grid than the {phase.title} phase; resample it.")
    labels = _labels(mask.array)
    if labels is None:
        problems.append(
            f"The mask is not a label map: it must hold 0 for background and 1 to {_MAX_LESIONS} for lesions."
        )
        return None
    wrong, unusual = class_problems(labels, case_class, told)
    problems += wrong
    problems.warnings += unusual
    return mask.array.astype(np.uint8)


def _check_anatomy(folder: Path, row: Row, on: tuple[Phase, Grid | None], problems: _Problems) -> None:
    """Sentences about the map of the organs, where there is one."""
    path = problems.path(row, ANATOMY_COLUMN, folder) if row.values.get(ANATOMY_COLUMN) else None
    if path is None:
        return
    try:
        anatomy = read_label_map(path)
    except (InputError, OSError) as error:
        problems.append(f"The anatomy: {error}")
        return
    phase, reference = on
    if reference is not None and not anatomy.grid.matches(reference):
        problems.append(f"The anatomy has another grid than the {phase.title} phase; resample it.")
    if not np.isin(anatomy.array, [*Organ, UNKNOWN_ORGAN]).all():
        problems.append(
            f"The anatomy holds other values than {min(Organ):d} to {max(Organ):d} "
            f"and {UNKNOWN_ORGAN} for unknown."
        )


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
