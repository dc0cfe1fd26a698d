"""A work list as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from MTINetLib.worklist.order import Row


def rows_table(rows: Sequence[Row]) -> Table:
    from rich.table import Table

    table = Table()
    for head in ("Study", "Patient", "Status", "Lesions", "Who", "When (UTC)"):
        table.add_column(head, overflow="fold")
    table.add_column("Why here", overflow="fold", ratio=1)
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: Row) -> tuple[str, ...]:
    from MTINetLib.presentation.classes import class_title
    from MTINetLib.presentation.statements import sentence
    from MTINetLib.presentation.worklist_words import status_word

    record, entry = row.record, row.record.entry
    lesions = ", ".join(f"{label} {class_title(name)}" for label, name in sorted(entry.classes.items()))
    status = "in conflict" if record.rivals else status_word(entry.status.value)
    return (
        record.study,
        record.patient.removeprefix("patient_"),
        status,
        lesions or ("none" if entry.no_lesions or entry.labels else "-"),
        entry.who or "-",
        entry.when[:16].replace("T", " ") or "-",
        sentence(row.why),
    )
