"""The section of the Training tab that adds the open study, with its corrected masks, to the dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import qt
from slicer.i18n import tr as _

from MTINetLib.findings import LesionFinding
from MTINetLib.panels.tables import LEFT, RIGHT, fit_height, read_only_item, set_headers
from MTINetLib.presentation.classes import KNOWN_CLASSES, class_title, class_word
from MTINetLib.presentation.statements import sentence
from MTINetLib.session.training_case import CaseChoices, why_no_case
from MTINetLib.session.training_state import Doing
from MTINetLib.study.lesion_class import UNDECIDED, in_usual_order

if TYPE_CHECKING:
    from MTINetLib.session.session import Session

HEADERS = ("#", "mL", "Found", "Class to learn")
_TIPS = (
    "Number of the lesion",
    "Volume in mL",
    "Class that the network gave",
    "What the lesion is, by your own reading: the network learns this",
)
_ALIGNED = (RIGHT, RIGHT, LEFT, LEFT)
_MOST_ROWS = 5


class CaseSection:
    """A class for every lesion; what the network found is offered, an undecided lesion must be chosen."""

    def __init__(self, ui: Any, session: Session, folder: Callable[[], str]) -> None:
        self._ui, self._session, self._folder = ui, session, folder
        self._lesions: tuple[LesionFinding, ...] = ()
        self._boxes: dict[int, Any] = {}
        self._classes: tuple[str, ...] = ()
        self._results: Any = None
        ui.addCaseButton.connect("clicked()", self.onAdd)
        table = ui.lesionClassTable
        set_headers(table, [_(header) for header in HEADERS], [_(tip) for tip in _TIPS], _ALIGNED)
        for column in range(len(HEADERS)):
            mode = qt.QHeaderView.Stretch if column == 3 else qt.QHeaderView.ResizeToContents
            table.horizontalHeader().setSectionResizeMode(column, mode)

    def show(self) -> None:
        ui, session = self._ui, self._session
        reason = why_no_case(session)
        self._fill(session.findings.lesions if session.findings is not None else ())
        ready = session.findings is not None
        for widget in (ui.lesionClassTable, ui.patientCaption, ui.patientEdit, ui.addCaseButton):
            widget.visible = ready
        ui.lesionClassTable.visible = ready and bool(self._lesions)
        ui.caseLabel.text = sentence(reason, _) if reason else self._what_to_do()
        self._show_button()

    def onAdd(self) -> None:
        """Add the study, or give that up."""
        if self._session.training.desk.doing is Doing.ADDING:
            self._session.training.desk.cancel()
            return
        chosen = {label: box.currentIndex for label, box in self._boxes.items()}
        classes = {label: self._classes[index - 1] for label, index in chosen.items() if index > 0}
        patient = str(self._ui.patientEdit.text).strip()
        self._session.training.add_case(self._session, CaseChoices(self._folder(), classes, patient))
        self._ui.patientEdit.text = ""

    def onChosen(self, _index: int) -> None:
        reason = why_no_case(self._session)
        self._ui.caseLabel.text = sentence(reason, _) if reason else self._what_to_do()
        self._show_button()

    def _fill(self, lesions: tuple[LesionFinding, ...]) -> None:
        if lesions == self._lesions:
            return
        same = self._session.results is self._results
        chosen = {label: box.currentIndex for label, box in self._boxes.items()} if same else {}
        self._results = self._session.results
        self._lesions, self._boxes = lesions, {}
        told = {name for lesion in lesions for name in lesion.probabilities}
        self._classes = in_usual_order((KNOWN_CLASSES.keys() | told) - {UNDECIDED})
        table = self._ui.lesionClassTable
        table.setRowCount(0)
        table.setRowCount(len(lesions))
        for row, lesion in enumerate(lesions):
            texts = (str(lesion.label), f"{lesion.volume_ml:.1f}", class_title(lesion.lesion_class))
            for column, text in enumerate(texts):
                table.setItem(row, column, read_only_item(text, _ALIGNED[column]))
            box = qt.QComboBox()
            box.addItem(_("choose…"))
            for name in self._classes:
                box.addItem(_(class_word(name)))
            found = lesion.lesion_class
            offered = self._classes.index(found) + 1 if found in self._classes else 0
            box.setCurrentIndex(chosen.get(lesion.label, 0) or offered)
            box.connect("currentIndexChanged(int)", self.onChosen)
            table.setCellWidget(row, 3, box)
            self._boxes[lesion.label] = box
        fit_height(table, _MOST_ROWS)

    def _missing(self) -> list[int]:
        return [label for label, box in self._boxes.items() if box.currentIndex <= 0]

    def _what_to_do(self) -> str:
        if not self._folder():
            return str(_("Choose the dataset's folder above first; an empty one becomes a new dataset."))
        missing = self._missing()
        if missing:
            return str(_("Choose a class for lesion {n}.").format(n=missing[0]))
        if not self._lesions:
            return str(_("The study has no lesions: it is added as a healthy one."))
        return str(
            _("Check masks and classes: what is wrong here is learnt wrong. No name leaves the scene.")
        )

    def _show_button(self) -> None:
        button, doing = self._ui.addCaseButton, self._session.training.desk.doing
        adding = doing is Doing.ADDING
        ready = doing is not Doing.KEEPING and bool(self._folder()) and not self._missing()
        button.text = _("Cancel") if adding else _("Add as a case")
        button.enabled = adding or (ready and why_no_case(self._session) is None)
