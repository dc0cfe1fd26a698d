"""The text of a table as spreadsheets write it: which characters, which separator, where the header is."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from MTINetLib.errors import InputError

_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATORS = (",", ";", "\t", "|")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class TableText:
    """A table before its values are read.

    Args:
        text: all lines, with their own line ends; without byte order mark and ``sep=`` line.
        encoding: how the file's bytes become text.
        separator: between the values of a line.
        skipped: lines of the file before ``text``.
    """

    text: str
    encoding: str
    separator: str
    skipped: int

    @property
    def line_end(self) -> str:
        """As the file has it; a line feed in an empty one."""
        if "\r\n" in self.text:
            return "\r\n"
        return "\r" if "\r" in self.text and "\n" not in self.text else "\n"

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Number in the file, 1-based, and values of each line, without blanks around them.

        Raises:
            csv.Error: a line cannot be read.
        """
        reader = csv.reader(
            io.StringIO(self.text.replace("\r\n", "\n").replace("\r", "\n")),
            delimiter=self.separator,
            skipinitialspace=True,
        )
        for cells in reader:
            yield self.skipped + reader.line_num, [cell.strip() for cell in cells]


def read_table_text(path: Path, columns: Sequence[str]) -> TableText:
    """Read a table that should have these columns.

    Raises:
        InputError: it cannot be read, or its characters cannot be told.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    return table_text(data, path, columns)


def table_text(data: bytes, path: Path, columns: Sequence[str]) -> TableText:
    """The text of a table's bytes; ``path`` is named in errors."""
    text, encoding = _decoded(data, path)
    skipped, separator = 0, ""
    first, *rest = _LINE_END.split(text, maxsplit=1)
    told = first.strip("\"' ")
    if told.lower().startswith("sep=") and len(told) <= len("sep=") + 1:
        separator = told[len("sep=") :] or "\t"
        text, skipped = "".join(rest), 1
    if not separator:
        known = {separator: _known(first, separator, columns) for separator in _SEPARATORS}
        separator = max(known, key=lambda one: known[one])
    return TableText(text, encoding, separator, skipped)


def column_name(written: str) -> str:
    """``Portal Venous`` and ``portal-venous`` are the column ``portal_venous``."""
    return "_".join(written.strip().casefold().replace("-", " ").replace("_", " ").split())


def _known(line: str, separator: str, columns: Sequence[str]) -> int:
    names = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    return len({column_name(name) for name in names} & set(columns))


def _decoded(data: bytes, path: Path) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _as(data[len(mark) :], encoding, path), encoding
    if data[:200].count(0) > len(data[:200]) // 4:
        encoding = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
        return _as(data, encoding, path), encoding
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _as(data, "cp1252", path), "cp1252"
    return _as(data, "utf-8", path), "utf-8"


def _as(data: bytes, encoding: str, path: Path) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: a character cannot be read; save it as a CSV table in UTF-8."
        ) from error
    if "\0" in text:
        raise InputError(f"{path} is no table but holds other data; save it as a CSV table in UTF-8.")
    return text
