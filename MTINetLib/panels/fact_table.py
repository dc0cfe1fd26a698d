"""Small tables that only show: as high as their rows, as wide as the panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import qt

#: Text, tool tip and colour (empty for the usual one) of a cell.
Cell = tuple[str, str, str]


def prepare_table(table: Any, titles: Sequence[str], stretched: int) -> None:
    """Set the titles of a QTableWidget; the column ``stretched`` takes the room that is left."""
    table.setColumnCount(len(titles))
    table.setHorizontalHeaderLabels(list(titles))
    table.verticalHeader().setVisible(False)
    header = table.horizontalHeader()
    header.setDefaultAlignment(qt.Qt.AlignLeft | qt.Qt.AlignVCenter)
    header.setFixedHeight(table.fontMetrics().height() + 10)
    header.setHighlightSections(False)
    for column in range(len(titles)):
        mode = qt.QHeaderView.Stretch if column == stretched else qt.QHeaderView.ResizeToContents
        header.setSectionResizeMode(column, mode)


def fill_table(table: Any, rows: Sequence[Sequence[Cell]]) -> None:
    """Show these rows, and make the table just high enough for them."""
    table.setRowCount(len(rows))
    for row, cells in enumerate(rows):
        for column, (text, tip, color) in enumerate(cells):
            item = qt.QTableWidgetItem(text)
            item.setToolTip(tip or text)
            if color:
                item.setForeground(qt.QBrush(qt.QColor(color)))
            table.setItem(row, column, item)
    table.resizeRowsToContents()
    height = sum(table.rowHeight(row) for row in range(len(rows)))
    table.setFixedHeight(height + table.fontMetrics().height() + 10 + 2 * table.frameWidth)
