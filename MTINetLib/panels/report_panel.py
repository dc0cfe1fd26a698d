"""The Report section: what is written, where to, and the reader's own words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import ctk
import qt
import slicer
from slicer.i18n import tr as _

from MTINetLib.panels.column import keep_in_sight, make_elastic
from MTINetLib.panels.notice import STYLES
from MTINetLib.panels.panel import Panel
from MTINetLib.presentation.session_words import state_text
from MTINetLib.presentation.stages import stage_text
from MTINetLib.presentation.statements import sentence, sentences
from MTINetLib.scene.dicom_database import has_database
from MTINetLib.session.events import Topic
from MTINetLib.session.setup import Group, look
from MTINetLib.session.state import State

#: Key of Slicer's settings: the folder that the user named last.
FOLDER_SETTING = "MTINet/ReportFolder"


@dataclass(frozen=True)
class FormatText:
    """One format of the report: its box, and the packages without which it cannot be made."""

    name: str
    title: str
    tip: str
    needs: tuple[str, ...] = ()


DICOM = "dicom"
#: In the order of the boxes; a further format of ``session.reports`` is one more line here.
FORMATS = (
    FormatText("pdf", "PDF", "The report, to read and print", ("matplotlib", "reportlab")),
    FormatText("html", "HTML", "The report for a browser, in one file", ("matplotlib", "jinja2")),
    FormatText("csv", "Tables (CSV)", "Lesions and curves for a spreadsheet"),
    FormatText("json", "Data (JSON)", "Everything that was found, for programs"),
    FormatText("labels", "Masks (NIfTI)", "The lesions' masks and the map of tumour probability"),
    FormatText(
        DICOM,
        "DICOM",
        "SEG, SR and PDF for the archive; they refer to the patient's images",
        ("highdicom", "matplotlib", "reportlab"),
    ),
)
_COLUMNS = 2


class ReportPanel(Panel):
    """Writes a report through the session; the button turns into Cancel while it is written."""

    UI = "ReportPanel.ui"

    def setup(self) -> None:
        self._boxes: dict[str, Any] = {}
        self._shown_for: tuple[Any, ...] | None = None
        self._asked = False
        ui = self.ui
        self._make_boxes()
        ui.folderEdit.filters = ctk.ctkPathLineEdit.Dirs
        kept = slicer.app.userSettings().value(FOLDER_SETTING)
        if kept:
            self.session.reports.last_folder = Path(str(kept))
        documents = qt.QStandardPaths.writableLocation(qt.QStandardPaths.DocumentsLocation)
        self.session.reports.documents = Path(str(documents)) if documents else None
        ui.folderEdit.connect("currentPathChanged(QString)", self.onFolder)
        ui.nameEdit.connect("textChanged(QString)", self.onName)
        ui.commentEdit.connect("textChanged()", self.onComment)
        ui.deidentifyBox.connect("toggled(bool)", self.onDeidentify)
        ui.writeButton.connect("clicked()", self.onWrite)
        ui.openReportButton.connect("clicked()", self.onOpenReport)
        ui.openFolderButton.connect("clicked()", self.onOpenFolder)
        ui.databaseButton.connect("clicked()", self.onPutIntoDatabase)
        self.listen(Topic.FINDINGS, self.refresh)
        self.listen(Topic.STATE, self._state_changed)
        self.listen(Topic.PROGRESS, self._show_progress)
        self.listen(Topic.MESSAGE, self._show_message)
        self.listen(Topic.PACKAGES, self._show_packages)

    def refresh(self) -> None:
        self._follow_results()
        choices, ui = self.session.choices, self.ui
        self._show_choice(ui.nameEdit, "text", choices.readerName)
        self._show_choice(ui.commentEdit, "plainText", choices.readerComment)
        self._show_choice(ui.deidentifyBox, "checked", choices.deidentify)
        chosen = choices.reportFormats.split(",")
        for name, box in self._boxes.items():
            self._show_choice(box, "checked", name in chosen)
        ui.identityLabel.visible = choices.deidentify
        self._show_packages()
        self._show_run()

    def formats(self) -> tuple[str, ...]:
        """The formats that are ticked and can be made."""
        return tuple(name for name, box in self._boxes.items() if box.checked and box.enabled)

    # Slots

    def onFolder(self, path: str) -> None:
        """The user has named a folder: it is kept, also for the next study and the next start."""
        self.session.reports.name_folder(path)
        self._keep_folder()

    def onName(self, text: str) -> None:
        self.session.choices.readerName = text

    def onComment(self) -> None:
        self.session.choices.readerComment = self.ui.commentEdit.plainText

    def onFormat(self, _ticked: bool) -> None:
        ticked = (name for name, box in self._boxes.items() if box.checked)
        self.session.choices.reportFormats = ",".join(ticked)

    def onDeidentify(self, wanted: bool) -> None:
        self.session.choices.deidentify = wanted
        self.ui.identityLabel.visible = wanted
        self._suggest_folder()

    def onWrite(self) -> None:
        """Write, or cancel what is being written."""
        session = self.session
        if session.state is State.REPORTING:
            session.cancel()
            return
        choices = session.choices
        self._asked = True
        session.reports.write(
            str(self.ui.folderEdit.currentPath),
            self.formats(),
            comment=choices.readerComment,
            reader=choices.readerName,
            deidentify=choices.deidentify,
        )

    def onOpenReport(self) -> None:
        document = self._document()
        if document is not None:
            self._open(document)

    def onOpenFolder(self) -> None:
        if self.session.reports.folder is not None:
            self._open(self.session.reports.folder)

    def onPutIntoDatabase(self) -> None:
        self._asked = True
        self.session.reports.put_into_database()

    # What is shown

    def _follow_results(self) -> None:
        """Another study: the folder may be among its images, and the last one's comment does not go along.

        The same volumes, analyzed again, are the same study.
        """
        results = self.session.results
        now = None if results is None else results.volumes
        if now == self._shown_for:
            return
        if self._shown_for is not None and now is not None:
            self.session.choices.readerComment = ""
        first, self._shown_for = self._shown_for is None, now
        self._asked = False
        self.ui.resultLabel.visible = False
        if now is not None or first:
            self._suggest_folder()

    def _suggest_folder(self) -> None:
        """The user's own folder where a report may go there; no slot takes it for the user's word."""
        folder = self.session.reports.suggested_folder(self.session.choices.deidentify)
        self._show_choice(self.ui.folderEdit, "currentPath", "" if folder is None else str(folder))

    def _state_changed(self) -> None:
        self._keep_folder()
        self._show_run()

    def _keep_folder(self) -> None:
        kept = self.session.reports.last_folder
        if kept is not None and str(kept) != slicer.app.userSettings().value(FOLDER_SETTING):
            slicer.app.userSettings().setValue(FOLDER_SETTING, str(kept))

    def _show_run(self) -> None:
        session, ui = self.session, self.ui
        writing = session.state is State.REPORTING
        there = session.findings is not None and session.results is not None
        ui.writeButton.text = _("Cancel") if writing else _("Write report")
        ui.writeButton.enabled = writing or (there and not session.busy)
        ui.writeButton.toolTip = (
            _("Analyze a study first.") if not there else _("Write into a new folder inside the one above.")
        )
        for widget in (ui.folderEdit, ui.formatsPlace, ui.nameEdit, ui.commentEdit, ui.deidentifyBox):
            widget.enabled = not writing
        folder = session.reports.folder
        document = self._document()
        ui.openReportButton.visible = document is not None and not writing
        ui.openFolderButton.visible = folder is not None and not writing
        written = bool(session.reports.dicom_files) and has_database(session.scene)
        ui.databaseButton.visible = written and not writing
        self._show_progress()

    def _show_progress(self) -> None:
        ui, seen = self.ui, self.session.progress
        writing = self.session.state is State.REPORTING
        ui.progressBar.visible = writing
        ui.stageLabel.visible = writing
        if writing:
            counted = seen is not None and seen.total > 0
            ui.progressBar.setRange(0, seen.total if seen is not None and counted else 0)
            ui.progressBar.setValue(min(seen.done, seen.total) if seen is not None and counted else 0)
            state = self.session.state
            ui.stageLabel.text = stage_text(seen.stage, _) if seen is not None else state_text(state, _)

    def _show_message(self) -> None:
        """The answer to the last press of the button."""
        message, label = self.session.message, self.ui.resultLabel
        if self._asked and message is not None:
            self._asked = False
            label.text = sentences(message.statements, _)
            label.setStyleSheet(STYLES[message.kind])
            label.visible = True
            keep_in_sight(self.ui.openFolderButton if self.session.reports.files else label)

    def _show_packages(self) -> None:
        """Formats whose packages are missing cannot be ticked; where to get them is said once."""
        missing = {found.need.name for found in look((Group.ANALYSIS,)) if not found.ok}
        lacking: dict[str, None] = {}
        for about in FORMATS:
            gone = [name for name in about.needs if name in missing]
            self._boxes[about.name].enabled = not gone
            lacking.update(dict.fromkeys(gone))
        self._show_whether_dicom()
        self.ui.packagesLabel.visible = bool(lacking)
        self.ui.packagesLabel.text = _("Not installed yet: {0}. The section Setup installs it.").format(
            ", ".join(lacking)
        )

    def _show_whether_dicom(self) -> None:
        """Without the patient's DICOM images there is nothing that DICOM objects could refer to."""
        box, about = self._boxes[DICOM], next(about for about in FORMATS if about.name == DICOM)
        reason = self.session.reports.why_no_dicom()
        box.enabled = box.enabled and reason is None
        box.toolTip = _(about.tip) if reason is None else sentence(reason, _)

    def _make_boxes(self) -> None:
        grid = self.ui.formatsPlace.layout()
        for number, about in enumerate(FORMATS):
            box = qt.QCheckBox(_(about.title))
            box.toolTip = _(about.tip)
            box.connect("toggled(bool)", self.onFormat)
            grid.addWidget(box, number // _COLUMNS, number % _COLUMNS)
            self._boxes[about.name] = box
        make_elastic(tuple(self._boxes.values()))
        # Made last, they would come last for the Tab key: what stands below is put after them.
        ui = self.ui
        below = (ui.nameEdit, ui.commentEdit, ui.deidentifyBox, ui.writeButton)
        links = (ui.openReportButton, ui.openFolderButton, ui.databaseButton)
        for before, after in pairwise((*self._boxes.values(), *below, *links)):
            qt.QWidget.setTabOrder(before, after)

    def _show_choice(self, widget: Any, name: str, value: Any) -> None:
        """Write only what differs, for a cursor must not jump, and let no slot take it for the user's."""
        if getattr(widget, name) != value:
            was = widget.blockSignals(True)
            setattr(widget, name, value)
            widget.blockSignals(was)

    def _document(self) -> Path | None:
        files = self.session.reports.files
        documents = [file for suffix in (".pdf", ".html") for file in files if file.suffix == suffix]
        return documents[0] if documents else None

    def _open(self, path: Path) -> None:
        if not qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path))):
            self.session.warn("not_opened", path=path)
