"""From a dataset folder to a slice store: each case read, put on one grid, normalised and cut, once."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from MTINetLib.dataset.folder import DatasetCase, read_dataset
from MTINetLib.dataset.plausible import (
    NamedCase,
    cases_problems,
    class_problems,
    image_digest,
    mask_problems,
)
from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.models.preprocessing import AxialSlices
from MTINetLib.phases.signal_check import SIGNAL_FLAGS
from MTINetLib.pipeline.open import open_study
from MTINetLib.presentation.counts import counted
from MTINetLib.process_pool import run_in_processes, usable_cores
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ
from MTINetLib.study.grid import Grid
from MTINetLib.study.lesion_class import NO_LESIONS
from MTINetLib.study.normalise import liver_signal
from MTINetLib.study.phase import Phase, usual_reference
from MTINetLib.study.slices import SliceFrame
from MTINetLib.study.study import Mask, Study
from MTINetLib.training.slice_store import (
    INDEX_FILE,
    CaseNotes,
    SliceStore,
    StoredCase,
    read_case_index,
    write_case,
)

logger = logging.getLogger(__name__)

#: Rises when prepared slices would come out differently, so that old caches are not used.
CACHE_VERSION = 5
MAX_LESIONS = 255
#: More warnings of a dataset are left to ``mtinet check``.
_MOST_WARNINGS = 3
_NO_NOTES = CaseNotes()
_USUAL = AxialSlices()
#: Kinds of files that only name the one with the pixels.
_DETACHED_HEADERS = (".mhd", ".nhdr", ".hdr")


def prepare_dataset(
    dataset: Path,
    cache: Path,
    *,
    processes: int = 0,
    progress: Progress | None = None,
    preprocessing: AxialSlices = _USUAL,
    phases: Sequence[Phase] = (),
) -> SliceStore:
    """Prepare every case that is not in the cache yet.

    Args:
        dataset: a folder as dataset/folder.py describes.
        cache: folder of prepared cases; a case is named after its files' names, sizes and times, so one
            cache serves several datasets and runs.
        processes: that read in parallel; 0 takes one per processor, 1 stays in this process.
        preprocessing: what makes slices of a study.
        phases: that the slices shall have; none for all that the dataset has.

    Raises:
        InputError: a case cannot be used; the message names it.
        MissingResourceError: no room on the disk or in memory, or a preparing process was ended.
        Cancelled: told by ``progress``; finished cases stay in the cache.
    """
    progress = progress or Silent()
    cases = read_dataset(dataset)
    if phases:
        cases = [replace(case, phase_paths=case.paths_of(phases)) for case in cases]
    folders = [cache / _cache_name(case, preprocessing) for case in cases]
    missing = [
        (case, folder, preprocessing)
        for case, folder in zip(cases, folders, strict=True)
        if not (folder / INDEX_FILE).is_file()
    ]
    progress.start(Stage.PREPARING_SLICES, len(cases))
    done = len(cases) - len(missing)

    def tell() -> None:
        progress.update(done)

    tell()
    for _ in _prepared(missing, processes or usable_cores(), tell):
        done += 1
        tell()
    progress.finish()
    store = SliceStore([_stored(case, folder) for case, folder in zip(cases, folders, strict=True)])
    _compare_cases(dataset, store)
    return store


def _compare_cases(dataset: Path, store: SliceStore) -> None:
    """Refuse what ``mtinet check`` calls a problem between cases, and say that there are warnings."""
    named = [
        NamedCase(case.case, case.patient, case.lesion_classes, case.notes.image or None)
        for case in store.cases
    ]
    problems, warnings = cases_problems(named)
    if problems:
        raise InputError(" ".join(problems))
    doubtful = sum(bool(case.notes.doubts) for case in store.cases)
    if warnings or doubtful:
        told = [
            *warnings[:_MOST_WARNINGS],
            *([f"{counted(doubtful, 'case has', 'cases have')} warnings."] if doubtful else []),
        ]
        logger.warning("%s 'mtinet check %s' lists all.", " ".join(told), dataset)


_Task = tuple[DatasetCase, Path, AxialSlices]


def _prepared(tasks: Sequence[_Task], processes: int, look_up: Callable[[], None]) -> Iterator[None]:
    if processes == 1 or len(tasks) <= 1:
        for task in tasks:
            prepare_case(task, look_up)
            yield
        return
    cache = tasks[0][1].parent
    try:
        for _ in run_in_processes(prepare_case, tasks, processes, title=_title, look_up=look_up):
            yield
    finally:
        # Of processes that were ended in the midst of a case.
        for left in cache.glob(f".part-*-{os.getpid()}-*"):
            shutil.rmtree(left, ignore_errors=True)


def _title(task: _Task) -> str:
    return f"case {task[0].case}"


class _LookingUp(Silent):
    """At every step of reading and aligning, so that a case is not waited for."""

    def __init__(self, look_up: Callable[[], None]) -> None:
        self._look_up = look_up

    def update(self, done: int) -> None:
        self._look_up()


def prepare_case(task: _Task, look_up: Callable[[], None] = lambda: None) -> None:
    """Read, normalise, cut and write one case.

    Args:
        look_up: called between two phases and two steps; what it raises ends the work.

    Raises:
        InputError: the case cannot be used.
        MissingResourceError: there is no room for it on the disk or in memory.
    """
    case, folder, preprocessing = task
    beside = folder.with_name(f".part-{os.getpid()}-{os.getppid()}-{folder.name}")
    try:
        watcher = _LookingUp(look_up)
        study = open_study(case.phase_paths, progress=watcher)
        labels = _read_labels(case, study.grid)
        anatomy = _read_anatomy(case, study.grid)
        look_up()
        image = study.phase(study.reference)
        problems, warnings = mask_problems(labels, study.grid, image)
        if problems:
            raise InputError(" ".join(problems))
        held = tuple(int(label) for label in np.unique(labels) if label)
        notes = CaseNotes(held, (*warnings, *_doubts(study)), image_digest(image))
        write_study(beside, study, labels, preprocessing, notes, anatomy)
        if not (folder / INDEX_FILE).is_file():  # another run may have been faster
            shutil.rmtree(folder, ignore_errors=True)
            beside.replace(folder)
    except InputError as error:
        raise InputError(f"Case {case.case}: {error}") from error
    except MemoryError as error:
        raise MissingResourceError(
            f"Case {case.case}: there is not enough memory to prepare it; close other programs."
        ) from error
    except OSError as error:
        raise MissingResourceError(
            f"Case {case.case}: its slices could not be written to {folder.parent} "
            f"({error.strerror or error}); make room there or choose another folder."
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _doubts(study: Study) -> tuple[str, ...]:
    return tuple(flag for flag in study.flags if flag.partition(":")[0] in SIGNAL_FLAGS)


def write_study(
    folder: Path,
    study: Study,
    labels: npt.NDArray[np.uint8],
    preprocessing: AxialSlices = _USUAL,
    notes: CaseNotes = _NO_NOTES,
    anatomy: npt.NDArray[np.uint8] | None = None,
) -> None:
    """Prepare a study with its label and anatomy maps, [K, J, I] each, and write its slices to ``folder``.

    Where the liver sets the scale it is the true one, as far as it is known.
    """
    prepared = preprocessing.prepare(study)
    frame = prepared.frame
    label_slices = frame.labels_to_slices(labels)
    organs = None
    if anatomy is not None:
        half = SliceFrame.of(study.grid, frame.size // 2)
        organs = half.labels_to_slices(anatomy)
        liver = (organs == Organ.LIVER) & (half.labels_to_slices(labels) == 0)
        signal = liver_signal(prepared.slices[:, 0], liver) if preprocessing.liver_sets_scale else None
        prepared = prepared if signal is None else prepared.with_liver_at(signal)
    ends = (prepared.scale.low, prepared.scale.high)
    unseen = _unseen(label_slices, frame, study.covered)
    write_case(folder, prepared.slices, label_slices, frame.pixel_mm, ends, notes, organs, unseen)


def _read_anatomy(case: DatasetCase, grid: Grid) -> npt.NDArray[np.uint8] | None:
    path = case.anatomy_path
    if path is None:
        return None
    organs = _label_map(path, "anatomy map", grid, case)
    known = (*Organ, UNKNOWN_ORGAN)
    strange = sorted({int(value) for value in np.unique(organs)} - set(known))
    if strange:
        raise InputError(
            f"the anatomy map {path.name} holds {strange[0]}, which is no organ: use "
            f"{', '.join(f'{organ.value} {organ.title}' for organ in Organ)}; {UNKNOWN_ORGAN} is unknown."
        )
    return organs


def _unseen(
    labels: npt.NDArray[np.uint8], frame: SliceFrame, covered: Mask | None
) -> tuple[tuple[int, ...], ...]:
    """By slice the lesions of which a phase has no image: nobody can say what curve they have there."""
    if covered is None:
        return ((),) * len(labels)
    missing = frame.labels_to_slices(np.any(~covered, axis=0))
    return tuple(
        tuple(int(label) for label in np.unique(of_slice[gap]) if label)
        for of_slice, gap in zip(labels, missing, strict=True)
    )


def _read_labels(case: DatasetCase, grid: Grid) -> npt.NDArray[np.uint8]:
    if case.mask_path is None:
        if case.case_class == NO_LESIONS:
            return np.zeros(grid.shape, dtype=np.uint8)
        raise InputError("training needs its mask; name the file in the column mask of cases.csv.")
    return _label_map(case.mask_path, "mask", grid, case)


def _label_map(path: Path, what: str, grid: Grid, case: DatasetCase) -> npt.NDArray[np.uint8]:
    read = read_label_map(path)
    if not read.grid.matches(grid):
        raise InputError(
            f"the {what} {path.name} has another grid than the {usual_reference(case.phases).title} "
            "phase; resample it."
        )
    labels = np.rint(read.array)
    if not np.array_equal(labels, read.array) or labels.min() < 0 or labels.max() > MAX_LESIONS:
        held = f"1 to {MAX_LESIONS} for the lesions" if what == "mask" else "other numbers for the organs"
        raise InputError(
            f"the {what} {path.name} is not a label map; it must hold whole numbers, 0 for "
            f"background and {held}."
        )
    result: npt.NDArray[np.uint8] = labels.astype(np.uint8)
    return result


def _stored(case: DatasetCase, folder: Path) -> StoredCase:
    index = read_case_index(folder)
    labels = {label for areas in index["areas"] for label in areas}
    problems, _ = class_problems(set(index["notes"].labels), case.case_class, case.lesion_classes)
    if problems:
        raise InputError(f"Case {case.case}: {' '.join(problems)}")
    classes = {label: case.class_of(label) for label in labels}
    told = f"{index.pop('truth')} {case.case_class} {sorted(classes.items())}"
    truth = hashlib.sha256(told.encode()).hexdigest()[:32]
    return StoredCase(case.case, case.patient, case.case_class, folder, classes=classes, truth=truth, **index)


def _cache_name(case: DatasetCase, preprocessing: AxialSlices) -> str:
    digest = hashlib.sha256(f"{CACHE_VERSION} {preprocessing.info}".encode())
    for phase in case.phases:
        digest.update(_content_mark(case.phase_paths[phase]))
    for path in (case.mask_path, case.anatomy_path):
        if path is not None:
            digest.update(_content_mark(path))
            for file in _files_of(path):
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:24]


def _content_mark(path: Path) -> bytes:
    """Names, sizes and times of the files at a path: reading gigabytes to name a cache costs too much.

    Times can be set back to what they were; the number of the file and the time of its last change of any
    kind cannot, where the system keeps them.
    """
    lines = []
    for item in _files_of(path):
        status = item.stat()
        times = f"{status.st_mtime_ns}|{status.st_ctime_ns}|{status.st_ino}"
        lines.append(f"{item.resolve()}|{status.st_size}|{times}")
    return "\n".join(lines).encode()


def _files_of(path: Path) -> list[Path]:
    """A folder's files; of a header whose pixels lie in another file, all files beside it."""
    if path.is_dir():
        return sorted(item for item in path.rglob("*") if item.is_file())
    if path.suffix.lower() in _DETACHED_HEADERS:
        return sorted(item for item in path.parent.iterdir() if item.is_file())
    return [path]
