"""Which series of a listed study is which phase, said by the reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import qt
from slicer.i18n import tr as _

from MTINetLib.panels.tables import LEFT, fit_height, read_only_item, set_headers
from MTINetLib.session.choices import wanted_phases
from MTINetLib.study.phase import Phase
from MTINetLib.worker.worklist_requests import FoundListed, ListedRow

if TYPE_CHECKING:
    from MTINetLib.session.session import Session

HEADERS = ("Phase", "Series")
_TIPS = ("Phase that the model takes", "Series of the study, with slices and time")
_MOST_ROWS = 6


class PhasesSection:
    """A list of series for every phase of the model, once they were asked for.

    Args:
        chosen: the row that the user looks at; None for none.
    """

    def __init__(self, ui: Any, session: Session, chosen: Callable[[], ListedRow | None]) -> None:
        self._ui, self._session, self._chosen = ui, session, chosen
        self._found: FoundListed | None = None
        self._boxes: dict[Phase, Any] = {}
        ui.phasesButton.connect("clicked()", self.onPhases)
        ui.openPhasesButton.connect("clicked()", self.onOpen)
        set_headers(ui.phaseTable, [_(head) for head in HEADERS], [_(tip) for tip in _TIPS], (LEFT, LEFT))
        header = ui.phaseTable.horizontalHeader()
        header.setSectionResizeMode(0, qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(1, qt.QHeaderView.Stretch)

    def show(self) -> None:
        row, listed = self._chosen(), self._session.worklist
        found = listed.found if row is not None and listed.found is not None else None
        if found is not None and row is not None and found.study != row.study:
            found = None
        self._ui.phasesButton.visible = row is not None and not row.conflict and found is None
        self._ui.phasesButton.enabled = not self._session.busy
        self._ui.phaseTable.visible = self._ui.openPhasesButton.visible = found is not None
        if found is not None and row is not None and found != self._found:
            self._fill(found, dict(row.told))
        self._found = found
        self.show_buttons()

    def show_buttons(self) -> None:
        chosen = [box.currentIndex for box in self._boxes.values() if box.currentIndex > 0]
        once = len(set(chosen)) == len(chosen)
        self._ui.openPhasesButton.enabled = bool(chosen) and once and not self._session.busy

    def onPhases(self) -> None:
        row = self._chosen()
        if row is not None:
            self._session.worklist.find_volumes(row.study)

    def onOpen(self) -> None:
        found = self._found
        if found is None:
            return
        chosen = {phase: box.currentIndex for phase, box in self._boxes.items() if box.currentIndex > 0}
        told = {phase.value: found.volumes[index - 1][0] for phase, index in chosen.items()}
        self._session.worklist.name_phases(found.study, told)

    def onChosen(self, _index: int) -> None:
        self.show_buttons()

    def _fill(self, found: FoundListed, told: dict[str, str]) -> None:
        table, phases = self._ui.phaseTable, wanted_phases(self._session.choices)
        words = [word for word, _line in found.volumes]
        self._boxes = {}
        table.setRowCount(0)
        table.setRowCount(len(phases))
        for number, phase in enumerate(phases):
            table.setItem(number, 0, read_only_item(_(phase.title)))
            box = qt.QComboBox()
            box.addItem(_("as it is recognised"))
            for _word, line in found.volumes:
                box.addItem(line)
            word = told.get(phase.value)
            box.setCurrentIndex(words.index(word) + 1 if word in words else 0)
            box.connect("currentIndexChanged(int)", self.onChosen)
            table.setCellWidget(number, 1, box)
            self._boxes[phase] = box
        fit_height(table, _MOST_ROWS)
