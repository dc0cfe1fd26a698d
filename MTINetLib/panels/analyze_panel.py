"""The Analyze section: one button that starts and cancels, progress, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _

from MTINetLib.findings import StudyFindings
from MTINetLib.panels.notice import STYLES
from MTINetLib.panels.panel import Panel
from MTINetLib.presentation.session_words import state_text
from MTINetLib.presentation.stages import stage_text
from MTINetLib.presentation.statements import sentences
from MTINetLib.session.choices import choose_thresholds, chosen_thresholds, chosen_volumes, wanted_phases
from MTINetLib.session.events import Topic
from MTINetLib.session.setup import Group, hinders_analysis, look
from MTINetLib.session.state import State

#: Names of Thresholds, and the spin boxes that set them; the lowest value means "the model's own".
THRESHOLDS = {
    "mask": "maskSpin",
    "peak": "peakSpin",
    "mean": "meanSpin",
    "smallest_mm3": "smallestSpin",
    "min_slices": "slicesSpin",
    "class_probability": "classSpin",
    "slice_disagreement": "disagreementSpin",
    "least_pixels": "pixelsSpin",
}
_WHOLE = ("min_slices", "least_pixels")
_DEVICES = (("auto", "Automatic"), ("cpu", "Processor (CPU)"))
_PRECISIONS = (("auto", "Automatic"), ("fp32", "32 bit"), ("bf16", "16 bit (bfloat16)"))
_BACKENDS = (("torch", "PyTorch"), ("openvino", "OpenVINO"), ("auto", "Whichever is faster here"))


class AnalyzePanel(Panel):
    """Starts an analysis, shows how far it is, and says in one line what was found."""

    UI = "AnalyzePanel.ui"

    #: Set by the module: what "Open Setup" does. Without it the button is not shown.
    open_setup: Callable[[], None] | None = None

    def setup(self) -> None:
        self._started: float | None = None
        self._took_s: float | None = None
        self._before: StudyFindings | None = None
        self._unready: tuple[str, ...] = ()
        self._writing = False
        ui = self.ui
        ui.analyzeButton.connect("clicked()", self.onAnalyze)
        ui.setupButton.connect("clicked()", self.onOpenSetup)
        ui.resetButton.connect("clicked()", self.onReset)
        ui.advancedButton.connect("contentsCollapsed(bool)", self.onAdvanced)
        for name, box in self._boxes().items():
            box.connect("currentIndexChanged(int)", lambda index, name=name: self.onChosen(name, index))
        for name, spin in self._spins().items():
            signal = "valueChanged(int)" if name in _WHOLE else "valueChanged(double)"
            spin.connect(signal, self.onThreshold)
        self._look()
        for topic in (Topic.PHASES, Topic.FINDINGS):
            self.listen(topic, self.refresh)
        self.listen(Topic.STATE, self._state_changed)
        self.listen(Topic.PROGRESS, self._show_progress)
        self.listen(Topic.MESSAGE, self._show_message)
        self.listen(Topic.COMPUTER, self._fill_boxes)
        self.listen(Topic.PACKAGES, self.enter)

    def enter(self) -> None:
        self._look()
        self.refresh()

    # What the session holds

    def refresh(self) -> None:
        self._fill_boxes()
        self._show_thresholds()
        self._show_button()
        self._show_progress()
        self._show_summary()
        self._show_message()

    def _state_changed(self) -> None:
        state = self.session.state
        if state is State.ANALYZING:
            self._started, self._before = time.monotonic(), self.session.findings
        elif state is State.IDLE:
            if self._started is not None and self.session.findings is not self._before:
                self._took_s = time.monotonic() - self._started
            self._started = None
            if self._unready:  # looking takes 20 ms, and each edit of a mask ends here
                self._look()
        self.refresh()

    def _look(self) -> None:
        """What is missing to run at all; packages are looked up, never imported."""
        found = look((Group.SLICER, Group.TORCH, Group.ANALYSIS))
        self._unready = tuple(item.need.name for item in found if hinders_analysis(item))

    def _show_button(self) -> None:
        session, ui = self.session, self.ui
        running = session.busy
        cancelling = session.state is State.CANCELLING
        reason = None if running else self._why_not()
        ui.analyzeButton.text = _("Cancelling…") if cancelling else _("Cancel") if running else _("Analyze")
        ui.analyzeButton.enabled = not cancelling and reason is None
        ui.analyzeButton.toolTip = reason or (
            _("Stop what runs; the scene stays as it was.")
            if running
            else _("Find the lesions, measure them and read their class.")
        )
        ui.reasonLabel.text = reason or ""
        ui.reasonLabel.visible = reason is not None
        ui.setupButton.visible = reason is not None and bool(self._unready) and self.open_setup is not None
        ui.advancedButton.enabled = not running

    def _why_not(self) -> str | None:
        if self._unready:
            text = _("Not installed yet: {names}. The section Setup installs it.")
            return str(text.format(names=", ".join(self._unready)))
        chosen = chosen_volumes(self.session.choices)
        wanted = wanted_phases(self.session.choices)
        missing = [_(phase.title) for phase in wanted if phase not in chosen]
        if len(missing) == len(wanted):
            return str(_("Load a study first: its volumes, or the sample study above."))
        if missing:
            return str(_("Choose a volume above for: {phases}.").format(phases=", ".join(missing)))
        return None

    def _show_progress(self) -> None:
        session, ui = self.session, self.ui
        running, seen = session.busy, session.progress
        ui.progressBar.visible = running
        ui.stageLabel.visible = running
        if not running:
            return
        doing = state_text(session.state, _)
        if seen is None or seen.total <= 0:
            ui.progressBar.setRange(0, 0)
            ui.stageLabel.text = f"{stage_text(seen.stage, _) if seen is not None else doing}…"
            return
        ui.progressBar.setRange(0, seen.total)
        ui.progressBar.setValue(min(seen.done, seen.total))
        cancelling = session.state is State.CANCELLING
        counted = f"{stage_text(seen.stage, _)}: {seen.done} / {seen.total}"
        ui.stageLabel.text = f"{doing}…" if cancelling else counted

    def _show_summary(self) -> None:
        findings = self.session.findings
        label = self.ui.summaryLabel
        label.visible = findings is not None and not self.session.busy
        if findings is None:
            self._took_s = None
            return
        words = [_lesions(len(findings.lesions))]
        if self._took_s is not None:
            words.append(_("{seconds:.1f} s").format(seconds=self._took_s))
        words.append(findings.provenance.device)
        label.text = " · ".join(words)

    def _show_message(self) -> None:
        message, label = self.session.message, self.ui.messageLabel
        label.visible = message is not None
        if message is not None:
            label.text = sentences(message.statements, _)
            label.setStyleSheet(STYLES[message.kind])

    # What the user does

    def onAnalyze(self) -> None:
        """Start, or cancel what runs."""
        if self.session.busy:
            self.session.cancel()
        elif self._why_not() is None:
            self.session.start_analysis()
        self.refresh()

    def onOpenSetup(self) -> None:
        if self.open_setup is not None:
            self.open_setup()

    def onAdvanced(self, collapsed: bool) -> None:
        """Models and devices are asked for when somebody wants to choose one."""
        if not collapsed and not self._unready and not self.session.busy:
            self.session.computer.ask()

    def onReset(self) -> None:
        for spin in self._spins().values():
            spin.setValue(spin.minimum)

    def onThreshold(self, _value: float) -> None:
        if not self._writing:
            choose_thresholds(self.session.choices, self.thresholds())

    def onChosen(self, name: str, index: int) -> None:
        if not self._writing and index >= 0:
            setattr(self.session.choices, name, str(self._boxes()[name].itemData(index)))
            if name == "model":
                self.session.events.tell(Topic.PHASES)  # another model may take others

    def thresholds(self) -> dict[str, float]:
        """What the spin boxes say, by the names of Thresholds; the model's own are left out."""
        return {
            name: int(spin.value) if name in _WHOLE else float(spin.value)
            for name, spin in self._spins().items()
            if spin.value > spin.minimum
        }

    def _spins(self) -> dict[str, Any]:
        """The spin box of each threshold."""
        return {name: getattr(self.ui, spin) for name, spin in THRESHOLDS.items()}

    def _show_thresholds(self) -> None:
        chosen = chosen_thresholds(self.session.choices)
        if chosen == self.thresholds():
            return  # a box that somebody types into stays as it is
        was, self._writing = self._writing, True
        try:
            for name, spin in self._spins().items():
                spin.setValue(chosen.get(name, spin.minimum))
        finally:
            self._writing = was

    # Model, device, precision, backend

    def _boxes(self) -> dict[str, Any]:
        """The box of each choice."""
        ui = self.ui
        return {
            "model": ui.modelSelector,
            "device": ui.deviceSelector,
            "precision": ui.precisionSelector,
            "backend": ui.backendSelector,
        }

    def _fill_boxes(self) -> None:
        """The worker tells models and devices; until it was asked there is what always works."""
        environment = self.session.computer.environment
        models = [("", _("The one that came with MTI-Net"))]
        devices = [(value, _(text)) for value, text in _DEVICES]
        if environment is not None:
            models += [(model.name, model.name) for model in environment.models if model.problem is None]
            devices += [(device.name, device.title) for device in environment.devices if device.name != "cpu"]
        choices = self.session.choices
        self._offer(self.ui.modelSelector, models, choices.model)
        self._offer(self.ui.deviceSelector, devices, choices.device)
        self._offer(self.ui.precisionSelector, [(v, _(text)) for v, text in _PRECISIONS], choices.precision)
        self._offer(self.ui.backendSelector, [(v, _(text)) for v, text in _BACKENDS], choices.backend)

    def _offer(self, box: Any, items: list[tuple[str, str]], chosen: str) -> None:
        """Offer these values; what is chosen stays offered, also where it was not found."""
        if chosen not in [value for value, _text in items]:
            items = [*items, (chosen, chosen)]
        was, self._writing = self._writing, True
        try:
            if [(box.itemData(i), box.itemText(i)) for i in range(box.count)] != items:
                box.clear()
                for value, text in items:
                    box.addItem(text, value)
            box.setCurrentIndex([value for value, _text in items].index(chosen))
        finally:
            self._writing = was


def _lesions(count: int) -> str:
    if count == 0:
        return str(_("No lesion found"))
    return str(_("1 lesion") if count == 1 else _("{n} lesions").format(n=count))
