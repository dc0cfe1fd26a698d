"""The Dataset section of the Training tab: a folder, its cases, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ctk
import qt
from slicer.i18n import tr as _

from MTINetLib.panels.notice import STYLES
from MTINetLib.panels.tables import LEFT, RIGHT, fit_height, read_only_item, set_headers, swatch
from MTINetLib.presentation.classes import class_title, class_word
from MTINetLib.presentation.dataset_words import case_warnings
from MTINetLib.session.training_session import TrainingSession
from MTINetLib.session.training_state import Doing
from MTINetLib.study.lesion_class import NO_LESIONS, in_usual_order
from MTINetLib.worker.training_requests import CaseRow, CheckedDataset

HEADERS = ("Case", "Patient", "Ph.", "Class", "Les.", "Size")
_TIPS = (
    "Name of the case; a red mark says that it cannot be used, a yellow one that there are warnings",
    "Cases of one patient share it, so that they are never trained and validated on at once",
    "How many of the phases can be opened",
    "Class of the lesions, or none for a study without lesions",
    "Number of lesions in the mask",
    "Columns × rows × slices of the portal venous phase",
)
_ALIGNED = (LEFT, LEFT, RIGHT, LEFT, RIGHT, RIGHT)
_MOST_ROWS = 7
#: Typing a path is over after so long.
_TYPED_MS = 600
_BAD, _DOUBTFUL, _GOOD = "#d9534f", "#f0ad4e", "#5cb85c"


class DatasetSection:
    """Checks what the user chooses, at once; the table fills row by row."""

    def __init__(self, ui: Any, training: TrainingSession) -> None:
        self._ui, self._training = ui, training
        self._rows: list[CaseRow] = []
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_TYPED_MS)
        self._timer.connect("timeout()", self.onTyped)
        ui.datasetPath.filters = ctk.ctkPathLineEdit.Dirs
        ui.datasetPath.connect("currentPathChanged(QString)", self.onPathChanged)
        ui.checkButton.connect("clicked()", self.onCheck)
        ui.caseTable.connect("itemSelectionChanged()", self._show_problems)
        set_headers(ui.caseTable, [_(header) for header in HEADERS], [_(tip) for tip in _TIPS], _ALIGNED)
        header = ui.caseTable.horizontalHeader()
        header.setMinimumSectionSize(20)
        for column in range(len(HEADERS)):
            mode = qt.QHeaderView.Stretch if column < 2 else qt.QHeaderView.ResizeToContents
            header.setSectionResizeMode(column, mode)

    def folder(self) -> str:
        """What stands in the path's field."""
        return str(self._ui.datasetPath.currentPath).strip()

    def begin(self) -> None:
        """The module is shown: the latest run's dataset is offered, and looked at anew."""
        record = self._training.run.record
        if not self.folder() and record is not None:
            self._ui.datasetPath.currentPath = record.choices.dataset

    def close(self) -> None:
        self._timer.stop()

    def show(self) -> None:
        ui, desk = self._ui, self._training.desk
        if desk.folder and not self.folder():  # the work list's
            ui.datasetPath.currentPath = desk.folder
        checking = desk.doing is Doing.CHECKING
        ui.checkButton.text = _("Cancel") if checking else _("Check again")
        ui.checkButton.enabled = bool(self.folder()) and desk.doing in (Doing.NOTHING, Doing.CHECKING)
        ui.datasetPath.enabled = desk.doing is not Doing.ADDING
        self.show_progress()
        self._show_summary()
        self._fill(desk.rows)
        self._show_problems()

    def show_progress(self) -> None:
        ui, desk = self._ui, self._training.desk
        ui.checkBar.visible = desk.doing is not Doing.NOTHING
        seen = desk.progress
        if seen is None or seen.total <= 0:
            ui.checkBar.setRange(0, 0)
        else:
            ui.checkBar.setRange(0, seen.total)
            ui.checkBar.setValue(seen.done)

    # Slots

    def onPathChanged(self, _path: str) -> None:
        self._timer.start()

    def onTyped(self) -> None:
        folder = self.folder()
        if folder != self._training.desk.folder and (not folder or Path(folder).is_dir()):
            self._training.check(folder)

    def onCheck(self) -> None:
        if self._training.desk.doing is Doing.CHECKING:
            self._training.desk.cancel()
        else:
            self._training.check(self.folder())

    # What it holds

    def _show_summary(self) -> None:
        ui, desk = self._ui, self._training.desk
        checked = desk.checked
        if desk.doing is Doing.ADDING:
            text = _("Adding the open study…")
        elif not desk.folder:
            text = _("Choose a folder with cases.csv, or a new one: cases that you add make it a dataset.")
        elif desk.doing is Doing.CHECKING:
            text = _("Looking at the cases…")
        elif checked is None:
            text = ""
        elif not checked.cases:
            text = _no_cases(checked)
        else:
            text = _summary(list(checked.cases), checked.patients)
        ui.datasetLabel.text = text
        ui.datasetLabel.visible = bool(text)

    def _fill(self, rows: list[CaseRow]) -> None:
        table = self._ui.caseTable
        table.visible = bool(rows)
        if rows == self._rows:
            return
        known = len(self._rows) if rows[: len(self._rows)] == self._rows else 0
        was = table.blockSignals(True)
        table.setRowCount(len(rows))
        wanted = max((len(row.phases) for row in rows), default=0)
        for row in range(known, len(rows)):
            for column, text in enumerate(_cells(rows[row], wanted)):
                item = read_only_item(text, _ALIGNED[column])
                item.setToolTip(" ".join(_said(rows[row])) or text)
                if column == 0:
                    item.setIcon(swatch(_mark(rows[row]), 10))
                table.setItem(row, column, item)
        table.blockSignals(was)
        self._rows = list(rows)
        fit_height(table, _MOST_ROWS)

    def _show_problems(self) -> None:
        """Those of the dataset, then those of the chosen row, or else of the first marked one."""
        ui, checked = self._ui, self._training.desk.checked
        lines = []
        if checked is not None and checked.cases:
            lines = [*checked.problems, *(_warning(text) for text in checked.warnings)]
        row = ui.caseTable.currentRow() if ui.caseTable.selectedItems() else -1
        chosen = self._rows[row] if 0 <= row < len(self._rows) else None
        marked = sorted((one for one in self._rows if _said(one)), key=lambda one: not one.problems)
        if chosen is None or not _said(chosen):
            chosen = marked[0] if marked else None
        if chosen is not None:
            name = chosen.case or _("Line {n}").format(n=chosen.line)
            lines += [f"{name}: {' '.join(_said(chosen))}"]
            if len(marked) > 1:
                lines.append(_("Choose a marked row to read what is said of it."))
        ui.problemLabel.text = "\n".join(lines)
        ui.problemLabel.visible = bool(lines)
        ui.problemLabel.styleSheet = STYLES["warning"]


def _said(case: CaseRow) -> tuple[str, ...]:
    """Problems, then warnings."""
    return (*case.problems, *(_warning(text) for text in case_warnings(case)))


def _warning(text: str) -> str:
    return str(_("Warning: {text}").format(text=text))


def _mark(case: CaseRow) -> str:
    if case.problems:
        return _BAD
    return _DOUBTFUL if _said(case) else _GOOD


def _no_cases(checked: CheckedDataset) -> str:
    folder = Path(checked.dataset)
    if folder.is_dir() and not any(folder.iterdir()):
        return str(_("An empty folder: it becomes a dataset with the first case that you add."))
    return checked.problems[0] if checked.problems else str(_("There are no cases."))


def _cells(case: CaseRow, wanted: int) -> tuple[str, ...]:
    size = "–" if case.size is None else "×".join(str(number) for number in reversed(case.size))
    return (
        case.case or f"({case.line})",
        case.patient or "–",
        f"{len(case.phases)}/{wanted}" if len(case.phases) < wanted else str(wanted),
        _(class_title(case.case_class)) if case.case_class else "–",
        "?" if case.lesions is None else str(case.lesions),
        size,
    )


def _summary(cases: list[CaseRow], patients: int) -> str:
    """``6 cases of 6 patients: 3 HCC, 2 hemangioma, 1 without lesions. All can be used.``"""
    counts = [
        _("{n} {name}").format(n=count, name=_(class_word(name)))
        for name in in_usual_order({case.case_class for case in cases} - {"", NO_LESIONS})
        if (count := sum(case.case_class == name for case in cases))
    ]
    healthy = sum(case.case_class == NO_LESIONS for case in cases)
    counts += [_("{n} without lesions").format(n=healthy)] if healthy else []
    bad = sum(bool(case.problems) for case in cases)
    start = _("{cases} of {patients}: {counts}.").format(
        cases=_("1 case") if len(cases) == 1 else _("{n} cases").format(n=len(cases)),
        patients=_("1 patient") if patients == 1 else _("{n} patients").format(n=patients),
        counts=", ".join(counts),
    )
    end = _("All can be used.") if not bad else _("{n} cannot be used.").format(n=bad)
    doubtful = sum(bool(case_warnings(case)) for case in cases)
    warned = [_("Warnings for {n}.").format(n=doubtful)] if doubtful else []
    return " ".join((start, end, *warned))
