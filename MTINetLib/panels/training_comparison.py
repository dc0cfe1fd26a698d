"""Old and new model of a fine-tuning side by side; one click takes the new one, one goes back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _

from MTINetLib.models.info import ModelInfo
from MTINetLib.panels.tables import LEFT, RIGHT, fit_height, read_only_item, set_headers
from MTINetLib.presentation.comparison_words import FIGURE_TITLES, verdict_in_words
from MTINetLib.session.training_comparison import ShownComparison, comparison_of
from MTINetLib.session.training_state import Doing

if TYPE_CHECKING:
    from MTINetLib.session.session import Session

HEADERS = ("", "Old", "New", "New less old")
_TIPS = (
    "Counted on the same patients, whom the new model had not seen",
    "The model before",
    "The new model",
    "With its 95 % interval, patient by patient",
)
_ALIGNED = (LEFT, RIGHT, RIGHT, RIGHT)


class ComparisonSection:
    """Shown for a run that was a fine-tuning, else hidden.

    Args:
        use: makes a model, by its name, that of Analyze.
    """

    def __init__(self, ui: Any, session: Session, use: Callable[[str], None]) -> None:
        self._ui, self._session, self._use = ui, session, use
        self._shown: ShownComparison | None = None
        self._taken = ""
        ui.useNewButton.connect("clicked()", self.onUseNew)
        ui.goBackButton.connect("clicked()", self.onGoBack)
        ui.differencesButton.connect("clicked()", self.onDifferences)
        table = ui.comparisonTable
        set_headers(table, [_(header) for header in HEADERS], [_(tip) for tip in _TIPS], _ALIGNED)
        for column in range(len(HEADERS)):
            mode = qt.QHeaderView.ResizeToContents if column else qt.QHeaderView.Stretch
            table.horizontalHeader().setSectionResizeMode(column, mode)

    def show(self) -> None:
        ui = self._ui
        run = self._session.training.run
        shown = None if run.active else comparison_of(run.record)
        for widget in (ui.comparisonLabel, ui.judgedByLabel, ui.comparisonTable, ui.differencesButton):
            widget.visible = shown is not None
        ui.useNewButton.visible = ui.goBackButton.visible = False
        if shown is None:
            self._shown = None
            return
        ui.comparisonLabel.text = verdict_in_words(**shown.verdict, translate=_)
        ui.judgedByLabel.text = shown.judged_by
        ui.judgedByLabel.visible = bool(shown.judged_by)
        if shown != self._shown:
            self._fill(shown)
        self._shown = shown
        kept = self._kept(shown)
        in_use = kept is not None and self._session.choices.model == kept.name
        ui.useNewButton.visible, ui.goBackButton.visible = not in_use, in_use
        ui.useNewButton.text = _("Use the new model") if shown.better else _("Use the new model all the same")
        ui.useNewButton.enabled = self._session.training.desk.doing in (Doing.NOTHING, Doing.CHECKING)
        ui.goBackButton.toolTip = _(
            "Let Analyze read studies with {name} again; the new model stays kept."
        ).format(name=shown.old)

    def models_changed(self) -> None:
        """The model that was asked for is kept now."""
        taken, self._taken = self._taken, ""
        if taken and taken in [model.name for model in self._session.training.kept_models()]:
            self._use(taken)
        self.show()

    # Slots

    def onUseNew(self) -> None:
        if self._shown is None:
            return
        kept = self._kept(self._shown)
        if kept is not None:
            self._use(kept.name)
        else:
            self._taken = self._free_name(self._shown.new.name)
            self._session.training.keep(self._taken)
        self.show()

    def onGoBack(self) -> None:
        if self._shown is None:
            return
        own = [model.name for model in self._session.training.kept_models()]
        # A model that came with MTI-Net is the one that is used without a choice.
        self._use(self._shown.old if self._shown.old in own else "")
        self.show()

    def onDifferences(self) -> None:
        if self._shown is None:
            return
        folder = self._shown.folder
        if not qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(folder))):
            slicer.util.infoDisplay(_("Table and pictures are in {folder}.").format(folder=folder))

    # What it shows

    def _kept(self, shown: ShownComparison) -> ModelInfo | None:
        """The new model among those that were kept."""
        same = (model for model in self._session.training.kept_models() if model.sha256 == shown.new.sha256)
        return next(same, None)

    def _free_name(self, name: str) -> str:
        taken = {model.name.lower() for model in self._session.training.kept_models()}
        names = (name if n == 1 else f"{name}-{n}" for n in itertools.count(1))
        return next(one for one in names if one.lower() not in taken)

    def _fill(self, shown: ShownComparison) -> None:
        table = self._ui.comparisonTable
        table.setRowCount(len(shown.cells))
        for row, (name, cells) in enumerate(shown.cells.items()):
            old, new, difference = cells[:3]
            title = _(FIGURE_TITLES.get(name, name))
            shorter = title, _without_interval(old), _without_interval(new), difference
            for column, (text, whole) in enumerate(zip(shorter, (title, old, new, difference), strict=True)):
                item = read_only_item(text, _ALIGNED[column])
                item.setToolTip(whole)
                table.setItem(row, column, item)
        fit_height(table, len(shown.cells))


def _without_interval(words: str) -> str:
    return words.partition(" (")[0]
