"""The lines of a dataset's tables, with what an error message needs to name them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

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
        if value not in allowed:
            raise self.error(column, f"says {value!r}; use one of {', '.join(allowed)}")
        return value

    def number(self, column: str) -> int:
        """A whole number, 1 or more."""
        value = self.text(column)
        if not value.isdecimal() or int(value) < 1:
            raise self.error(column, f"says {value!r}; use the lesion's value in the mask, 1 or more")
        return int(value)

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


def table_rows(table: Path, columns: Sequence[str]) -> Iterator[Row | RowError]:
    """The non-empty lines; a line that cannot be read comes as its error, and the next lines follow.

    Raises:
        InputError: the table as a whole cannot be read, or has no such columns.
    """
    try:
        # utf-8-sig because spreadsheets put a byte order mark in front.
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            missing = [name for name in columns if name not in header]
            if missing:
                wanted = ",".join(columns)
                raise InputError(
                    f"{table}, line 1: column {missing[0]} is missing; the header is {wanted}, with commas."
                )
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(header):
                    problem = (
                        f"{len(cells)} values for {len(header)} columns; "
                        "put quotes around a value that holds a comma"
                    )
                    yield RowError(str(table), reader.line_num, header[0], problem)
                    continue
                values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
                yield Row(str(table), reader.line_num, values)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table} is not a readable UTF-8 CSV table; save it as such.") from error
    except OSError as error:
        raise InputError(f"{table} cannot be read: {error.strerror}.") from error
