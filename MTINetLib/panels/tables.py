"""Small things that the panels' tables share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import qt

#: Qt's numbers: a cell keeps them as an int in Qt 5 and in Qt 6.
LEFT, RIGHT = 0x0001 | 0x0080, 0x0002 | 0x0080


def align(item: Any, alignment: int) -> None:
    item.setData(qt.Qt.TextAlignmentRole, alignment)


def read_only_item(text: str, alignment: int = LEFT) -> Any:
    """A cell that can be chosen but not edited."""
    item = qt.QTableWidgetItem(text)
    align(item, alignment)
    item.setFlags(qt.Qt.ItemIsSelectable | qt.Qt.ItemIsEnabled)
    return item


def set_headers(table: Any, heads: Sequence[str], tips: Sequence[str], alignments: Sequence[int]) -> None:
    """Name the columns; the items stay the table's own, so that none is freed under it."""
    table.setColumnCount(len(heads))
    table.setHorizontalHeaderLabels(list(heads))
    for column, (tip, alignment) in enumerate(zip(tips, alignments, strict=True)):
        item = table.horizontalHeaderItem(column)
        item.setToolTip(tip)
        align(item, alignment)


def swatch(colour: str, size: int = 12) -> Any:
    """A square icon in a colour (#RRGGBB), as the lesion has it in the views."""
    picture = qt.QPixmap(size, size)
    picture.fill(qt.QColor(colour))
    return qt.QIcon(picture)


def fit_height(table: Any, most_rows: int) -> None:
    """Make a table as high as its rows, up to ``most_rows``; beyond that it scrolls."""
    rows = max(1, min(table.rowCount, most_rows))
    header = table.horizontalHeader()
    height = header.sizeHint.height() if not callable(header.sizeHint) else header.sizeHint().height()
    height += sum(table.rowHeight(row) for row in range(rows)) + 2 * table.frameWidth + 2
    table.setMinimumHeight(height)
    table.setMaximumHeight(height)
