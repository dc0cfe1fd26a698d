"""The Training section: choices, start, pause, stop, and how the run does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import ctk
from slicer.i18n import tr as _

from MTINetLib.panels.plot_view import PlotView
from MTINetLib.panels.training_chart import TrainingChart
from MTINetLib.panels.training_words import curves_in_words, duration
from MTINetLib.presentation.session_words import state_text
from MTINetLib.presentation.stages import stage_text
from MTINetLib.scene.scene import Scene
from MTINetLib.session.setup import Group, look
from MTINetLib.session.training_runs import RunRecord, training_folder
from MTINetLib.session.training_session import TrainingSession
from MTINetLib.session.training_state import Doing, RunState, TrainingChoices

FINE_TUNING = "finetune"
PRESETS = (
    ("demo", "Standard, 9000 steps"),
    ("paper", "As in the paper, 100 epochs"),
    ("quick", "Quick trial, 20 steps"),
    ("gpu", "For a graphics card, 12000 steps"),
    (FINE_TUNING, "For few cases, from a model, 300 steps"),
)
_LENGTHS = (("", "As in the recipe"), ("epochs", "Epochs"), ("minutes", "Minutes"))
_FOLDS = (1, 3, 5, 10)
_DEVICES = (("auto", "Automatic"), ("cpu", "Processor (CPU)"), ("cuda", "Graphics card (GPU)"))
_VIEWS = (("loss", "Losses"), ("quality", "Dice, accuracy, curve error"))
#: Seconds between two drawings of the curves.
_DRAW_S = 0.7


class RunSection:
    """One run at a time; the plot and its figures are drawn only while the module is shown."""

    def __init__(self, ui: Any, training: TrainingSession, scene: Scene, folder: Callable[[], str]) -> None:
        self._ui, self._training, self._folder = ui, training, folder
        self._plot, self._chart = PlotView(ui.curvePlace), TrainingChart(scene)
        self._visible = False
        self._drawn = 0.0
        self._missing: tuple[str, ...] = ()
        self._records: list[RunRecord] = []
        self._writing = False
        ui.runsPath.filters = ctk.ctkPathLineEdit.Dirs
        ui.runsPath.currentPath = str(training_folder())
        self._fill_choices()
        ui.presetSelector.connect("currentIndexChanged(int)", self.onPreset)
        ui.lengthSelector.connect("currentIndexChanged(int)", self.onLength)
        ui.startButton.connect("clicked()", self.onStart)
        ui.pauseButton.connect("clicked()", self.onPause)
        ui.acceptChangesButton.connect("clicked()", self.onAcceptChanges)
        ui.stopButton.connect("clicked()", self.onStop)
        ui.runSelector.connect("currentIndexChanged(int)", self.onRun)
        ui.curveSelector.connect("currentIndexChanged(int)", self.onView)
        self.onLength(0)
        self.onPreset(0)

    def enter(self) -> None:
        self._visible = True
        self.look_for_packages()

    def look_for_packages(self) -> None:
        """What training lacks; looked up, never imported."""
        found = look((Group.SLICER, Group.TORCH, Group.ANALYSIS, Group.TRAINING))
        self._missing = tuple(item.need.name for item in found if not item.ok)

    def exit(self) -> None:
        self._visible = False

    def close(self) -> None:
        self._plot.close()
        self._chart.close()

    def show(self) -> None:
        self.show_models()
        self.show_buttons()
        self._fill_runs()
        self.show_progress()
        self.show_curves()

    def show_models(self) -> None:
        """Those that a fine-tuning can go on from: the one that came with MTI-Net, and the user's own."""
        box = self._ui.startFromSelector
        own = [(model.name, model.name) for model in self._training.kept_models()]
        items = [("", _("The one that came with MTI-Net")), *own]
        if [(box.itemData(n), box.itemText(n)) for n in range(box.count)] == items:
            return
        chosen = box.currentData
        box.clear()
        for value, text in items:
            box.addItem(text, value)
        values = [value for value, _text in items]
        box.setCurrentIndex(values.index(chosen) if chosen in values else 0)

    def show_progress(self) -> None:
        ui, run = self._ui, self._training.run
        ui.trainingBar.visible = ui.stageLabel.visible = run.active
        if not run.active:
            return
        seen = run.progress
        if seen is None or seen.total <= 0:
            ui.trainingBar.setRange(0, 0)
        else:
            ui.trainingBar.setRange(0, seen.total)
            ui.trainingBar.setValue(min(seen.done, seen.total))
        ui.stageLabel.text = self._stage()

    def show_curves_soon(self) -> None:
        """New figures: drawn at once if the last drawing is a while ago; a run's end draws the rest."""
        if self._visible and time.monotonic() - self._drawn >= _DRAW_S:
            self.show_curves()

    def show_curves(self) -> None:
        ui, run = self._ui, self._training.run
        self._drawn = time.monotonic()
        text = curves_in_words(run.curves)
        ui.figuresLabel.text = text
        has = bool(text)
        for widget in (ui.figuresLabel, ui.curveCaption, ui.curveSelector):
            widget.visible = has
        view = _VIEWS[max(0, ui.curveSelector.currentIndex)][0]
        title = _("Fold {n} of {of}").format(n=run.part, of=run.parts) if run.parts > 1 else ""
        self._plot.show(self._chart.show(run.curves, view, title))

    # Slots

    def onLength(self, _index: int) -> None:
        kind = self._length()
        self._ui.lengthSpin.enabled = bool(kind)
        self._ui.lengthSpin.suffix = {"epochs": _(" epochs"), "minutes": _(" min")}.get(kind, "")
        self._ui.lengthSpin.visible = bool(kind)

    def onPreset(self, _index: int) -> None:
        """A fine-tuning needs a model, and holds patients out by itself."""
        ui, tuning = self._ui, self._preset() == FINE_TUNING
        for widget in (ui.startFromCaption, ui.startFromSelector):
            widget.visible = tuning
        for widget in (ui.foldsCaption, ui.foldsSelector):
            widget.visible = not tuning
        ui.startButton.text = _("Fine-tune") if tuning else _("Start training")

    def onStart(self) -> None:
        self._training.start(self.choices())

    def onPause(self) -> None:
        run = self._training.run
        if run.state in (RunState.STARTING, RunState.PREPARING, RunState.TRAINING):
            run.pause()
        else:
            self._training.resume()

    def onStop(self) -> None:
        self._training.run.stop()

    def onAcceptChanges(self) -> None:
        self._training.accept_changes()

    def onRun(self, index: int) -> None:
        if not self._writing and 0 <= index < len(self._records):
            self._training.run.show(self._records[index])

    def onView(self, _index: int) -> None:
        self.show_curves()

    def choices(self) -> TrainingChoices:
        """What stands in the fields."""
        ui, kind, tuning = self._ui, self._length(), self._preset() == FINE_TUNING
        amount = int(ui.lengthSpin.value)
        runs = str(ui.runsPath.currentPath).strip()
        return TrainingChoices(
            dataset=self._folder(),
            preset=self._preset(),
            epochs=amount if kind == "epochs" else None,
            minutes=float(amount) if kind == "minutes" else None,
            folds=1 if tuning else _FOLDS[max(0, ui.foldsSelector.currentIndex)],
            device=_DEVICES[max(0, ui.trainingDeviceSelector.currentIndex)][0],
            batch_size=int(ui.batchSpin.value) or None,
            name=str(ui.runNameEdit.text).strip(),
            runs_folder="" if runs == str(training_folder()) else runs,
            start_from=(ui.startFromSelector.currentData or "") if tuning else "",
        )

    # What it shows

    def _fill_choices(self) -> None:
        ui = self._ui
        folds = [_("One, on one split") if n == 1 else _("{n}, cross-validation").format(n=n) for n in _FOLDS]
        for box, texts in (
            (ui.presetSelector, [_(text) for _name, text in PRESETS]),
            (ui.lengthSelector, [_(text) for _name, text in _LENGTHS]),
            (ui.foldsSelector, folds),
            (ui.trainingDeviceSelector, [_(text) for _name, text in _DEVICES]),
            (ui.curveSelector, [_(text) for _name, text in _VIEWS]),
        ):
            for text in texts:
                box.addItem(text)

    def _fill_runs(self) -> None:
        ui, run = self._ui, self._training.run
        records = self._training.recent_runs()
        current = run.record
        if current is not None and current.folder not in [record.folder for record in records]:
            records = [current, *records]
        self._records = records
        was, self._writing = self._writing, True
        try:
            goes_on = current.folder if current is not None and run.active else None
            titles = [_run_title(record, record.folder == goes_on) for record in records]
            if [ui.runSelector.itemText(n) for n in range(ui.runSelector.count)] != titles:
                ui.runSelector.clear()
                for title in titles:
                    ui.runSelector.addItem(title)
            folders = [record.folder for record in records]
            ui.runSelector.setCurrentIndex(folders.index(current.folder) if current is not None else -1)
        finally:
            self._writing = was
        ui.runSelector.enabled = not run.active
        ui.runSelector.visible = ui.recentCaption.visible = bool(records)

    def show_buttons(self) -> None:
        ui, run = self._ui, self._training.run
        why_not = self._why_not()
        ui.unreadyLabel.text = why_not or ""
        ui.unreadyLabel.visible = bool(why_not) and not run.active
        ui.startButton.enabled = not run.active and why_not is None
        state = run.state
        can_go_on = not run.active and run.record is not None and run.record.can_resume
        held = state in (RunState.PAUSED, RunState.PAUSING)
        ui.pauseButton.text = _("Resume") if held or can_go_on else _("Pause")
        ui.pauseButton.toolTip = (
            _("Go on from the end of the last epoch.") if can_go_on else _("Hold the run at its next step.")
        )
        ui.pauseButton.enabled = (run.active and state is not RunState.STOPPING) or (
            can_go_on and not self._missing
        )
        ui.acceptChangesButton.visible = run.dataset_changed
        ui.acceptChangesButton.enabled = can_go_on and not self._missing
        ui.stopButton.enabled = run.active and state is not RunState.STOPPING
        for widget in (
            ui.presetSelector,
            ui.startFromSelector,
            ui.lengthSelector,
            ui.lengthSpin,
            ui.foldsSelector,
            ui.trainingDeviceSelector,
            ui.batchSpin,
            ui.runsPath,
            ui.runNameEdit,
        ):
            widget.enabled = not run.active

    def _why_not(self) -> str | None:
        if self._missing:
            text = _("Not installed yet: {names}. The section Setup of the other tab installs it.")
            return str(text.format(names=", ".join(self._missing)))
        checked = self._training.desk.checked
        here = checked is not None and checked.dataset == self._folder()
        if here and checked is not None and not checked.cases:
            return str(_("The folder above holds no dataset yet."))
        if here and checked is not None and not checked.usable:
            return str(_("The dataset above has problems; training reads every case of it."))
        if not self._folder():
            return str(_("Choose a dataset above first."))
        if self._training.desk.doing is Doing.ADDING:
            return str(_("Wait until the case has been added."))
        return None

    def _stage(self) -> str:
        run = self._training.run
        if run.state in (RunState.PAUSING, RunState.PAUSED, RunState.STOPPING):
            return f"{state_text(run.state, _)}{'' if run.state is RunState.PAUSED else '…'}"
        seen = run.progress
        if seen is None or seen.total <= 0:
            return f"{stage_text(seen.stage, _) if seen is not None else state_text(run.state, _)}…"
        stage = stage_text(seen.stage, _)
        if run.parts > 1 and run.state is RunState.TRAINING:
            stage = _("{stage}, fold {n} of {of}").format(stage=stage, n=run.part, of=run.parts)
        text = f"{stage}: {seen.done} / {seen.total}"
        if run.left_s is not None and run.state is RunState.TRAINING:
            text += _(", about {time} left").format(time=duration(run.left_s))
        return text

    def _preset(self) -> str:
        return PRESETS[max(0, self._ui.presetSelector.currentIndex)][0]

    def _length(self) -> str:
        return _LENGTHS[max(0, self._ui.lengthSelector.currentIndex)][0]


def _run_title(record: RunRecord, goes_on: bool) -> str:
    end = (
        _("now")
        if goes_on
        else _("finished")
        if record.finished
        else _("can go on")
        if record.can_resume
        else _("not begun")
    )
    return f"{record.title} ({end})"
