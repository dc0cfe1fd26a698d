"""The Models section of the Training tab: a run's model is named and kept; kept ones are used or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _

from MTINetLib.models.info import ModelInfo
from MTINetLib.panels.tables import LEFT, RIGHT, fit_height, read_only_item, set_headers
from MTINetLib.session.events import Topic
from MTINetLib.session.training_state import Doing

if TYPE_CHECKING:
    from MTINetLib.session.session import Session

HEADERS = ("Name", "Recipe", "Dice", "Accuracy")
_TIPS = (
    "The name that Analyze offers",
    "How it was trained",
    "Overlap of its masks with the dataset's own in the validation, 1 for the same",
    "Share of the lesions of the validation whose class it got right",
)
_ALIGNED = (LEFT, LEFT, RIGHT, RIGHT)
_MOST_ROWS = 5


class ModelsSection:
    """Lists the user's own models; those that came with MTINet are not touched here."""

    def __init__(self, ui: Any, session: Session) -> None:
        self._ui, self._session = ui, session
        self._models: list[ModelInfo] = []
        ui.keepButton.connect("clicked()", self.onKeep)
        ui.useButton.connect("clicked()", self.onUse)
        ui.deleteButton.connect("clicked()", self.onDelete)
        ui.modelNameEdit.connect("textChanged(QString)", self.onNamed)
        table = ui.modelTable
        table.connect("itemSelectionChanged()", self.show_buttons)
        set_headers(table, [_(header) for header in HEADERS], [_(tip) for tip in _TIPS], _ALIGNED)
        for column in range(len(HEADERS)):
            mode = qt.QHeaderView.ResizeToContents if column else qt.QHeaderView.Stretch
            table.horizontalHeader().setSectionResizeMode(column, mode)

    def show(self) -> None:
        ui, record = self._ui, self._session.training.run.record
        count = len(record.models) if record is not None else 0
        ui.runModelLabel.text = (
            _("The run above has a model: give it a name to keep it.")
            if count == 1
            else _("The run above has {n} models, one a fold: name those that you keep.").format(n=count)
            if count
            else _("A run leaves a model after its first validation; here it can be kept under a name.")
        )
        ui.partSelector.visible = count > 1
        if ui.partSelector.count != count:
            ui.partSelector.clear()
            for number in range(1, count + 1):
                ui.partSelector.addItem(_("Fold {n}").format(n=number))
        for widget in (ui.modelNameEdit, ui.keepButton):
            widget.visible = count > 0
        self._fill(self._session.training.kept_models())
        chosen = self._session.choices.model
        ui.modelInUseLabel.text = (
            _("Analyze uses the model '{name}'.").format(name=chosen)
            if chosen
            else _("Analyze uses the model that came with MTI-Net.")
        )
        self.show_buttons()

    def models_changed(self) -> None:
        """The models on the disk are others: the worker of Analyze looks again, if it was asked before."""
        self.show()
        if self._session.computer.environment is not None:
            self._session.computer.ask()

    # Slots

    def onNamed(self, _text: str) -> None:
        self.show_buttons()

    def onKeep(self) -> None:
        name = str(self._ui.modelNameEdit.text).strip()
        self._session.training.keep(name, max(0, self._ui.partSelector.currentIndex) + 1)
        self._ui.modelNameEdit.text = ""

    def onUse(self) -> None:
        model = self._chosen()
        if model is not None:
            self.use(model.name)

    def onDelete(self) -> None:
        model = self._chosen()
        if model is None:
            return
        question = _("Delete the model '{name}' from this computer? Its training run stays.")
        if not slicer.util.confirmOkCancelDisplay(question.format(name=model.name), _("Delete the model")):
            return
        if self._session.choices.model == model.name:
            self.use("")
        self._session.training.delete(model)

    # What it shows

    def use(self, name: str) -> None:
        """Let Analyze read studies with a model; empty for the one that came with MTI-Net."""
        self._session.choices.model = name
        self._session.events.tell(Topic.COMPUTER)
        self._session.events.tell(Topic.PHASES)  # another model may take others

    def _chosen(self) -> ModelInfo | None:
        table = self._ui.modelTable
        row = table.currentRow() if table.selectedItems() else -1
        return self._models[row] if 0 <= row < len(self._models) else None

    def _fill(self, models: list[ModelInfo]) -> None:
        table = self._ui.modelTable
        table.visible = bool(models)
        for widget in (self._ui.useButton, self._ui.deleteButton):
            widget.visible = bool(models)
        if models == self._models:
            return
        self._models = models
        was = table.blockSignals(True)
        table.setRowCount(len(models))
        for row, model in enumerate(models):
            for column, text in enumerate(_cells(model)):
                item = read_only_item(text, _ALIGNED[column])
                item.setToolTip(_("SHA-256 of the weights: {sha}").format(sha=model.sha256))
                table.setItem(row, column, item)
        table.blockSignals(was)
        fit_height(table, _MOST_ROWS)

    def show_buttons(self) -> None:
        ui, model = self._ui, self._chosen()
        idle = self._session.training.desk.doing in (Doing.NOTHING, Doing.CHECKING)
        ui.keepButton.enabled = idle and bool(str(ui.modelNameEdit.text).strip())
        ui.useButton.enabled = model is not None and model.name != self._session.choices.model
        ui.deleteButton.enabled = model is not None


def _cells(model: ModelInfo) -> tuple[str, ...]:
    dice, accuracy = model.validation.get("dice"), model.validation.get("accuracy")
    return (
        model.name,
        model.preset,
        "–" if dice is None else f"{dice:.2f}",
        "–" if accuracy is None else f"{accuracy:.0%}",
    )
