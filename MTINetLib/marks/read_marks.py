"""Reads tables of marks, strictly: a table that a program has changed on the way is refused, not guessed at.

A spreadsheet program that writes semicolons also writes decimals, and names that look like numbers, as it
likes, so a position could be another one without looking wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from MTINetLib.dataset.folder import lesion_class_of
from MTINetLib.dataset.table_text import read_table_text
from MTINetLib.dataset.tables import Row, RowError, table_rows
from MTINetLib.errors import InputError
from MTINetLib.marks.mark import Mark, MarkKind, Point, Reading
from MTINetLib.marks.marked_results import MarkedResults, StudyResults
from MTINetLib.progress import Progress, Silent, Stage

AXES = ("x_mm", "y_mm", "z_mm")
COLUMNS = ("study", "lesion", "mark", "class", *AXES, "comment", "reader", "marked_utc")
_KINDS = tuple(kind.value for kind in MarkKind)
_SAVE_AGAIN = "take the table as the page saved it, or save it as comma-separated UTF-8"


def read_marks(
    tables: Sequence[Path], results: MarkedResults, progress: Progress | None = None
) -> tuple[Reading, ...]:
    """What the readers said, in the order of the tables; a reader may have several tables, a table several
    readers.

    Raises:
        InputError: something in a table cannot be used; the sentence names table, line and column.
        Cancelled: told by ``progress``.
    """
    marks: dict[tuple[str, str], list[Mark]] = {}
    places: dict[tuple[object, ...], str] = {}
    watcher = progress or Silent()
    watcher.start(Stage.READING_FILES, len(tables))
    for number, table in enumerate(tables):
        for row in _rows(table):
            watcher.update(number)
            name = row.text("study")
            if name not in results.names:
                raise row.error("study", f"{name!r} is no study of {results.folder}")
            mark = _mark(row, results.study(name))
            _refuse_twice(row, name, mark, places)
            marks.setdefault((name, mark.reader), []).append(mark)
    watcher.finish()
    if not marks:
        raise InputError(f"{', '.join(map(str, tables))}: no mark stands there; mark lesions first.")
    return tuple(Reading(study, reader, tuple(own)) for (study, reader), own in marks.items())


def _rows(table: Path) -> Iterator[Row]:
    text = read_table_text(table, COLUMNS)
    if text.encoding != "utf-8":
        raise InputError(f"{table}, line {_first_not_utf8(table)}: this is not UTF-8; {_SAVE_AGAIN}.")
    if text.separator != ",":
        raise InputError(
            f"{table}, line 1: values are separated by {text.separator!r} and not by commas, as some "
            f"spreadsheet programs do, which may have changed numbers too; {_SAVE_AGAIN}."
        )
    for row in table_rows(table, COLUMNS):
        if isinstance(row, RowError):
            raise row
        yield row


def _first_not_utf8(table: Path) -> int:
    data = table.read_bytes()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 1


def _mark(row: Row, study: StudyResults) -> Mark:
    kind = MarkKind(row.choice("mark", _KINDS))
    lesion = row.number("lesion") if row.values["lesion"] else None
    if lesion is not None and lesion not in {known.label for known in study.findings.lesions}:
        there = ", ".join(str(known.label) for known in study.findings.lesions) or "none"
        raise row.error("lesion", f"{lesion} is no lesion of the study {study.name}; its lesions: {there}")
    if kind is MarkKind.WRONG and lesion is None:
        raise row.error("lesion", "is empty; say which lesion is wrong")
    if kind is MarkKind.MISSED and lesion is not None:
        raise row.error("lesion", f"says {lesion} beside 'missed'; a missed lesion has no number")
    return Mark(
        kind,
        lesion,
        _class(row, kind, lesion),
        _position(row, kind, study),
        row.text("comment") if kind is MarkKind.COMMENT else row.values["comment"],
        " ".join(row.values["reader"].split()),
        _time(row),
    )


def _class(row: Row, kind: MarkKind, lesion: int | None) -> str:
    if not row.values["class"]:
        return ""
    if kind is MarkKind.MISSED or (kind is MarkKind.RIGHT and lesion is not None):
        return lesion_class_of(row)
    raise row.error(
        "class",
        f"says {row.values['class']!r}, but only a lesion that is right and a missed one have a class; a "
        "lesion with a right outline and another class is marked as right with that class",
    )


def _position(row: Row, kind: MarkKind, study: StudyResults) -> Point | None:
    if kind is not MarkKind.MISSED:
        for axis in AXES:
            if row.values[axis]:
                raise row.error(axis, "is filled in; only a missed lesion has a position")
        return None
    x, y, z = (_number(row, axis) for axis in AXES)
    grid = study.grid
    if grid is not None:
        index = grid.to_index((x, y, z))
        if (index < -0.5).any() or (index > np.array(grid.shape) - 0.5).any():
            raise row.error(
                "x_mm", f"the position {x:g}, {y:g}, {z:g} lies outside the images of the study {study.name}"
            )
    return x, y, z


def _number(row: Row, axis: str) -> float:
    text = row.text(axis)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise row.error(axis, f"says {text!r}; give millimetres with a decimal point")
    return value


def _time(row: Row) -> str:
    text = row.values["marked_utc"]
    if text:
        try:
            datetime.fromisoformat(text.removesuffix("Z"))
        except ValueError as error:
            raise row.error("marked_utc", f"says {text!r}; give a time as 2026-01-31T12:00:00Z") from error
    return text


def _refuse_twice(row: Row, study: str, mark: Mark, places: dict[tuple[object, ...], str]) -> None:
    """A lesion is judged once by a reader, and a study ended once; a position is missed once."""
    if mark.kind is MarkKind.COMMENT:
        return
    key = (study, mark.reader, mark.lesion, mark.position_lps_mm)
    place = f"{row.table}, line {row.line}"
    before = places.setdefault(key, place)
    if before is place:
        return
    what = "the position" if mark.kind is MarkKind.MISSED else f"lesion {mark.lesion}"
    what = f"the study {study}" if mark.lesion is None and mark.kind is MarkKind.RIGHT else what
    who = f"by {mark.reader}" if mark.reader else "without a reader's name"
    raise row.error("lesion", f"{what} was marked {who} already, in {before}; keep one of them")
