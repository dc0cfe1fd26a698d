"""The Classification section: what the network takes the chosen lesion for, and what speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import qt
from slicer.i18n import tr as _

from MTINetLib.findings import LesionFinding
from MTINetLib.panels.notice import WARNING_STYLE
from MTINetLib.panels.panel import Panel
from MTINetLib.presentation.class_signs import reasons_in_words
from MTINetLib.presentation.classes import class_title, on_black
from MTINetLib.presentation.figure_words import FigureText, figures_in_words
from MTINetLib.presentation.liver_words import overlap_in_words, place_in_words
from MTINetLib.presentation.words import (
    flag_in_words,
    flags_in_words,
    lesion_probability_in_words,
    percent,
    whole_sentence,
)
from MTINetLib.session.events import Topic
from MTINetLib.study.lesion_class import UNDECIDED
from MTINetLib.study.phase import Phase

_UNDECIDED, _NOT_READ = "undecided:", "undecided:not_read"
_BAR = (
    "QProgressBar { border: 1px solid palette(mid); border-radius: 3px; } "
    "QProgressBar::chunk { background: %s; }"
)
_FULL = 1000


class ClassificationPanel(Panel):
    """Probabilities as bars, reasons beside them; undecided is said as such."""

    UI = "ClassificationPanel.ui"

    def setup(self) -> None:
        self._bars: dict[str, tuple[Any, Any]] = {}
        self._row_widgets: list[Any] = []
        line = self.ui.remarksLabel.fontMetrics().lineSpacing()
        for doubt in (self.ui.undecidedLabel, self.ui.staleLabel):
            doubt.setFixedHeight(3 * line + 12)
        self.ui.remarksLabel.setFixedHeight(5 * line)
        self.ui.staleLabel.setStyleSheet(WARNING_STYLE)
        self.listen(Topic.FINDINGS, self.refresh)
        self.listen(Topic.SELECTION, self.refresh)

    def refresh(self) -> None:
        lesion, ui = self.chosenLesion(), self.ui
        self.widget.visible = self.session.findings is not None
        for widget in (ui.barsGrid, ui.figuresLabel):
            widget.visible = lesion is not None
        ui.titleLabel.text = self._title(lesion)
        self._fit_bars(() if lesion is None else tuple(lesion.probabilities))
        self._show_probabilities(lesion)
        self._show_doubts(lesion)
        figures = () if lesion is None else figures_in_words(lesion, self._phases())
        ui.figuresLabel.text = "" if lesion is None else _figures(figures)
        ui.figuresLabel.toolTip = "" if lesion is None else _meanings(figures)

    def chosenLesion(self) -> LesionFinding | None:
        findings, label = self.session.findings, self.session.selected
        lesions = findings.lesions if findings else ()
        return next((lesion for lesion in lesions if lesion.label == label), None)

    def _phases(self) -> tuple[Phase, ...]:
        findings = self.session.findings
        return () if findings is None else findings.phases

    def _title(self, lesion: LesionFinding | None) -> str:
        if lesion is not None:
            name = _("Lesion {0}: {1}").format(lesion.label, _(class_title(lesion.lesion_class)))
            place = place_in_words(lesion.place)
            name = f"{name}, {_(place)}" if place else name
            colour = on_black(lesion.lesion_class)
            return f'<span style="color:{colour}">■</span> <b>{escape(name)}</b>'
        findings = self.session.findings
        if findings is None:
            return _("Nothing was analyzed yet.")
        return (
            _("Choose a lesion in the table.") if findings.lesions else _("There is no lesion to classify.")
        )

    def _fit_bars(self, classes: tuple[str, ...]) -> None:
        """A bar for each class that the model tells apart; they stay while no lesion is chosen."""
        if not classes or classes == tuple(self._bars):
            return
        for widget in self._row_widgets:
            widget.hide()
            widget.deleteLater()
        self._bars, self._row_widgets = {}, []
        grid = self.ui.barsGrid.layout()
        for row, name in enumerate(classes):
            title, bar, share = qt.QLabel(_(class_title(name))), qt.QProgressBar(), qt.QLabel()
            bar.setRange(0, _FULL)
            bar.textVisible = False
            bar.maximumHeight = 14
            bar.setStyleSheet(_BAR % on_black(name))
            bar.accessibleName = _(class_title(name))
            for column, widget in enumerate((title, bar, share)):
                grid.addWidget(widget, row, column)
                self._row_widgets.append(widget)
            self._bars[name] = (bar, share)

    def _show_probabilities(self, lesion: LesionFinding | None) -> None:
        read = lesion is not None and _NOT_READ not in lesion.flags
        for kind, (bar, share) in self._bars.items():
            value = lesion.probabilities.get(kind, 0.0) if lesion is not None and read else 0.0
            bar.value = round(_FULL * value)
            bar.enabled = read
            share.text = percent(value) if read else _("not read")

    def _show_doubts(self, lesion: LesionFinding | None) -> None:
        ui, flags = self.ui, lesion.flags if lesion is not None else ()
        undecided = lesion is not None and lesion.lesion_class == UNDECIDED
        ui.undecidedLabel.text = ui.undecidedLabel.toolTip = _undecided(flags) if undecided else ""
        ui.undecidedLabel.setStyleSheet(WARNING_STYLE if undecided else "")
        stale = lesion is not None and lesion.label in self.session.correction.standing.unread
        ui.staleLabel.visible = stale and _NOT_READ not in flags  # of more weight than a reason of before
        ui.staleLabel.toolTip = ui.undecidedLabel.text
        # Room for one doubt and for remarks also where there are none: choosing a lesion moves nothing.
        ui.undecidedLabel.visible = lesion is not None and ui.staleLabel.isHidden()
        others = [flag for flag in flags if not flag.startswith(_UNDECIDED)]
        ui.remarksLabel.visible = lesion is not None
        ui.remarksLabel.toolTip = "\n".join(_(whole_sentence(words)) for words in flags_in_words(others))
        known = (
            []
            if lesion is None
            else [
                *(reasons_in_words(lesion) if _NOT_READ not in flags else ()),
                lesion_probability_in_words(lesion),
                overlap_in_words(lesion),
            ]
        )
        remarks = [*filter(None, known), *flags_in_words(others)]
        said = "".join(f"<li>{escape(_(whole_sentence(words)))}</li>" for words in remarks)
        ui.remarksLabel.text = f'<ul style="margin-left:-24px">{said}</ul>'


def _undecided(flags: tuple[str, ...]) -> str:
    """Why no class is given, in one sentence."""
    if _NOT_READ in flags:
        return _("Undecided: the network has not read this lesion. Ask it in the section Correct.")
    reasons = [flag_in_words(flag) for flag in flags if flag.startswith(_UNDECIDED)]
    why = _(" and ").join(reason.partition("because ")[2] for reason in reasons)
    return _("Undecided: {0}.").format(why) if why else _("Undecided.")


def _meanings(figures: Sequence[FigureText]) -> str:
    return "\n".join(f"{_(figure.name)}: {_(figure.meaning)}" for figure in figures)


def _figures(figures: Sequence[FigureText]) -> str:
    rows = "".join(
        f'<tr><td style="white-space:nowrap">{escape(_(figure.name))}</td>'
        f'<td align="right" style="white-space:nowrap"><b>{escape(figure.value)}</b></td></tr>'
        for figure in figures
    )
    return f'<table cellspacing="0" cellpadding="2" width="100%">{rows}</table>'
