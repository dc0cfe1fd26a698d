"""Two models side by side, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from MTINetLib.evaluation.side_by_side import SideBySide


def print_comparison(console: Console, result: SideBySide) -> None:
    """The table of figures: old, new and what differs."""
    from rich.table import Table

    from MTINetLib.evaluation.side_by_side_page import comparison_rows

    table = Table("", "Old", "New", "New less old", "n")
    for row in comparison_rows(result.figures["paired"]):
        table.add_row(*row)
    console.print(table)
