"""The work list: an archive's studies one after the other, drafted, corrected, and done by a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ctk
import qt
from slicer.i18n import tr as _

from MTINetLib.panels.notice import STYLES
from MTINetLib.panels.panel import Panel
from MTINetLib.panels.tables import LEFT, RIGHT, fit_height, read_only_item, set_headers
from MTINetLib.panels.worklist_classes import ClassBox
from MTINetLib.panels.worklist_export import ExportSection
from MTINetLib.panels.worklist_keys import Keys
from MTINetLib.panels.worklist_marks import MarksSection
from MTINetLib.panels.worklist_phases import PhasesSection
from MTINetLib.panels.worklist_versions import VersionsSection
from MTINetLib.presentation.stages import stage_text
from MTINetLib.presentation.statements import sentence, sentences
from MTINetLib.presentation.worklist_words import lesions_words, status_word
from MTINetLib.session.events import Topic
from MTINetLib.session.state import State
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, OTHER
from MTINetLib.worker.worklist_requests import ListedRow

HEADERS = ("Study", "Status", "Lesions", "Who")
_TIPS = (
    "Name of the study in this list; it tells nothing of the patient",
    "How far it is",
    "What its lesions are",
    "Who was there last",
)
_LESION_HEADERS = ("#", "mL", "What it is")
_LESION_TIPS = ("Number of the lesion", "Volume in mL", "Class that the network learns")
_ALIGNED = (RIGHT, RIGHT, LEFT)
_MOST_ROWS, _MOST_LESIONS = 6, 5
_ORDERS = (
    ("informative", "Most to learn"),
    ("random", "By chance"),
    ("as_they_lie", "As they lie"),
)
_DRAFTED_AT_ONCE = 10
_OURS = (State.LISTING, State.OPENING, State.SAVING, State.DRAFTING)


class WorkListPanel(Panel):
    """Shows what ``session.worklist`` holds."""

    UI = "WorkListPanel.ui"

    def setup(self) -> None:
        ui = self.ui
        self._rows: tuple[ListedRow, ...] = ()
        self._lesions: tuple[tuple[int, float, str], ...] = ()
        self._boxes: dict[int, ClassBox] = {}
        self.versions = VersionsSection(ui, self.session, self._chosen)
        self.phases = PhasesSection(ui, self.session, self._chosen)
        self.marks = MarksSection(ui, self.session, self._chosen)
        self.export = ExportSection(ui, self.session)
        for edit in (ui.listPath, ui.sourcePath):
            edit.filters = ctk.ctkPathLineEdit.Dirs
        for _order, text in _ORDERS:
            ui.orderBox.addItem(_(text))
        self.widget.connect("contentsCollapsed(bool)", self.onFolded)
        ui.listPath.connect("currentPathChanged(QString)", self.onListTyped)
        ui.sourcePath.connect("currentPathChanged(QString)", self.onSourceTyped)
        for button, slot in (
            (ui.readButton, self.onRead),
            (ui.searchButton, self.onSearch),
            (ui.draftButton, self.onDraft),
            (ui.nextButton, self.onNext),
            (ui.noLesionButton, self.onNoLesion),
            (ui.doneButton, self.onDone),
            (ui.asideButton, self.onSetAside),
            (ui.hccButton, self.onHcc),
            (ui.hemangiomaButton, self.onHemangioma),
            (ui.otherButton, self.onOther),
        ):
            button.connect("clicked()", slot)
        ui.orderBox.connect("currentIndexChanged(int)", self.onOrder)
        ui.reasonEdit.connect("textChanged(QString)", self.onReason)
        ui.studyTable.connect("itemSelectionChanged()", self._show_chosen)
        ui.studyTable.connect("cellDoubleClicked(int,int)", self.onStudyChosen)
        ui.listedLesionTable.connect("cellClicked(int,int)", self.onLesionChosen)
        self._prepare(ui.studyTable, HEADERS, _TIPS, (LEFT,) * 4, stretch=2)
        self._prepare(ui.listedLesionTable, _LESION_HEADERS, _LESION_TIPS, _ALIGNED, stretch=2)
        self._keys = Keys(
            {
                "N": self.onNext,
                "D": self.onDone,
                "X": self.onNoLesion,
                "H": self.onHcc,
                "M": self.onHemangioma,
                "O": self.onOther,
            }
        )
        for topic in (Topic.WORK_LIST, Topic.STATE, Topic.FINDINGS):
            self.listen(topic, self.refresh)
        self.listen(Topic.SELECTION, self._show_lesions)
        self.listen(Topic.PROGRESS, self._show_progress)

    def refresh(self) -> None:
        self._show_list()
        self._show_lesions()
        self._show_progress()
        self._show_buttons()

    def enter(self) -> None:
        super().enter()
        self._keys.install()

    def exit(self) -> None:
        self._keys.remove()

    def close(self) -> None:
        self._keys.remove()
        super().close()

    # Slots

    def onFolded(self, folded: bool) -> None:
        """What was hidden while the section was folded shows itself when it is unfolded: hide it again."""
        if not folded:
            self.refresh()

    def onListTyped(self, _path: str) -> None:
        folder = self._path(self.ui.listPath)
        if folder and (Path(folder) / "worklist.json").is_file() and folder != self.session.worklist.folder:
            self.onRead()
        self._show_buttons()

    def onSourceTyped(self, _path: str) -> None:
        self._show_buttons()

    def onRead(self) -> None:
        self.session.worklist.open(self._path(self.ui.listPath))

    def onSearch(self) -> None:
        if self.session.state in _OURS:
            self.session.cancel()
        else:
            paths = (self.ui.listPath, self.ui.sourcePath, self.ui.marksPath)
            self.session.worklist.open(*map(self._path, paths))

    def onOrder(self, index: int) -> None:
        self.session.worklist.choose_order(_ORDERS[index][0])

    def onDraft(self) -> None:
        if self.session.state is State.DRAFTING:
            self.session.cancel()
        else:
            self.session.worklist.draft(_DRAFTED_AT_ONCE)

    def onNext(self) -> None:
        if self.ui.nextButton.enabled:
            self.session.worklist.next()

    def onStudyChosen(self, row: int, _column: int) -> None:
        if 0 <= row < len(self._rows):
            self.session.worklist.go_to(self._rows[row].study)

    def onDone(self) -> None:
        if self.ui.doneButton.enabled:
            self.session.worklist.done()

    def onNoLesion(self) -> None:
        if self.ui.noLesionButton.enabled:
            self.session.worklist.no_lesion()

    def onSetAside(self) -> None:
        self.session.worklist.set_aside(str(self.ui.reasonEdit.text).strip())
        self.ui.reasonEdit.text = ""

    def onReason(self, _text: str) -> None:
        self._show_buttons()

    def onHcc(self) -> None:
        self._choose(HCC)

    def onHemangioma(self) -> None:
        self._choose(HEMANGIOMA)

    def onOther(self) -> None:
        self._choose(OTHER)

    def onLesionChosen(self, row: int, _column: int) -> None:
        lesions = self.session.worklist.lesions()
        if 0 <= row < len(lesions):
            self.session.select(lesions[row][0])

    def _choose(self, name: str) -> None:
        label, listed = self.session.selected, self.session.worklist
        if label is None or not self.ui.hccButton.enabled:
            return
        listed.choose_class(label, name)
        unnamed = [number for number, _ml, told in listed.lesions() if not told]
        if unnamed:
            self.session.select(unnamed[0])

    # What it shows

    def _show_list(self) -> None:
        ui, listed = self.ui, self.session.worklist
        self._fill(listed.rows)
        waiting = sum(row.waits for row in listed.rows)
        if not listed.folder:
            text = _("Choose a folder for the list and one of studies, and search it.")
        else:
            text = _("{all} studies, {left} of them still to look at.").format(
                all=len(listed.rows), left=waiting
            )
        ui.listLabel.text = text
        message = listed.message
        ui.listMessageLabel.visible = message is not None
        if message is not None:
            ui.listMessageLabel.text = sentences(message.statements, _)
            ui.listMessageLabel.styleSheet = STYLES[message.kind]
        self._show_chosen()

    def _fill(self, rows: tuple[ListedRow, ...]) -> None:
        table = self.ui.studyTable
        table.visible = bool(rows)
        if rows == self._rows:
            return
        was = table.blockSignals(True)
        table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            why = sentence(row.why_statement, _)
            for column, text in enumerate(_cells(row)):
                item = read_only_item(text)
                item.setToolTip(why)
                table.setItem(number, column, item)
        table.blockSignals(was)
        self._rows = rows
        fit_height(table, _MOST_ROWS)

    def _chosen(self) -> ListedRow | None:
        """What the user has chosen in the table, else what is looked at."""
        ui, current = self.ui, self.session.worklist.current
        row = ui.studyTable.currentRow() if ui.studyTable.selectedItems() else -1
        if 0 <= row < len(self._rows):
            return self._rows[row]
        return next((one for one in self._rows if current and one.study == current.opened.study), None)

    def _show_chosen(self) -> None:
        """Why the chosen row stands where it does, else the first one that waits; and what can be done."""
        ui = self.ui
        shown = self._chosen() or next((one for one in self._rows if one.waits), None)
        self.versions.show()
        self.phases.show()
        self.marks.show()
        ui.whyLabel.visible = shown is not None
        if shown is not None:
            ui.whyLabel.text = f"{shown.study}: {sentence(shown.why_statement, _)}"

    def _show_lesions(self) -> None:
        ui, listed = self.ui, self.session.worklist
        opened, lesions = listed.current is not None, listed.lesions()
        ui.openLabel.visible = opened
        ui.listedLesionTable.visible = bool(lesions)
        if listed.current is not None:
            name = listed.current.opened.study
            ui.openLabel.text = (
                _("Study {study}: choose a lesion and say what it is.").format(study=name)
                if lesions
                else _("Study {study}: no lesion is shown.").format(study=name)
            )
        if [lesion[:2] for lesion in lesions] != [lesion[:2] for lesion in self._lesions]:
            self._fill_lesions(lesions)
        self._lesions = lesions
        for label, _ml, told in lesions:
            self._boxes[label].show(told)
        self._select_row()
        self._show_buttons()

    def _fill_lesions(self, lesions: tuple[tuple[int, float, str], ...]) -> None:
        table = self.ui.listedLesionTable
        was = table.blockSignals(True)
        self._boxes = {}
        table.setRowCount(0)
        table.setRowCount(len(lesions))
        for number, (label, millilitres, _name) in enumerate(lesions):
            for column, text in enumerate((str(label), f"{millilitres:.1f}")):
                table.setItem(number, column, read_only_item(text, _ALIGNED[column]))
            self._boxes[label] = ClassBox(label, self.session.worklist.choose_class)
            table.setCellWidget(number, 2, self._boxes[label].widget)
        fit_height(table, _MOST_LESIONS)
        table.blockSignals(was)

    def _select_row(self) -> None:
        table = self.ui.listedLesionTable
        was = table.blockSignals(True)
        for number, (label, _ml, _name) in enumerate(self._lesions):
            if label == self.session.selected:
                table.selectRow(number)
        table.blockSignals(was)

    def _show_progress(self) -> None:
        ui, session = self.ui, self.session
        ours = session.state in _OURS
        ui.listBar.visible = ours
        seen = session.progress if ours else None
        if seen is None or seen.total <= 0:
            ui.listBar.setRange(0, 0)
        else:
            ui.listBar.setRange(0, seen.total)
            ui.listBar.setValue(seen.done)
            ui.listBar.setFormat(stage_text(seen.stage, _))

    def _show_buttons(self) -> None:
        ui, session, listed = self.ui, self.session, self.session.worklist
        idle, opened = not session.busy, listed.current is not None
        ours = session.state in _OURS
        folder = self._path(ui.listPath)
        ui.readButton.enabled = idle and bool(folder)
        ui.searchButton.text = _("Cancel") if ours else _("Search")
        ui.searchButton.enabled = ours or (idle and bool(folder) and bool(self._path(ui.sourcePath)))
        ui.draftButton.text = _("Cancel") if session.state is State.DRAFTING else _("Draft ten")
        ui.draftButton.enabled = session.state is State.DRAFTING or (idle and bool(listed.rows))
        ui.nextButton.enabled = idle and bool(listed.rows)
        lesions = listed.lesions()
        for button in (ui.hccButton, ui.hemangiomaButton, ui.otherButton):
            button.visible = bool(lesions)
            button.enabled = idle and session.selected is not None
        for widget in (ui.noLesionButton, ui.doneButton, ui.reasonEdit, ui.asideButton):
            widget.visible = opened
        ui.noLesionButton.enabled = idle and opened
        named = all(name for _label, _ml, name in lesions)
        ui.doneButton.enabled = idle and opened and not session.waiting and named
        ui.asideButton.enabled = idle and opened and bool(str(ui.reasonEdit.text).strip())
        self.versions.show_buttons()
        self.phases.show()
        self.marks.show()
        self.export.show()

    @staticmethod
    def _path(edit: Any) -> str:
        return str(edit.currentPath).strip()

    @staticmethod
    def _prepare(table: Any, heads: Any, tips: Any, aligned: Any, stretch: int) -> None:
        set_headers(table, [_(head) for head in heads], [_(tip) for tip in tips], aligned)
        header = table.horizontalHeader()
        header.setMinimumSectionSize(20)
        for column in range(len(heads)):
            mode = qt.QHeaderView.Stretch if column == stretch else qt.QHeaderView.ResizeToContents
            header.setSectionResizeMode(column, mode)


def _cells(row: ListedRow) -> tuple[str, ...]:
    status = _("in conflict") if row.conflict else status_word(row.status, _)
    return (row.study, status, lesions_words(row.classes, row.no_lesions, _), row.who or "–")
