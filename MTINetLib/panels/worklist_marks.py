"""What readers marked on a study of the list: a click goes there, and an outline can begin there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ctk
import qt
from slicer.i18n import tr as _

from MTINetLib.errors import MTINetError
from MTINetLib.marks.mark import Mark
from MTINetLib.panels.tables import LEFT, fit_height, read_only_item, set_headers
from MTINetLib.presentation.marks_words import mark_words, reader_name
from MTINetLib.session.listed_marks import box_at_mark, look_at_mark
from MTINetLib.worker.worklist_requests import ListedRow

if TYPE_CHECKING:
    from MTINetLib.session.session import Session

HEADERS = ("Mark", "Reader")
_TIPS = ("What was marked; a click on it goes there once the study is open", "Who marked it")
_MOST_ROWS = 5


class MarksSection:
    """The field for a table of marks; and of a study that has marks, what they say.

    Args:
        chosen: the row that the user looks at; None for none.
    """

    def __init__(self, ui: Any, session: Session, chosen: Callable[[], ListedRow | None]) -> None:
        self._ui, self._session, self._chosen = ui, session, chosen
        self._marks: tuple[Mark, ...] = ()
        ui.marksPath.filters = ctk.ctkPathLineEdit.Files
        ui.marksPath.nameFilters = ["*.csv"]
        ui.markTable.connect("cellClicked(int,int)", self.onMark)
        ui.markTable.connect("itemSelectionChanged()", self.show_buttons)
        ui.markBoxButton.connect("clicked()", self.onBox)
        set_headers(ui.markTable, [_(head) for head in HEADERS], [_(tip) for tip in _TIPS], (LEFT, LEFT))
        header = ui.markTable.horizontalHeader()
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        header.setSectionResizeMode(1, qt.QHeaderView.ResizeToContents)

    def show(self) -> None:
        row = self._chosen()
        marks = () if row is None else row.marks
        for widget in (self._ui.markTable, self._ui.markBoxButton):
            widget.visible = bool(marks)
        if marks != self._marks:
            self._marks = marks
            self._fill()
        self.show_buttons()

    def show_buttons(self) -> None:
        mark = self._mark()
        placed = mark is not None and mark.position_lps_mm is not None
        self._ui.markBoxButton.enabled = placed and self._is_open() and not self._session.busy

    def onMark(self, _row: int, _column: int) -> None:
        mark = self._mark()
        if mark is not None and self._is_open():
            look_at_mark(self._session, mark)

    def onBox(self) -> None:
        mark = self._mark()
        try:
            if mark is not None and self._is_open():
                box_at_mark(self._session, mark)
        except MTINetError as error:
            self._session.report_error(error)

    def _is_open(self) -> bool:
        """Whether the study in the scene is the one whose marks are shown."""
        row, current = self._chosen(), self._session.worklist.current
        return row is not None and current is not None and current.opened.study == row.study

    def _mark(self) -> Mark | None:
        table = self._ui.markTable
        row = table.currentRow() if table.selectedItems() else -1
        return self._marks[row] if 0 <= row < len(self._marks) else None

    def _fill(self) -> None:
        table = self._ui.markTable
        was = table.blockSignals(True)
        table.setRowCount(0)
        table.setRowCount(len(self._marks))
        for number, mark in enumerate(self._marks):
            words = mark_words(mark, _)
            for column, text in enumerate((words, reader_name(mark.reader, _))):
                item = read_only_item(text)
                item.setToolTip(words)
                table.setItem(number, column, item)
        table.blockSignals(was)
        fit_height(table, _MOST_ROWS)
