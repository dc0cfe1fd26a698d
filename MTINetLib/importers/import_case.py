"""One case of an import: a task that travels to a process, and what came of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.importers.found import FoundCase, ImportOptions, LeftOut
from MTINetLib.importers.kept_case import fingerprint, keep_case, kept_case
from MTINetLib.importers.write_case import WrittenCase, write_case
from MTINetLib.importers.write_study import write_study
from MTINetLib.study.phase import Phase, titles_of
from MTINetLib.write_whole import whole_folder


@dataclass(frozen=True)
class CaseTask:
    """A case and where it goes.

    Args:
        kind: its name.
        out: folder of the dataset.
    """

    kind: str
    found: FoundCase
    out: Path
    phases: tuple[Phase, ...]
    options: ImportOptions

    @property
    def target(self) -> Path:
        return self.out / "cases" / self.found.case


def import_case(task: CaseTask) -> WrittenCase | str:
    """The case as it was written, now or before the import was stopped; or why it is left out.

    Raises:
        InputError: its place holds a case that was made otherwise.
        OSError: it cannot be written.
    """
    try:
        return _imported(task)
    except LeftOut as error:
        return str(error)


def remove_unfinished(out: Path) -> None:
    """What a process that was ended in the middle of a case has left."""
    for unfinished in (out / "cases").glob(".part-*"):
        shutil.rmtree(unfinished, ignore_errors=True)


def _imported(task: CaseTask) -> WrittenCase:
    case = task.found
    if case.left_out:
        raise LeftOut(case.left_out)
    missing = [phase for phase in task.phases if phase not in case.volumes]
    if missing:
        raise LeftOut(f"it has no {titles_of(missing, 'and no')} phase")
    mark = fingerprint(case, task.phases, task.options)
    if task.target.exists():
        known = kept_case(case.case, task.target)
        if known is None or known[1] != mark:
            raise InputError(
                f"{task.target} was made from other files or with other options; choose a new folder for the "
                "dataset."
            )
        return known[0]
    task.target.parent.mkdir(parents=True, exist_ok=True)
    write = write_study if case.boxes else write_case
    with whole_folder(task.target) as beside:
        made = write(case, beside, task.phases, task.options)
        keep_case(made, beside, mark, task.kind)
    return made
