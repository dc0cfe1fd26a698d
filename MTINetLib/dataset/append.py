"""One more case in a dataset's tables: both tables or none."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from MTINetLib.dataset.folder import CASES_FILE, LESION_COLUMNS, LESIONS_FILE
from MTINetLib.dataset.table_text import column_name, table_text
from MTINetLib.write_whole import whole_file


def append_case_rows(dataset: Path, case: Mapping[str, str], lesions: Sequence[Mapping[str, str]]) -> None:
    """Append a line to ``cases.csv`` and one per lesion to ``lesions.csv``, values by column.

    Each table is written anew beside itself; the first is put back if the second cannot follow.

    Raises:
        OSError: a table cannot be written; both are as they were.
    """
    tables = (
        (dataset / LESIONS_FILE, LESION_COLUMNS, lesions),
        (dataset / CASES_FILE, tuple(case), [case]),
    )
    before = [(table, table.read_bytes() if table.is_file() else None) for table, _, _ in tables]
    written = [
        (table, _with_rows(table, old, columns, rows))
        for (table, columns, rows), (_, old) in zip(tables, before, strict=True)
    ]
    try:
        for table, data in written:
            _replace(table, data)
    except BaseException:
        for table, old in before:
            if old is None:
                table.unlink(missing_ok=True)
            elif table.read_bytes() != old:
                _replace(table, old)
        raise


def _with_rows(
    table: Path, before: bytes | None, columns: Sequence[str], rows: Sequence[Mapping[str, str]]
) -> bytes:
    """The table's bytes with rows appended, in its own order of columns and its own way of writing."""
    found = table_text(before or b"", table, columns)
    header = next((cells for _, cells in found.lines()), []) or list(columns)
    added = io.StringIO()
    writer = csv.writer(added, delimiter=found.separator, lineterminator=found.line_end)
    if not found.text:
        writer.writerow(header)
    elif not found.text.endswith(("\n", "\r")):
        added.write(found.line_end)
    for row in rows:
        writer.writerow([row.get(column_name(name), "") for name in header])
    return (before or b"") + added.getvalue().encode(found.encoding)


def _replace(path: Path, data: bytes) -> None:
    with whole_file(path) as beside:
        beside.write_bytes(data)
