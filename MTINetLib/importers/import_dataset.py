"""The whole way from a source in another layout to a dataset, case by case: it can be stopped and go on."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from MTINetLib.dataset.folder import write_dataset_tables
from MTINetLib.errors import InputError
from MTINetLib.importers.found import Found, FoundCase, ImportOptions, LeftOut
from MTINetLib.importers.imported import (
    TOLD_FILE,
    Imported,
    LeftOutCase,
    read_state,
    write_state,
    write_synthetic,
    write_told,
)
from MTINetLib.importers.kept_case import fingerprint, keep_case, kept_case
from MTINetLib.importers.kinds import Kind
from MTINetLib.importers.names import with_own_names
from MTINetLib.importers.write_boxes import write_boxes
from MTINetLib.importers.write_case import WrittenCase, write_case
from MTINetLib.importers.write_study import write_study
from MTINetLib.output_place import clear_disk_errors, refuse_unusable_folder
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.phase import Phase, in_order_of_time, titles_of
from MTINetLib.write_whole import whole_folder


def import_dataset(
    kind: Kind,
    source: Path,
    out: Path,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Make a dataset of what lies in ``source``; what cannot be used is left out with its reason.

    A case is in the dataset whole or not at all. An import that was stopped goes on with the same command:
    the cases that are done stay. The tables come last, so that a folder with ``cases.csv`` is whole.

    Args:
        source: a folder in the layout of the kind, or for ``folder`` the table.
        out: new, empty, or one that the same import was stopped in.

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
        for unfinished in (out / "cases").glob(".part-*"):  # of an import that was killed
            shutil.rmtree(unfinished, ignore_errors=True)
        write_state(out, kind, False, phases)
        result = _cases(kind, found, source, out, phases, options, watcher)
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
) -> Imported:
    written: list[WrittenCase] = []
    left_out: list[LeftOutCase] = []
    progress.start(Stage.IMPORTING_CASES, len(found.cases))
    for number, case in enumerate(found.cases, 1):
        try:
            made = _case(kind, case, out, phases, options)
            _refuse_twin(made, written)
            written.append(made)
        except LeftOut as error:
            left_out.append(LeftOutCase(case.case, _without_place(str(error), source)))
            shutil.rmtree(out / "cases" / case.case, ignore_errors=True)
        progress.update(number)
    progress.finish()
    return Imported(out, kind, phases, tuple(written), tuple(left_out), found.remarks)


def _case(
    kind: Kind, case: FoundCase, out: Path, phases: tuple[Phase, ...], options: ImportOptions
) -> WrittenCase:
    if case.left_out:
        raise LeftOut(case.left_out)
    missing = [phase for phase in phases if phase not in case.volumes]
    if missing:
        raise LeftOut(f"it has no {titles_of(missing, 'and no')} phase")
    target = out / "cases" / case.case
    mark = fingerprint(case, phases, options)
    if target.exists():
        known = kept_case(case.case, target)
        if known is None or known[1] != mark:
            raise InputError(
                f"{target} was made from other files or with other options; choose a new folder for the "
                "dataset."
            )
        return known[0]
    target.parent.mkdir(parents=True, exist_ok=True)
    write = write_study if case.boxes else write_case
    with whole_folder(target) as beside:
        made = write(case, beside, phases, options)
        keep_case(made, beside, mark, kind.name)
    return made


def _without_place(text: str, source: Path) -> str:
    """Where the source lies is nobody's business who reads the dataset: paths begin in it."""
    folder = source if source.is_dir() else source.parent
    for place in (folder, folder.resolve()):
        text = text.replace(f"{place}{os.sep}", "")
    return text


def _refuse_twin(made: WrittenCase, others: Sequence[WrittenCase]) -> None:
    """One image under two patients would lie on both sides of a split."""
    for other in others:
        if made.digest and made.digest == other.digest and made.patient != other.patient:
            raise LeftOut(f"it holds the same images as {other.case}, which is of another patient")


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
