"""The whole way from a source in another layout to a dataset, case by case: it can be stopped and go on."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from MTINetLib.dataset.folder import write_dataset_tables
from MTINetLib.errors import InputError
from MTINetLib.importers.found import Found, FoundCase, ImportOptions
from MTINetLib.importers.import_case import CaseTask, import_case, remove_unfinished
from MTINetLib.importers.imported import (
    TOLD_FILE,
    Imported,
    LeftOutCase,
    read_state,
    write_state,
    write_synthetic,
    write_told,
)
from MTINetLib.importers.kinds import Kind
from MTINetLib.importers.names import with_own_names
from MTINetLib.importers.write_boxes import write_boxes
from MTINetLib.importers.write_case import WrittenCase
from MTINetLib.output_place import clear_disk_errors, refuse_unusable_folder
from MTINetLib.process_pool import run_in_processes
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.phase import Phase, in_order_of_time


def import_dataset(
    kind: Kind,
    source: Path,
    out: Path,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
    jobs: int = 1,
) -> Imported:
    """Make a dataset of what lies in ``source``; what cannot be used is left out with its reason.

    A case is in the dataset whole or not at all. An import that was stopped goes on with the same command:
    the cases that are done stay. The tables come last, so that a folder with ``cases.csv`` is whole.

    Args:
        source: a folder in the layout of the kind, or for ``folder`` the table.
        out: new, empty, or one that the same import was stopped in.
        jobs: processes that work; with several the caller's main module must be importable.

    Raises:
        InputError: the source has another layout, nothing in it can be used, or ``out`` holds something else.
        MissingResourceError: the disk is full; the cases that are done stay.
        Cancelled: told by ``progress``; the same.
    """
    watcher, options = progress or Silent(), options or ImportOptions()
    if not source.exists():
        raise InputError(f"There is no {source}.")
    _refuse(out, source, kind)
    found = kind.find(source, options)
    found = replace(found, cases=with_own_names(found.cases))
    phases = common_phases(found.cases, source)
    with clear_disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        remove_unfinished(out)  # of an import that was killed
        write_state(out, kind, False, phases)
        result = _cases(kind, found, source, out, phases, options, watcher, jobs)
        result = _finished(result, found)
    if not result.cases:
        first = result.left_out[0]
        raise InputError(
            f"None of the {len(result.left_out)} cases in {source} can be used, see {out / TOLD_FILE}; the "
            f"first, {first.case}: {first.reason}."
        )
    return result


def common_phases(cases: Sequence[FoundCase], source: Path) -> tuple[Phase, ...]:
    """The phases that most cases have, for those of a dataset are the same for all; of equals the most
    phases.

    Raises:
        InputError: no case has an image.
    """
    counts = Counter(in_order_of_time(case.volumes) for case in cases if not case.left_out and case.volumes)
    if not counts:
        reason = next((f": {case.case}, {case.left_out}" for case in cases if case.left_out), "")
        raise InputError(f"No case in {source} can be used{reason}.")
    return max(counts, key=lambda phases: (counts[phases], len(phases)))


def _refuse(out: Path, source: Path, kind: Kind) -> None:
    refuse_unusable_folder(out)
    if out.resolve() == source.resolve() or source.resolve() in out.resolve().parents:
        raise InputError(f"{out} lies in the source; choose a folder beside it.")
    if not out.is_dir() or not any(out.iterdir()):
        return
    state = read_state(out)
    if state is None:
        raise InputError(f"{out} holds something already; choose a new folder for the dataset.")
    if state.finished:
        raise InputError(f"{out} was imported already ({state.kind}); choose a new folder.")
    if state.kind != kind.name:
        raise InputError(f"In {out} an import of {state.kind} was begun; choose a new folder.")


def _cases(
    kind: Kind,
    found: Found,
    source: Path,
    out: Path,
    phases: tuple[Phase, ...],
    options: ImportOptions,
    progress: Progress,
    jobs: int,
) -> Imported:
    tasks = [CaseTask(kind.name, case, out, phases, options) for case in found.cases]
    done: dict[int, WrittenCase | str] = {}
    progress.start(Stage.IMPORTING_CASES, len(tasks))
    try:
        for number, made in _carried_out(tasks, jobs, lambda: progress.update(len(done))):
            done[number] = made
            progress.update(len(done))
    finally:
        remove_unfinished(out)  # of processes that were ended
    progress.finish()
    written: list[WrittenCase] = []
    left_out: list[LeftOutCase] = []
    for task, made in ((tasks[number], done[number]) for number in sorted(done)):
        reason = made if isinstance(made, str) else _twin_of(made, written)
        if isinstance(made, str) or reason:
            left_out.append(LeftOutCase(task.found.case, _without_place(reason, source)))
            shutil.rmtree(task.target, ignore_errors=True)
        else:
            written.append(made)
    return Imported(out, kind, phases, tuple(written), tuple(left_out), found.remarks)


def _carried_out(
    tasks: Sequence[CaseTask], jobs: int, look_up: Callable[[], None]
) -> Iterator[tuple[int, WrittenCase | str]]:
    if jobs > 1:
        yield from run_in_processes(
            import_case, tasks, jobs, title=lambda task: task.found.case, look_up=look_up
        )
        return
    for number, task in enumerate(tasks):
        yield number, import_case(task)


def _without_place(text: str, source: Path) -> str:
    """Where the source lies is nobody's business who reads the dataset: paths begin in it."""
    folder = source if source.is_dir() else source.parent
    for place in (folder, folder.resolve()):
        text = text.replace(f"{place}{os.sep}", "")
    return text


def _twin_of(made: WrittenCase, others: Sequence[WrittenCase]) -> str:
    """Why a case with another patient's images is left out: a split might part them; empty if it is not."""
    for other in others:
        if made.digest and made.digest == other.digest and made.patient != other.patient:
            return f"it holds the same images as {other.case}, which is of another patient"
    return ""


def _finished(result: Imported, found: Found) -> Imported:
    write_told(result)
    if not result.cases:
        return result
    of_case = {case.case: case for case in found.cases}
    boxed = [of_case[case.case] for case in result.cases if of_case[case.case].boxes]
    if boxed:
        result = replace(result, boxes=write_boxes(result, boxed))
    else:
        write_dataset_tables(
            result.folder, [case.row(result.folder / "cases" / case.case) for case in result.cases]
        )
    if found.synthetic:
        write_synthetic(result.folder)
    write_state(result.folder, result.kind, True, result.phases)
    return result
