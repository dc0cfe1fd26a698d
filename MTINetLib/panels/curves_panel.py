"""The Curves tab: the signal of any segment, ROI or point along any series of the scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from MTINetLib.curves.results import Curves
from MTINetLib.errors import MTINetError
from MTINetLib.panels.column import make_elastic
from MTINetLib.panels.notice import STYLES
from MTINetLib.panels.panel import Panel
from MTINetLib.panels.plot_view import PlotView
from MTINetLib.panels.tables import LEFT, RIGHT, fit_height, read_only_item, set_headers
from MTINetLib.presentation.curve_words import curve_flags_in_words, figure_in_words
from MTINetLib.presentation.statements import sentences
from MTINetLib.scene.phase_images import scalar_volumes
from MTINetLib.session.events import Topic

#: Columns of the table: figure, head, tip. All of them are in the exported files.
_FIGURES = (
    ("peak_relative", "Peak", "Largest change from the baseline"),
    ("time_to_peak_s", "To peak", "Seconds from the last time point of the baseline to the peak"),
    ("wash_in_per_s", "Wash-in", "Mean slope from the baseline to the peak"),
    ("wash_out_per_s", "Wash-out", "Mean slope from the peak to the last time point"),
    ("area_s", "Area", "Under the change from the baseline, as a part of it times seconds"),
    ("curve_kind", "Kind", "Last signal against the early peak: below -10 % washout, above 10 % persistent"),
)
_MOST_ROWS, _LIST_HEIGHT = 8, 110


class CurvesPanel(Panel):
    """What is measured stands in the parameter node; what came of it in the session."""

    UI = "CurvesPanel.ui"

    def setup(self) -> None:
        ui = self.ui
        for selector in (ui.seriesSelector, ui.segmentsSelector, ui.boxSelector, ui.pointsSelector):
            selector.setMRMLScene(self.session.scene.mrml)
        self._plot = PlotView(ui.plotPlace)
        make_elastic((ui.volumeList,))
        ui.volumeList.setMaximumHeight(_LIST_HEIGHT)
        heads = [_("Region"), *(_(head) for _name, head, _tip in _FIGURES)]
        tips = [_("Segment, ROI or point"), *(_(tip) for _name, _head, tip in _FIGURES)]
        set_headers(ui.figuresTable, heads, tips, [LEFT, *[RIGHT] * len(_FIGURES)])
        header = ui.figuresTable.horizontalHeader()
        header.setMinimumSectionSize(20)
        for column in range(len(heads)):
            mode = qt.QHeaderView.ResizeToContents if column else qt.QHeaderView.Stretch
            header.setSectionResizeMode(column, mode)
        ui.seriesSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.onSeries)
        ui.volumeList.connect("itemChanged(QListWidgetItem*)", self.onVolumes)
        ui.volumeList.model().connect("rowsMoved(QModelIndex,int,int,QModelIndex,int)", self.onVolumes)
        ui.referenceBox.connect("activated(int)", self.onReference)
        ui.measureButton.connect("clicked()", self.onMeasure)
        ui.relativeBox.connect("toggled(bool)", self.onRelative)
        ui.followBox.connect("toggled(bool)", self.onFollow)
        ui.exportButton.connect("clicked()", self.onExport)
        self.listen(Topic.CURVES, self.refresh)
        self.listen(Topic.STATE, self._show_running)
        self.listen(Topic.PROGRESS, self._show_progress)

    def refresh(self) -> None:
        ui, desk = self.ui, self.session.curves
        curves = desk.curves
        self._list_volumes()
        self._show_running()
        self._show_message()
        for widget in (ui.relativeBox, ui.followBox, ui.figuresTable, ui.exportButton):
            widget.visible = curves is not None
        was = ui.relativeBox.blockSignals(True)
        ui.relativeBox.checked = self.session.choices.curveRelative
        ui.relativeBox.blockSignals(was)
        self._plot.show(desk.chart)
        self._offer_references(curves)
        ui.noteLabel.visible = False
        if curves is not None:
            self._fill(curves)

    def exit(self) -> None:
        self.ui.followBox.checked = False

    def close(self) -> None:
        super().close()
        self._plot.close()

    # Slots

    def onSeries(self, *_node: Any) -> None:
        alone = self.ui.seriesSelector.currentNode() is not None
        self.ui.volumeList.visible = self.ui.labelVolumes.visible = not alone

    def onVolumes(self, *_items: Any) -> None:
        box = self.ui.volumeList
        items = [box.item(number) for number in range(box.count)]
        ticked = [item for item in items if item.checkState() == qt.Qt.Checked]
        self.session.choices.curveVolumes = ",".join(str(item.data(qt.Qt.UserRole)) for item in ticked)

    def onReference(self, place: int) -> None:
        self.session.choices.curveReference = str(self.ui.referenceBox.itemText(place)) if place > 0 else ""

    def onMeasure(self) -> None:
        if self.session.curves.running:
            self.session.cancel()
        else:
            self.session.curves.measure()

    def onRelative(self, relative: bool) -> None:
        self.session.curves.show_relative(relative)

    def onFollow(self, wanted: bool) -> None:
        self.session.curves.follow(wanted)

    def onExport(self) -> None:
        name = qt.QFileDialog.getExistingDirectory(self.widget, _("Folder for the curves"))
        if name:
            self.export(Path(str(name)) / "curves")

    def export(self, folder: Path) -> None:
        """Write the files, and say where they are or what stands in the way."""
        try:
            self.session.curves.write(folder)
            self._note(_("Saved: {0}").format(folder))
        except MTINetError as error:
            self._note(str(error))

    # What is shown

    def _list_volumes(self) -> None:
        """The volumes of the scene; the ticked ones first, in their order."""
        box, ticked = self.ui.volumeList, self.session.choices.curveVolumes.split(",")
        nodes = {str(node.GetID()): node for node in scalar_volumes(self.session.scene)}
        order = [name for name in ticked if name in nodes]
        order += [name for name in nodes if name not in order]
        was = box.blockSignals(True)
        box.clear()
        for name in order:
            item = qt.QListWidgetItem(str(nodes[name].GetName()))
            item.setData(qt.Qt.UserRole, name)
            item.setCheckState(qt.Qt.Checked if name in ticked else qt.Qt.Unchecked)
            box.addItem(item)
        box.blockSignals(was)
        self.onSeries()

    def _show_running(self) -> None:
        running = self.session.curves.running
        self.ui.measureButton.text = _("Cancel") if running else _("Measure curves")
        self.ui.measureButton.enabled = running or not self.session.busy
        self.ui.progressBar.visible = running
        self._show_progress()

    def _show_progress(self) -> None:
        progress = self.session.progress
        if self.session.curves.running and progress is not None:
            self.ui.progressBar.setRange(0, progress.total)
            self.ui.progressBar.setValue(progress.done)

    def _show_message(self) -> None:
        """An error, else what must be known of the curves."""
        desk, label = self.session.curves, self.ui.messageLabel
        kind, text = "warning", ""
        if desk.message is not None:
            kind, text = desk.message.kind, sentences(desk.message.statements, _)
        elif desk.curves is not None:
            said = list(curve_flags_in_words(desk.curves.flags, _))
            for region in desk.curves.regions:
                if region.flags:
                    said.append(f"{region.name}: {'; '.join(curve_flags_in_words(region.flags, _))}.")
            text = " ".join(said)
        label.text, label.visible = text, bool(text)
        label.setStyleSheet(STYLES[kind])

    def _offer_references(self, curves: Curves | None) -> None:
        box, chosen = self.ui.referenceBox, self.session.choices.curveReference
        names = [] if curves is None else [region.name for region in curves.regions]
        names += [chosen] if chosen and chosen not in names else []
        was = box.blockSignals(True)
        box.clear()
        box.addItems([_("none"), *names])
        box.setCurrentIndex(names.index(chosen) + 1 if chosen in names else 0)
        box.blockSignals(was)

    def _fill(self, curves: Curves) -> None:
        table = self.ui.figuresTable
        table.setRowCount(len(curves.regions))
        for row, region in enumerate(curves.regions):
            values = [figure_in_words(name, getattr(region.figures, name)) for name, _head, _tip in _FIGURES]
            for column, text in enumerate((region.name, *values)):
                table.setItem(row, column, read_only_item(text, RIGHT if column else LEFT))
        fit_height(table, _MOST_ROWS)

    def _note(self, text: str) -> None:
        self.ui.noteLabel.text = text
        self.ui.noteLabel.visible = True
