"""The Lesions section: a table to choose from, with what a reader wants to see at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import qt
from slicer.i18n import tr as _

from MTINetLib.findings import LesionFinding, StudyFindings
from MTINetLib.panels.panel import Panel
from MTINetLib.panels.tables import LEFT, RIGHT, fit_height, read_only_item, set_headers, swatch
from MTINetLib.presentation.classes import class_title, on_black
from MTINetLib.presentation.liver_words import liver_in_words, place_in_words
from MTINetLib.presentation.words import (
    flag_in_brief,
    flags_in_words,
    percent,
    probability_in_words,
    summary_in_words,
    whole_sentence,
)
from MTINetLib.session.events import Topic
from MTINetLib.study.lesion_class import UNDECIDED

HEADERS = ("#", "Class", "Prob.", "mL", "mm", "Remarks")
_TIPS = (
    "Number of the lesion, 1 for the largest",
    "One of the classes that the network tells apart; or undecided",
    "Probability of the class; of each class where it is undecided: point at it to read which",
    "Volume in mL",
    "Longest diameter in a slice in mm, and the longest one perpendicular to it",
    "What to mind; point at it to read it in full",
)
_ALIGNED = (RIGHT, LEFT, RIGHT, RIGHT, RIGHT, LEFT)
_REMARKS = len(HEADERS) - 1
#: By what each column is sorted.
_KEYS: tuple[Callable[[LesionFinding], Any], ...] = (
    lambda lesion: lesion.label,
    lambda lesion: (class_title(lesion.lesion_class), -_share(lesion)),
    lambda lesion: _share(lesion),
    lambda lesion: lesion.volume_ml,
    lambda lesion: (lesion.long_axis_mm, lesion.short_axis_mm),
    lambda lesion: (len(lesion.flags), lesion.flags),
)
_MOST_ROWS = 8
#: More shares than this do not fit into a cell.
_MOST_SHARES = 3
#: A click that has just chosen a row ends within this time and need not choose it again.
_ONE_CLICK_S = 0.6


class LesionsPanel(Panel):
    """Choosing a row, by mouse or arrow keys, chooses the lesion in the session, and the other way round."""

    UI = "LesionsPanel.ui"

    def setup(self) -> None:
        self._labels: list[int] = []
        self._column, self._descending = 0, False
        self._chosen_at = 0.0
        table = self.ui.lesionTable
        set_headers(table, [_(header) for header in HEADERS], [_(tip) for tip in _TIPS], _ALIGNED)
        header = table.horizontalHeader()
        header.setSectionsClickable(True)
        header.setMinimumSectionSize(20)
        for column in range(len(HEADERS)):
            header.setSectionResizeMode(
                column, qt.QHeaderView.Stretch if column == _REMARKS else qt.QHeaderView.ResizeToContents
            )
        header.connect("sectionClicked(int)", self.onSort)
        table.connect("itemSelectionChanged()", self.onRowChosen)
        table.connect("cellClicked(int,int)", self.onClicked)
        self.ui.sensitivitySlider.connect("valueChanged(int)", self.onSensitivity)
        self.listen(Topic.STATE, self._show_sensitivity)
        self.listen(Topic.FINDINGS, self.refresh)
        self.listen(Topic.SELECTION, self._show_selection)

    def refresh(self) -> None:
        findings, ui = self.session.findings, self.ui
        self.widget.visible = findings is not None
        lesions = list(findings.lesions) if findings else []
        ui.summaryLabel.text = _("Nothing was analyzed yet.") if findings is None else _summary(findings)
        self._show_sensitivity()
        ui.lesionTable.visible = bool(lesions)
        lesions.sort(key=_KEYS[self._column], reverse=self._descending)
        self._fill(lesions)
        self._show_selection()

    # Slots

    def onRowChosen(self) -> None:
        label = self._current()
        if label is not None and label != self.session.selected:
            self._chosen_at = time.monotonic()
            self.session.select(label)

    def onClicked(self, row: int, _column: int) -> None:
        """A click on the row that is chosen already jumps there again."""
        if 0 <= row < len(self._labels) and time.monotonic() - self._chosen_at > _ONE_CLICK_S:
            self.session.select(self._labels[row])

    def onSensitivity(self, place: int) -> None:
        """Let more or fewer of the candidates count."""
        self.session.sensitivity.choose(place)
        self._show_sensitivity()

    def _show_sensitivity(self) -> None:
        """There only where the model offers a choice, and still while a person's corrections stand."""
        choice, ui = self.session.sensitivity, self.ui
        offered, place = choice.offered, choice.chosen
        ui.sensitivityRow.visible = offered is not None
        if offered is None:
            return
        slider = ui.sensitivitySlider
        was = slider.blockSignals(True)
        slider.setRange(0, len(offered.points) - 1)
        slider.setValue(offered.usual if place is None else place)
        slider.blockSignals(was)
        corrected = self.session.findings is not None and self.session.findings.provenance.corrected_by_person
        slider.enabled = not corrected
        point = offered.points[offered.usual if place is None else place]
        ui.sensitivityLabel.text = percent(point.sensitivity)
        ui.sensitivityLabel.toolTip = (
            _("Your corrections stand: revert them to choose again.")
            if corrected
            else _("{0:.2g} false marks a study, where the model was fitted").format(
                point.false_positives_a_study
            )
        )

    def onSort(self, column: int) -> None:
        """Sort by a column; a second click turns the order round."""
        self._descending = not self._descending if column == self._column else False
        self._column = column
        self.refresh()

    # The table

    def _fill(self, lesions: list[LesionFinding]) -> None:
        table = self.ui.lesionTable
        was = table.blockSignals(True)
        self._labels = [lesion.label for lesion in lesions]
        table.setRowCount(len(lesions))
        for row, lesion in enumerate(lesions):
            for column, text in enumerate(_cells(lesion)):
                item = read_only_item(text, _ALIGNED[column])
                if column == 1:
                    item.setIcon(swatch(on_black(lesion.lesion_class)))
                tips = {
                    0: place_in_words(lesion.place),
                    2: probability_in_words(lesion),
                    _REMARKS: _tip(lesion),
                }
                item.setToolTip(tips.get(column) or text)
                table.setItem(row, column, item)
        header = table.horizontalHeader()
        header.setSortIndicatorShown(True)
        order = qt.Qt.DescendingOrder if self._descending else qt.Qt.AscendingOrder
        header.setSortIndicator(self._column, order)
        fit_height(table, _MOST_ROWS)
        table.blockSignals(was)

    def _show_selection(self) -> None:
        table, label = self.ui.lesionTable, self.session.selected
        if self._current() == label:
            return
        was = table.blockSignals(True)
        if label in self._labels:
            table.selectRow(self._labels.index(label))
        else:
            table.clearSelection()
            table.setCurrentCell(-1, -1)
        table.blockSignals(was)

    def _current(self) -> int | None:
        row = self.ui.lesionTable.currentRow()
        item = self.ui.lesionTable.item(row, 0) if 0 <= row < len(self._labels) else None
        return self._labels[row] if item is not None and item.isSelected() else None


def _summary(findings: StudyFindings) -> str:
    liver = "" if findings.liver is None else f"{liver_in_words(findings.liver)}."
    return " ".join(filter(None, (summary_in_words(findings), liver)))


def _share(lesion: LesionFinding) -> float:
    """Probability of the class, or the largest one where it is undecided."""
    return lesion.probabilities.get(lesion.lesion_class, max(lesion.probabilities.values(), default=0.0))


def _cells(lesion: LesionFinding) -> tuple[str, ...]:
    return (
        str(lesion.label),
        _(class_title(lesion.lesion_class)),
        _probability(lesion),
        f"{lesion.volume_ml:.1f}",
        f"{lesion.long_axis_mm:.0f} × {lesion.short_axis_mm:.0f}",
        ", ".join(dict.fromkeys(flag_in_brief(flag) for flag in lesion.flags if not _said(flag))),
    )


def _probability(lesion: LesionFinding) -> str:
    """Short: one share where there is a class, all or the largest where there is none."""
    if lesion.lesion_class != UNDECIDED:
        return percent(lesion.probabilities[lesion.lesion_class])
    shares = [round(100 * share) for share in lesion.probabilities.values()]
    if len(shares) > _MOST_SHARES:
        return percent(_share(lesion))
    return " : ".join(map(str, shares)) or "-"


def _said(flag: str) -> bool:
    """Whether another column says it already."""
    return flag.startswith("undecided")


def _tip(lesion: LesionFinding) -> str:
    return "\n".join(_(whole_sentence(words)) for words in flags_in_words(lesion.flags))
