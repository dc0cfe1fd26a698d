"""The versions of a study that several readers changed at once: looked at, and one of them chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import qt
from slicer.i18n import tr as _

from MTINetLib.panels.tables import LEFT, fit_height, read_only_item, set_headers
from MTINetLib.presentation.worklist_words import lesions_words, status_word
from MTINetLib.worker.worklist_requests import ListedRow, ListedVersion

if TYPE_CHECKING:
    from MTINetLib.session.session import Session

HEADERS = ("Who", "When (UTC)", "Status", "Lesions")
_TIPS = (
    "Who changed it",
    "When it was changed",
    "How far it is in this version",
    "What its lesions are in this version",
)
_MOST_ROWS = 4


class VersionsSection:
    """Shown for a row that is in conflict, else hidden.

    Args:
        chosen: the row that the user looks at; None for none.
    """

    def __init__(self, ui: Any, session: Session, chosen: Callable[[], ListedRow | None]) -> None:
        self._ui, self._session, self._chosen = ui, session, chosen
        self._versions: tuple[ListedVersion, ...] = ()
        ui.lookButton.connect("clicked()", self.onLook)
        ui.keepButton.connect("clicked()", self.onKeep)
        ui.versionTable.connect("itemSelectionChanged()", self.show_buttons)
        set_headers(
            ui.versionTable, [_(head) for head in HEADERS], [_(tip) for tip in _TIPS], (LEFT,) * len(HEADERS)
        )
        for column in range(len(HEADERS)):
            mode = qt.QHeaderView.Stretch if column == 3 else qt.QHeaderView.ResizeToContents
            ui.versionTable.horizontalHeader().setSectionResizeMode(column, mode)

    def show(self) -> None:
        row = self._chosen()
        versions = () if row is None else row.versions
        for widget in (self._ui.versionTable, self._ui.lookButton, self._ui.keepButton):
            widget.visible = bool(versions)
        if versions != self._versions:
            self._versions = versions
            self._fill()
        self.show_buttons()

    def show_buttons(self) -> None:
        for button in (self._ui.lookButton, self._ui.keepButton):
            button.enabled = self._version() is not None and not self._session.busy

    def onLook(self) -> None:
        row, version = self._chosen(), self._version()
        if row is not None and version is not None:
            self._session.worklist.look_at(row.study, version.version)

    def onKeep(self) -> None:
        row, version = self._chosen(), self._version()
        if row is not None and version is not None:
            self._session.worklist.keep(row.study, version.version)

    def _version(self) -> ListedVersion | None:
        table = self._ui.versionTable
        row = table.currentRow() if table.selectedItems() else -1
        return self._versions[row] if 0 <= row < len(self._versions) else None

    def _fill(self) -> None:
        table = self._ui.versionTable
        was = table.blockSignals(True)
        table.setRowCount(0)
        table.setRowCount(len(self._versions))
        for number, one in enumerate(self._versions):
            when = one.when[:16].replace("T", " ")
            lesions = lesions_words(one.classes, one.no_lesions, _)
            for column, text in enumerate((one.who, when, status_word(one.status, _), lesions)):
                table.setItem(number, column, read_only_item(text))
        table.blockSignals(was)
        fit_height(table, _MOST_ROWS)
