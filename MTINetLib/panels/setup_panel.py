"""The Setup section: what is installed, what is missing and how it comes, this computer, the models."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from MTINetLib.errors import MTINetError
from MTINetLib.panels.column import bring_into_view
from MTINetLib.panels.fact_table import fill_table, prepare_table
from MTINetLib.panels.notice import ERROR_STYLE, INFO_STYLE, WARNING_STYLE
from MTINetLib.panels.outline_setup import OutlineSetup
from MTINetLib.panels.package_installer import (
    Outcome,
    PackageInstaller,
    missing_needs,
    torch_extension_is_there,
)
from MTINetLib.panels.panel import Panel
from MTINetLib.panels.words import bytes_text
from MTINetLib.presentation.statements import error_text, sentence
from MTINetLib.session.events import Topic
from MTINetLib.session.kept_files import forget, kept_files
from MTINetLib.session.setup import Condition, Found, Group, Need, hinders_analysis, look
from MTINetLib.session.training_state import TrainingTopic
from MTINetLib.worker.requests import Environment

_GREEN, _AMBER, _RED = "#2e9e4f", "#b87700", "#d9453d"


class SetupPanel(Panel):
    """Shows what there is without importing it; installs only when a button is pressed."""

    UI = "SetupPanel.ui"

    def setup(self) -> None:
        self._found: tuple[Found, ...] = ()
        self._was_ready: bool | None = None
        self._outcome: Outcome | None = None
        self._restart = False
        self._before: dict[str, str] = {}
        self._installer = PackageInstaller(self._log_line, self._installed)
        self._outline = OutlineSetup(self.session, self.ui)
        ui = self.ui
        prepare_table(ui.packageTable, [_("Package"), _("Version"), _("Needed for"), _("State")], stretched=2)
        prepare_table(ui.modelTable, [_("Model"), _("SHA-256"), _("State")], stretched=1)
        ui.torchButton.connect("clicked()", self.onInstallTorch)
        ui.packagesButton.connect("clicked()", self.onInstallPackages)
        ui.trainingButton.connect("clicked()", self.onInstallTraining)
        ui.folderButton.connect("clicked()", self.onInstallFromFolder)
        ui.computerButton.connect("clicked()", self.onLookAtComputer)
        ui.forgetButton.connect("clicked()", self.onForget)
        self.widget.connect("contentsCollapsed(bool)", self.onCollapsed)
        self.listen(Topic.COMPUTER, self._show_computer)
        self.listen(Topic.STATE, self._show_buttons)

    def close(self) -> None:
        self._installer.abandon()
        super().close()

    def open(self) -> None:
        """Unfold, because something is missing, and come into sight."""
        self.widget.collapsed = False
        bring_into_view(self.widget)

    # What there is

    @property
    def ready(self) -> bool:
        """Whether everything that the analysis needs is installed."""
        return bool(self._was_ready)

    def refresh(self) -> None:
        self._found = look()
        needed = [item for item in self._found if item.need.group is not Group.TRAINING]
        missing = [item for item in needed if not item.ok]
        rows = [_row(item) for item in self._found]
        fill_table(self.ui.packageTable, rows)
        self._show_state(missing)
        self._show_hint()
        self._show_buttons()
        self._show_installation()
        self._show_computer()
        ready = not missing
        if self._was_ready is None:  # what was installed a moment ago is to be seen
            self.widget.collapsed = ready
        self._was_ready = ready

    def _show_state(self, missing: Sequence[Found]) -> None:
        label = self.ui.stateLabel
        if self._restart:
            label.text = _("Restart Slicer: a package that is in use was replaced by a newer one.")
            label.setStyleSheet(WARNING_STYLE)
        elif missing:
            names = ", ".join(item.need.name for item in missing)
            waits = any(hinders_analysis(item) for item in missing)
            text = _("Not ready yet: {names}.") if waits else _("Ready to analyze; still missing: {names}.")
            label.text = text.format(names=names)
            label.setStyleSheet(WARNING_STYLE)
        else:
            label.text = _("Ready: everything that the analysis needs is installed.")
            label.setStyleSheet(INFO_STYLE)

    def _show_hint(self) -> None:
        """What no button here can do."""
        hints = []
        if self._missing(Group.TORCH) and not torch_extension_is_there():
            hints.append(
                _(
                    "PyTorch comes with the extension “PyTorch”: choose View > Extensions Manager, install "
                    "it, restart Slicer and come back. Without network, install from a folder of wheels."
                )
            )
        shipped = self._missing(Group.SLICER)
        if shipped:
            names = ", ".join(need.name for need in shipped)
            hints.append(_("{names} should come with Slicer: use a newer Slicer.").format(names=names))
        self.ui.hintLabel.text = "\n".join(hints)
        self.ui.hintLabel.visible = bool(hints)

    def _show_buttons(self) -> None:
        ui = self.ui
        free = not self._installer.busy and not self.session.busy
        torch, packages = self._missing(Group.TORCH), self._missing(Group.ANALYSIS)
        training = self._missing(Group.TRAINING)
        ui.torchButton.enabled = free and bool(torch) and torch_extension_is_there()
        ui.packagesButton.enabled = free and bool(packages)
        # A training package brings a torch of its own choice along where there is none yet.
        ui.trainingButton.enabled = free and bool(training) and not torch
        ui.folderButton.enabled = free and bool(torch or packages or training)
        ui.computerButton.enabled = free and not self.session.computer.asking
        ui.forgetButton.enabled = free
        self._outline.refresh(free and not torch)

    def _show_installation(self) -> None:
        ui, outcome = self.ui, self._outcome
        busy = self._installer.busy
        ui.installBar.visible = busy
        ui.installLabel.visible = busy or outcome is not None
        ui.logButton.visible = busy or bool(ui.logText.toPlainText())
        if busy:
            ui.installLabel.text = _("Installing; this takes some minutes.")
            ui.installLabel.setStyleSheet(INFO_STYLE)
        elif outcome is not None and outcome.problem is None:
            ui.installLabel.text = _("Installed.")
            ui.installLabel.setStyleSheet(INFO_STYLE)
        elif outcome is not None:
            ui.installLabel.text = "\n".join(filter(None, (outcome.problem, outcome.last_lines)))
            ui.installLabel.setStyleSheet(ERROR_STYLE)

    def _show_computer(self) -> None:
        ui, computer = self.ui, self.session.computer
        environment = computer.environment
        if computer.asking:
            text = _("Looking at this computer…")
        elif computer.problem is not None:
            text = error_text(computer.problem, _)
        elif environment is None:
            text = _("Devices, memory and models are not looked at yet.")
        else:
            text = "\n".join(_computer_lines(environment))
        ui.computerLabel.text = text
        models = () if environment is None else environment.models
        ui.modelTable.visible = bool(models)
        rows = [
            (
                (model.name, model.folder, ""),
                (model.sha256[:16] + "…" if model.sha256 else "", model.sha256, ""),
                (_("ready"), "", _GREEN) if model.problem is None else (_("damaged"), model.problem, _RED),
            )
            for model in models
        ]
        fill_table(ui.modelTable, rows)
        self._show_buttons()

    def _missing(self, group: Group) -> list[Need]:
        return missing_needs(self._found, group)

    # What the user does

    def onInstallTorch(self) -> None:
        for need in self._missing(Group.TORCH):
            self._prepare()
            self._installer.install_torch(need)

    def onInstallPackages(self) -> None:
        self._install(self._missing(Group.ANALYSIS))

    def onInstallTraining(self) -> None:
        self._install([*self._missing(Group.ANALYSIS), *self._missing(Group.TRAINING)])

    def onInstallFromFolder(self) -> None:
        """Everything that is missing and that the folder can give: torch too, without its extension."""
        folder = qt.QFileDialog.getExistingDirectory(self.widget, _("Folder of wheel files"))
        if not folder:
            return
        needs = [*self._missing(Group.TORCH), *self._missing(Group.ANALYSIS)]
        if not needs:
            needs = self._missing(Group.TRAINING)
        self._install(needs, Path(str(folder)))

    def onLookAtComputer(self) -> None:
        self.session.computer.ask()

    def onForget(self) -> None:
        """Remove what the module has kept outside the extension, after the user has seen the list."""
        if self.session.training.busy:
            slicer.util.infoDisplay(_("A training is at work: stop it first."))
            return
        kept = kept_files()
        if not kept:
            slicer.util.infoDisplay(_("The module has kept nothing outside the extension."))
            return
        lines = [f"{item.path}: {item.purpose}, {bytes_text(item.size_bytes)}" for item in kept]
        question = _("Remove these for good?\n\n{list}").format(list="\n".join(lines))
        if not slicer.util.confirmOkCancelDisplay(question, _("Forget downloads")):
            return
        try:
            forget(kept)
        except MTINetError as error:
            self.session.report_error(error)
        self.session.events.tell(Topic.STATE)
        self.session.training.events.tell(TrainingTopic.MODELS)
        if self.session.computer.environment is not None:
            self.session.computer.ask()

    def onCollapsed(self, collapsed: bool) -> None:
        """Look again when the section is opened; asking the worker needs a torch."""
        if collapsed or self._was_ready is None:
            return
        self.refresh()
        computer = self.session.computer
        if computer.environment is None and not self.session.busy and not self._missing(Group.TORCH):
            computer.ask()

    # Installing

    def _install(self, needs: list[Need], wheels: Path | None = None) -> None:
        if not needs:
            return
        names = "\n".join(need.requirement for need in needs)
        source = _("from this folder") if wheels is not None else _("from the package server")
        question = _("Install {source} into Slicer's Python?\n\n{names}\n\nNo package of Slicer is replaced.")
        title = _("Install packages")
        if not slicer.util.confirmOkCancelDisplay(question.format(source=source, names=names), title):
            return
        self._prepare()
        self._installer.install(needs, wheels)
        self._show_installation()
        self._show_buttons()

    def _prepare(self) -> None:
        self._outcome = None
        self._before = {item.need.module: item.version for item in self._found}
        self.ui.logText.setPlainText("")

    def _log_line(self, line: str) -> None:
        self.ui.logText.appendPlainText(line)
        if self._installer.busy and self.ui.installBar.isHidden():  # an extension that asks first has begun
            self._show_installation()
            self._show_buttons()

    def _installed(self, outcome: Outcome) -> None:
        self._outcome = outcome
        for item in look():
            module = item.need.module
            replaced = self._before.get(module, item.version) not in ("", item.version)
            self._restart = self._restart or (replaced and module in sys.modules)
        self.refresh()
        self.session.events.tell(Topic.PACKAGES)
        self.session.events.tell(Topic.STATE)


def _row(item: Found) -> tuple[tuple[str, str, str], ...]:
    """Texts, tool tips and colours of a package's row."""
    need = item.need
    optional = need.group is Group.TRAINING
    color = _GREEN if item.ok else _AMBER if optional else _RED
    absent = optional and item.condition is Condition.MISSING
    state = _("not installed") if absent else _(item.condition.value)
    version = item.version or ("–" if not item.ok else _("Slicer's own"))
    tip = f"{need.requirement} ({_(need.group.value)})"
    return (need.name, tip, ""), (version, item.version, ""), (_(need.purpose), tip, ""), (state, tip, color)


def _computer_lines(environment: Environment) -> list[str]:
    """Devices and memory in words, a line each."""
    lines = []
    for device in environment.devices:
        title = device.title if device.kind == "cpu" else f"{device.title} ({device.name})"
        if device.memory_bytes is None:
            lines.append(title)
        elif device.free_bytes is None:
            lines.append(f"{title}: {bytes_text(device.memory_bytes)}")
        else:
            words = _("{title}: {free} of {all} free")
            free, all_ = bytes_text(device.free_bytes), bytes_text(device.memory_bytes)
            lines.append(words.format(title=title, free=free, all=all_))
    if not any(device.kind == "cuda" for device in environment.devices) and environment.torch_problem is None:
        lines.append(_("No graphics card that PyTorch can use was found; the processor does the work."))
    if environment.torch_problem is not None:
        lines.append(sentence(environment.torch_problem, _))
    lines.append(_("Python {version}").format(version=environment.python))
    if not environment.models:
        lines.append(_("No model was found: install the extension again, or train one."))
    return lines
