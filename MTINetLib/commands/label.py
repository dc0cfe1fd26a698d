"""``mtinet label``: an archive becomes a work list, and the work list a dataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from MTINetLib.commands.label_options import (
    Again,
    Also,
    Classes,
    DeidentifyCases,
    Done,
    Draft,
    Export,
    Keep,
    Listed,
    Marks,
    Mask,
    NewList,
    NoLesion,
    OrderOption,
    Patient,
    PhaseWords,
    Reader,
    SetAside,
    StudyName,
    ToDo,
)
from MTINetLib.commands.label_study import AskedChange, change_study, own_name
from MTINetLib.commands.label_table import rows_table
from MTINetLib.commands.options import Backend, Device, Model, Precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from MTINetLib.worklist.draft import Drafted
    from MTINetLib.worklist.folder import WorkList
    from MTINetLib.worklist.order import Order, Row

#: Columns of a table that is not printed on a terminal.
_WIDTH = 140


def label(
    listed: Listed,
    out: NewList = None,
    marks: Marks = None,
    order: OrderOption = "informative",
    draft: Draft = None,
    again: Again = False,
    also: Also = None,
    study: StudyName = None,
    classes: Classes = None,
    mask: Mask = None,
    no_lesion: NoLesion = False,
    done: Done = False,
    set_aside: SetAside = None,
    to_do: ToDo = False,
    patient: Patient = None,
    phase: PhaseWords = None,
    assume_order: Annotated[
        bool,
        typer.Option("--assume-order", help="Its unnamed volumes were taken in the order of their numbers."),
    ] = False,
    keep: Keep = None,
    reader: Reader = None,
    export: Export = None,
    deidentify: DeidentifyCases = False,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "torch",
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """Label an archive: list its studies, let a model draft them, correct, and export a dataset.

    Without an option the list is shown, the next study first. Several readers may work on one list.
    """
    from MTINetLib.console import terminal
    from MTINetLib.errors import InputError
    from MTINetLib.worklist.folder import open_list

    wanted_order = _order(order)
    asked = AskedChange(
        tuple(classes or ()),
        mask,
        no_lesion,
        done,
        set_aside,
        to_do,
        patient,
        tuple(phase or ()),
        assume_order,
        keep,
    )
    if study is None and asked.something:
        raise InputError("Say which study is meant: --study with a name that the list shows.")
    if study is not None and not asked.something:
        raise InputError(f"Say what is known of the study {study}, such as --class hcc --done.")
    if (deidentify and export is None) or ((again or also) and draft is None):
        raise InputError("--deidentify belongs to --export, --again and --also to --draft.")
    if as_json and (out, draft, study, export) != (None,) * 4:
        raise InputError("--json shows the list and does nothing else: run the command twice.")
    if marks and out is None:
        raise InputError("--marks makes a list of results: say with -o where the list shall be.")
    console = terminal()
    if not console.is_terminal:
        console = terminal(max(console.width, _WIDTH))
    if out is not None and marks:
        _take_marks(console, listed, marks, out)
    elif out is not None:
        _search(console, listed, out)
    opened = open_list(listed if out is None else out)
    compute = (device, precision, backend)
    if draft is not None:
        models = (model, tuple(also or ()))
        _draft(console, opened, _count(draft), again, wanted_order, models, compute)
    if study is not None:
        change_study(console, opened, study, asked, model, reader or own_name())
    if export is not None:
        _export(console, opened, export, model, deidentify)
    if study is None and export is None:
        _show(console, opened, wanted_order, as_json)


def _search(console: Console, source: Path, folder: Path) -> None:
    from MTINetLib.console import RichProgress
    from MTINetLib.presentation.counts import counted
    from MTINetLib.worklist.search import search

    with RichProgress(console) as progress:
        found = search(source, folder, progress)
    total = len(found.new) + len(found.moved) + found.known
    line = f"{counted(total, 'study', 'studies')} found, {len(found.new)} new"
    if found.moved:
        line += f", {len(found.moved)} in another place than before"
    console.print(f"{line}; the list has {counted(found.patients, 'patient')}.", soft_wrap=True)
    if found.gone:
        console.print(
            f"Not found any more: {', '.join(found.gone)}. What is known of them stays in the list.",
            style="yellow",
            soft_wrap=True,
        )
    if found.unreadable:
        console.print(
            f"Files that look like MR images and cannot be read: {found.unreadable}.", style="yellow"
        )
    if total > 1 and found.patients == 1:
        console.print(
            "All studies have one patient's ID, as anonymised ones may: training needs two patients at "
            "least; set --patient where they differ.",
            style="yellow",
            soft_wrap=True,
        )


def _take_marks(console: Console, results: Path, tables: Sequence[Path], folder: Path) -> None:
    from MTINetLib.cohort.marked_list import list_marked
    from MTINetLib.console import RichProgress
    from MTINetLib.errors import Statement
    from MTINetLib.presentation.statements import sentence

    with RichProgress(console) as progress:
        made = list_marked(results, tables, folder, progress)
    said = Statement.of("list_marked", studies=len(made.studies), unmarked=made.unmarked)
    console.print(sentence(said), soft_wrap=True)
    for line in made.left_out:
        console.print(f"Left out: {line}", style="yellow", soft_wrap=True)


def _draft(
    console: Console,
    listed: WorkList,
    count: int | None,
    again: bool,
    order: Order,
    models: tuple[str | None, tuple[str, ...]],
    compute: tuple[str, str, str],
) -> None:
    from MTINetLib.console import RichProgress
    from MTINetLib.models.find import find_model
    from MTINetLib.models.networks_beside import networks_beside
    from MTINetLib.models.store import load_model, load_ready_model
    from MTINetLib.worklist.draft import Compute, draft, to_draft
    from MTINetLib.worklist.order import in_order

    model, also = models
    loaded = load_ready_model(model, *compute)
    others = [*map(load_model, networks_beside(find_model(model))), *map(load_model, also)]
    rows = [row.record for row in in_order(listed.records(), order)]
    waiting = to_draft(rows, loaded.info.sha256, again)[:count]
    if not waiting:
        console.print("No study waits for a draft.")
        return
    with RichProgress(console) as progress:
        drafted = draft(listed, waiting, loaded, Compute(*compute), progress, others=others)
    for one in drafted:
        console.print(_told_of_draft(one), soft_wrap=True)


def _told_of_draft(drafted: Drafted) -> str:
    from MTINetLib.presentation.counts import counted

    entry = drafted.record.entry
    if drafted.skipped:
        return f"{drafted.record.study}: left as it is, for somebody else works on it."
    if entry.problem:
        return f"{drafted.record.study}: it cannot be opened: {entry.problem}"
    return f"{drafted.record.study}: {counted(len(entry.classes), 'lesion')} drafted."


def _export(console: Console, listed: WorkList, dataset: Path, model: str | None, deidentify: bool) -> None:
    from MTINetLib.console import RichProgress
    from MTINetLib.errors import InputError
    from MTINetLib.models.find import phases_to_look_for
    from MTINetLib.presentation.counts import counted
    from MTINetLib.worklist.export import export

    with RichProgress(console) as progress:
        made = export(listed, dataset, phases_to_look_for(model), deidentify=deidentify, progress=progress)
    there = f", {made.known} were there already" if made.known else ""
    console.print(
        f"{counted(len(made.added), 'case')} added to {dataset}{there}: mtinet check looks at them.",
        soft_wrap=True,
    )
    for line in made.left_out:
        console.print(f"Left out: {line}", style="yellow", soft_wrap=True)
    if made.left_out and not made.added and not made.known:
        raise InputError(f"No study could be exported to {dataset}; see above.")


def _show(console: Console, listed: WorkList, order: Order, as_json: bool) -> None:
    from MTINetLib.presentation.counts import counted
    from MTINetLib.presentation.worklist_words import status_word
    from MTINetLib.worklist.entry import Status
    from MTINetLib.worklist.order import in_order

    rows = in_order(listed.records(), order)
    if as_json:
        typer.echo(json.dumps([_as_dict(listed, row) for row in rows], indent=2, allow_nan=False))
        return
    console.print(rows_table(rows))
    numbers = {status: sum(row.record.entry.status is status for row in rows) for status in Status}
    told = ", ".join(f"{count} {status_word(status.value)}" for status, count in numbers.items() if count)
    console.print(f"{counted(len(rows), 'study', 'studies')}: {told}.", soft_wrap=True)
    for row in rows:
        if row.record.unreadable:
            damaged = counted(row.record.unreadable, "damaged version")
            console.print(f"{row.record.study}: {damaged}, the ones before count.", style="yellow")
    _show_marks(console, rows)


def _show_marks(console: Console, rows: Sequence[Row]) -> None:
    """What readers marked on the next study."""
    from MTINetLib.presentation.marks_words import mark_words, reader_name
    from MTINetLib.worklist.entry import OVER

    for record in [row.record for row in rows if row.record.entry.status not in OVER][:1]:
        for mark in record.entry.marks:
            line = f"{record.study}: {mark_words(mark)} ({reader_name(mark.reader)})"
            console.print(line, soft_wrap=True, markup=False)


def _as_dict(listed: WorkList, row: Row) -> dict[str, Any]:
    from MTINetLib.presentation.marks_words import mark_words
    from MTINetLib.presentation.statements import sentence

    record, entry = row.record, row.record.entry
    return {
        "study": record.study,
        "patient": record.patient,
        "folder": record.place.folder,
        "status": entry.status.value,
        "reason": entry.reason,
        "classes": {str(label): name for label, name in sorted(entry.classes.items())},
        "no_lesions": entry.no_lesions,
        "mask": str(listed.labels_of(entry)) if entry.labels else None,
        "findings": str(listed.findings_of(entry)) if entry.findings else None,
        "who": entry.who,
        "when": entry.when,
        "version": entry.version,
        "rivals": [rival.version for rival in record.rivals],
        "scores": vars(entry.scores),
        "problem": entry.problem,
        "marks": [
            {
                "reader": mark.reader,
                "mark": mark.word,
                "lesion": mark.lesion,
                "class": mark.lesion_class,
                "position_lps_mm": mark.position_lps_mm,
                "comment": mark.comment,
                "words": mark_words(mark),
            }
            for mark in entry.marks
        ],
        "missing": record.place.missing,
        "why": sentence(row.why),
    }


def _order(text: str) -> Order:
    from MTINetLib.errors import InputError
    from MTINetLib.worklist.order import Order

    for order in Order:
        if text.strip().lower().replace("-", "_") == order.value:
            return order
    raise InputError(f"The order '{text}' is unknown; use informative, random or as-they-lie.")


def _count(text: str) -> int | None:
    """None for all."""
    from MTINetLib.errors import InputError

    if text == "all":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"--draft {text} is no number of studies; write, say, --draft 10, or --draft all.")
    return int(text)
