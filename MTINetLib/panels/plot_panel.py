"""The Time-intensity curve section: the chosen lesion's plot, its values, and ways to take them along."""

from __future__ import annotations

from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from MTINetLib.errors import InputError, MTINetError
from MTINetLib.findings import LesionFinding
from MTINetLib.panels.column import make_elastic
from MTINetLib.panels.curve_values import CurveRow, as_tab_separated, curve_rows
from MTINetLib.panels.panel import Panel
from MTINetLib.panels.plot_view import PlotView
from MTINetLib.panels.tables import LEFT, RIGHT, fit_height, read_only_item, set_headers
from MTINetLib.presentation.classes import class_title
from MTINetLib.presentation.words import NOT_MEASURED, number, phase_title, seconds, signal_decimals
from MTINetLib.report.csv_tables import curves_csv
from MTINetLib.session.events import Topic
from MTINetLib.session.report_place import refuse_place

HEADERS = ("Phase", "Time", "Measured", "Predicted", "Liver")
_TIPS = (
    "Contrast phase",
    "After the start of the bolus, or after the first phase",
    "Mean ± standard deviation inside the mask",
    "By the network, from the whole curve; not measured",
    "Mean in a ring of liver around the lesion",
)


class PlotPanel(Panel):
    """Raw signal or relative enhancement; the plot in the views follows the same switch."""

    UI = "PlotPanel.ui"

    def setup(self) -> None:
        ui = self.ui
        self._plot = PlotView(ui.plotPlace)
        table = ui.valuesTable
        aligned = [RIGHT if column else LEFT for column in range(len(HEADERS))]
        set_headers(table, [_(header) for header in HEADERS], [_(tip) for tip in _TIPS], aligned)
        header = table.horizontalHeader()
        header.setMinimumSectionSize(20)
        for column in range(len(HEADERS)):
            mode = qt.QHeaderView.Stretch if column == 2 else qt.QHeaderView.ResizeToContents
            header.setSectionResizeMode(column, mode)
        make_elastic((ui.layoutButton, ui.copyButton, ui.exportButton))
        ui.relativeBox.connect("toggled(bool)", self.onRelative)
        ui.layoutButton.connect("clicked()", self.onLayout)
        ui.copyButton.connect("clicked()", self.onCopy)
        ui.exportButton.connect("clicked()", self.onExport)
        self.widget.connect("contentsCollapsed(bool)", self.onCollapsed)
        self._layouts = slicer.app.layoutManager()
        if self._layouts is not None:
            self._layouts.connect("layoutChanged(int)", self.onLayoutChanged)
        self.listen(Topic.FINDINGS, self.refresh)
        self.listen(Topic.SELECTION, self.refresh)

    def refresh(self) -> None:
        session, ui = self.session, self.ui
        lesion = self.chosenLesion()
        self.widget.visible = session.findings is not None
        self._plot.show(session.results.chart if session.results is not None and lesion is not None else None)
        was = ui.relativeBox.blockSignals(True)
        ui.relativeBox.checked = session.choices.relativePlot
        ui.relativeBox.blockSignals(was)
        for widget in (ui.valuesTable, ui.relativeBox, ui.copyButton):
            widget.visible = lesion is not None
        ui.layoutButton.enabled = session.results is not None
        ui.exportButton.enabled = bool(session.findings and session.findings.lesions)
        ui.noteLabel.visible = False
        ui.titleLabel.text = self._title(lesion)
        if lesion is not None:
            self._fill(self.rows(lesion))

    def close(self) -> None:
        super().close()
        if self._layouts is not None:
            self._layouts.disconnect("layoutChanged(int)", self.onLayoutChanged)
            self._layouts = None
        self._plot.close()

    def chosenLesion(self) -> LesionFinding | None:
        findings, label = self.session.findings, self.session.selected
        lesions = findings.lesions if findings else ()
        return next((lesion for lesion in lesions if lesion.label == label), None)

    def rows(self, lesion: LesionFinding) -> tuple[CurveRow, ...]:
        """What the table shows of a lesion."""
        findings = self.session.findings
        if findings is None:
            return ()
        return curve_rows(lesion, findings.study, self.session.choices.relativePlot)

    # Slots

    def onLayoutChanged(self, _layout: int) -> None:
        """The views' own plot comes or goes."""
        qt.QTimer.singleShot(0, self._show_one_plot)  # after Slicer has shown and hidden its views

    def onCollapsed(self, collapsed: bool) -> None:
        if not collapsed:
            qt.QTimer.singleShot(0, self._plot.render)  # shown and laid out first

    def onRelative(self, relative: bool) -> None:
        self.session.show_relative(relative)

    def onLayout(self) -> None:
        self.session.show_layout()

    def onCopy(self) -> None:
        lesion = self.chosenLesion()
        if lesion is not None:
            text = as_tab_separated(self.rows(lesion), self.session.choices.relativePlot)
            qt.QApplication.clipboard().setText(text)
            self._note(_("Copied: paste the values into a spreadsheet."))

    def onExport(self) -> None:
        """Save the curves of all lesions, in scanner units, as in a report's curves.csv."""
        folder = self.session.reports.suggested_folder()
        start = "curves.csv" if folder is None else str(_nearest(folder) / "curves.csv")
        answer = qt.QFileDialog.getSaveFileName(self.widget, _("Export curves"), start, "CSV (*.csv)")
        name = answer[0] if isinstance(answer, tuple) else answer
        if name:
            try:
                self._note(_("Saved: {0}").format(self.export(Path(str(name)))))
            except MTINetError as error:
                self.session.report_error(error)
                self._note(str(error))

    def export(self, path: Path) -> Path:
        """Write the curves of all lesions.

        Raises:
            InputError: there are none, or the file cannot be written.
        """
        if self.session.findings is None:
            raise InputError("There are no curves yet: analyze a study first.")
        target = path if path.suffix else path.with_suffix(".csv")
        refuse_place(self.session.scene, target.parent, self.session.results, deidentify=False)
        try:
            target.write_text(curves_csv(self.session.findings), encoding="utf-8", newline="\n")
        except OSError as error:
            raise InputError(
                f"{target} cannot be written ({error.strerror}): choose another folder or name."
            ) from error
        return target

    # What is shown

    def _show_one_plot(self) -> None:
        if self._layouts is not None:  # closed meanwhile
            self.refresh()
            qt.QTimer.singleShot(0, self._plot.render)

    def _fill(self, rows: tuple[CurveRow, ...]) -> None:
        table = self.ui.valuesTable
        relative = self.session.choices.relativePlot
        digits = 0 if relative else signal_decimals(row.measured for row in rows)
        table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            spread = "" if row.sd is None else f" ± {number(row.sd, digits)}"
            known = relative or row.measured is not None
            cells = (
                _(phase_title(row.phase)),
                "-" if row.time_s is None else seconds(row.time_s),
                f"{number(row.measured, digits)}{spread}" if known else _(NOT_MEASURED),
                number(row.predicted, digits),
                number(row.liver, digits),
            )
            for column, text in enumerate(cells):
                table.setItem(place, column, read_only_item(text, RIGHT if column else LEFT))
        fit_height(table, len(rows))

    def _title(self, lesion: LesionFinding | None) -> str:
        findings = self.session.findings
        if findings is None:
            return _("Nothing was analyzed yet.")
        if lesion is None:
            return (
                _("Choose a lesion in the table.") if findings.lesions else _("There is no lesion to plot.")
            )
        unit = _("% of enhancement") if self.session.choices.relativePlot else _("signal in scanner units")
        name = _("Lesion {0}: {1}").format(lesion.label, _(class_title(lesion.lesion_class)))
        known = all(time is not None for time in findings.study.times_s)
        return f"{name}, {unit}." + ("" if known else " " + _("Acquisition times are unknown."))

    def _note(self, text: str) -> None:
        self.ui.noteLabel.text = text
        self.ui.noteLabel.visible = True


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that is there: a dialog can begin in no other."""
    return next(place for place in (folder, *folder.parents) if place.is_dir())
