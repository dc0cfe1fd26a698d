"""The lines of a dataset's tables, with what an error message needs to name them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from MTINetLib.dataset.table_text import column_name, read_table_text
from MTINetLib.errors import InputError


class RowError(InputError):
    """Something is wrong in one line of a table.

    Args:
        table: path of the table.
        line: 1-based.
        column: its name.
        problem: what is wrong, without a full stop.
    """

    def __init__(self, table: str, line: int, column: str, problem: str) -> None:
        super().__init__(f"{table}, line {line}, column {column}: {problem}.")
        self.line, self.column, self.problem = line, column, problem


@dataclass(frozen=True)
class Row:
    """One line of a table; every error that its methods raise is a :class:`RowError`."""

    table: str
    line: int
    values: Mapping[str, str]

    def text(self, column: str) -> str:
        """What stands in the column; it may not be empty."""
        value = self.values[column]
        if not value:
            raise self.error(column, "is empty; fill it in")
        return value

    def choice(self, column: str, allowed: Sequence[str]) -> str:
        """One of the allowed words."""
        value = self.text(column)
        for word in allowed:
            if word.casefold() == value.casefold():
                return word
        raise self.error(column, f"says {value!r}; use one of {', '.join(allowed)}")

    def number(self, column: str) -> int:
        """A whole number, 1 or more."""
        value = self.text(column)
        # Spreadsheets write 1 as 1.0, or 1,0 where the comma is the decimal sign.
        whole, _, decimals = value.replace(",", ".").partition(".")
        if not (whole.isascii() and whole.isdecimal()) or int(whole) < 1 or decimals.strip("0"):
            raise self.error(column, f"says {value!r}; use the lesion's value in the mask, 1 or more")
        return int(whole)

    def path(self, column: str, folder: Path) -> Path:
        """An existing file or folder inside the dataset's folder, absolute."""
        text = self.text(column)
        if PurePosixPath(text).is_absolute() or PureWindowsPath(text).drive or PureWindowsPath(text).root:
            raise self.error(column, f"{text} is an absolute path; make it relative to the dataset folder")
        # A table written on Windows may hold backslashes; a name with a backslash in it is not worth more.
        parts = PurePosixPath(text.replace("\\", "/")).parts
        if ".." in parts:
            raise self.error(column, f"{text} leaves the dataset folder; keep the files inside it")
        path = folder.resolve().joinpath(*parts)
        if not path.exists():
            raise self.error(column, f"{text} does not exist in the dataset folder")
        return path

    def error(self, column: str, problem: str) -> RowError:
        return RowError(self.table, self.line, column, problem)


def column_names(table: Path, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that a table has, by their plain names.

    Args:
        columns: that it should have at least, which tells its separator.

    Raises:
        InputError: it cannot be read.
    """
    try:
        _, cells = next(read_table_text(table, columns).lines(), (1, []))
    except csv.Error as error:
        raise InputError(f"{table} is not a readable CSV table ({error}); save it as such.") from error
    return tuple(column_name(cell) for cell in cells)


def table_rows(table: Path, columns: Sequence[str]) -> Iterator[Row | RowError]:
    """The non-empty lines; a line that cannot be read comes as its error, and the next lines follow.

    Raises:
        InputError: the table as a whole cannot be read, or has no such columns.
    """
    found = read_table_text(table, columns)
    try:
        lines = found.lines()
        header = _header(table, next(lines, (1, [])), columns)
        for line, cells in lines:
            if not any(cells):
                continue
            values = cells[: len(header)] if not any(cells[len(header) :]) else cells
            if len(values) != len(header):
                problem = (
                    f"{len(values)} values for {len(header)} columns; "
                    "put quotes around a value that holds the separator"
                )
                yield RowError(str(table), line, header[0], problem)
                continue
            yield Row(str(table), line, dict(zip(header, values, strict=True)))
    except csv.Error as error:
        raise InputError(f"{table} is not a readable CSV table ({error}); save it as such.") from error


def _header(table: Path, first: tuple[int, list[str]], columns: Sequence[str]) -> list[str]:
    """The columns' names; empty ones at the end, which spreadsheets leave, are dropped."""
    line, cells = first
    names = [column_name(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    missing = [name for name in columns if name not in names]
    if missing:
        wanted = ",".join(columns)
        raise InputError(f"{table}, line {line}: column {missing[0]} is missing; the header is {wanted}.")
    twice = [name for name in columns if names.count(name) > 1]
    if twice:
        raise InputError(f"{table}, line {line}: column {twice[0]} stands there twice; keep one of them.")
    return names
