"""The Study section: which volume is which phase, and what speaks for it."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import qt
from slicer.i18n import tr as _

from MTINetLib.errors import MTINetError
from MTINetLib.panels.notice import WARNING_STYLE
from MTINetLib.panels.panel import Panel
from MTINetLib.panels.phase_line import phase_line, phase_tip
from MTINetLib.panels.results_button import ResultsButton
from MTINetLib.session.choices import PHASE_NAMES, choose_volume, chosen_volumes, wanted_phases
from MTINetLib.session.events import Topic
from MTINetLib.session.wanted_study import reference_of
from MTINetLib.study.phase import Phase

if TYPE_CHECKING:
    from MTINetLib.scene.propose_phases import PhaseChoice

#: Volumes of one import arrive one after the other; they are looked at together.
_SETTLE_MS = 300
#: Priority of an observer that comes after the selectors' own and after the module's, which reads choices.
_LATE = -20.0


class StudyPanel(Panel):
    """A volume selector a phase of the model; they fill themselves, and give way to the user's own choice."""

    UI = "StudyPanel.ui"

    def setup(self) -> None:
        self._mrml = self.session.scene.mrml
        self._writing = False
        self._entered = False
        self._hushed = False
        self._before: frozenset[Phase] = frozenset()
        self._own: set[Phase] = set()
        self._seen: frozenset[str] = frozenset()
        self._observed: list[tuple[Any, int]] = []
        self._settle = qt.QTimer()
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.connect("timeout()", self.onVolumesChanged)
        self._phases: tuple[Phase, ...] = ()
        self._fill_boxes()
        self._show_phases(wanted_phases(self.session.choices))
        self.ui.warningsLabel.setStyleSheet(WARNING_STYLE)
        for phase in Phase:
            selector = self._selector(phase)
            selector.setMRMLScene(self._mrml)
            selector.connect("currentNodeChanged(vtkMRMLNode*)", partial(self.onVolumeChosen, phase))
        self.ui.sequenceSelector.setMRMLScene(self._mrml)
        self.ui.recogniseButton.connect("clicked()", self.onRecognise)
        self.ui.sampleButton.connect("clicked()", self.onSample)
        self._results = ResultsButton(self.ui.resultsButton, self.session)
        self.ui.sequenceButton.connect("clicked()", self.onSequence)
        self.ui.referenceSelector.connect("currentIndexChanged(int)", self.onReferenceChosen)
        self.ui.alignmentSelector.connect("currentIndexChanged(int)", self.onAlignmentChosen)
        self.ui.liverSelector.setMRMLScene(self._mrml)
        self.ui.liverSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.onLiverChosen)
        self.ui.liverPartSelector.connect("currentIndexChanged(int)", self.onLiverPartChosen)
        self.listen(Topic.PHASES, self.refresh)
        self.listen(Topic.FINDINGS, self._show_warnings)
        self.listen(Topic.STATE, self._state_changed)
        self._watch_scene()

    # The module's life

    def enter(self) -> None:
        """Fill what is empty; a scene that was opened with its choices is only checked."""
        self._entered = True
        self.onVolumesChanged()
        self.refresh()

    def exit(self) -> None:
        """Volumes that are loaded for something else are none of ours."""
        self._entered = False

    def close(self) -> None:
        self._settle.stop()
        while self._observed:
            node, tag = self._observed.pop()
            node.RemoveObserver(tag)
        super().close()

    # What the session holds

    def refresh(self) -> None:
        chosen = chosen_volumes(self.session.choices)
        self._own.intersection_update(chosen)
        self._show_phases(wanted_phases(self.session.choices))
        with self._quietly():
            for phase in Phase:
                self._selector(phase).setCurrentNode(chosen.get(phase))
            _select(self.ui.referenceSelector, reference_of(self.session.choices).value)
            _select(self.ui.alignmentSelector, self.session.choices.alignment)
            self._show_liver()
        for phase in Phase:
            node = chosen.get(phase)
            choice = self._told(phase, node)
            label = self._evidence(phase)
            untold = choice is None and node is not None
            label.text = "" if untold else phase_line(choice)
            label.toolTip = "" if untold else phase_tip(choice)
        self._show_warnings()
        self._show_enabled()

    def _show_phases(self, phases: tuple[Phase, ...]) -> None:
        """Selectors and choices of the reference for the phases that the model takes."""
        if phases == self._phases:
            return
        self._phases = phases
        for phase in Phase:
            for part in ("Label", "Selector", "Evidence"):
                getattr(self.ui, f"{PHASE_NAMES[phase]}{part}").visible = phase in phases
        with self._quietly():
            self.ui.referenceSelector.clear()
            for phase in phases:
                title = _(phase.title)
                self.ui.referenceSelector.addItem(title[:1].upper() + title[1:], phase.value)

    def _told(self, phase: Phase, node: Any) -> PhaseChoice | None:
        """What is known of the volume that a phase has."""
        proposal = self.session.proposal
        choice = None if proposal is None else proposal.phases.get(phase)
        return choice if choice is not None and choice.node_id == _id(node) else None

    def _show_warnings(self) -> None:
        proposal = self.session.proposal
        seen = proposal.warnings if proposal is not None else ()
        warnings = dict.fromkeys((*seen, *self._warnings_of_analysis()))
        label = self.ui.warningsLabel
        label.text = "<br>".join(f"⚠ {html.escape(warning)}" for warning in warnings)
        label.visible = bool(warnings)
        left_out = proposal.left_out if proposal is not None else ()
        notes = list(proposal.notes) if proposal is not None else []
        if left_out:
            some = _("One other volume was left out."), _("{n} other volumes were left out.")
            notes.append(some[len(left_out) > 1].format(n=len(left_out)))
        label = self.ui.notesLabel
        label.text = "\n".join(notes)
        label.toolTip = "\n".join(f"{name}: {reason}" for name, reason in left_out)
        label.visible = bool(notes)

    def _warnings_of_analysis(self) -> tuple[str, ...]:
        """What an analysis of these very volumes has found out, such as motion between the phases."""
        from MTINetLib.presentation.warnings import study_warnings

        results, findings = self.session.results, self.session.findings
        if results is None or findings is None:
            return ()
        analyzed = {phase: _id(node) for phase, node in results.by_phase.items()}
        chosen = {phase: _id(node) for phase, node in chosen_volumes(self.session.choices).items()}
        return study_warnings(findings) if analyzed == chosen else ()

    def _state_changed(self) -> None:
        self._show_enabled()
        if not self.session.busy:
            self._settle.start()

    def _show_enabled(self) -> None:
        from MTINetLib.scene.sequences import volume_sequences

        idle = not self.session.busy
        self.ui.recogniseButton.enabled = idle
        self.ui.sampleButton.enabled = idle
        self.ui.sequenceButton.enabled = idle
        self._results.show()
        self.ui.sequenceRow.visible = bool(volume_sequences(self.session.scene))

    # What the user does

    def onRecognise(self) -> None:
        """Look again at all volumes; asked for by the user, so that earlier choices give way."""
        self._own.clear()
        self._ask(self.session.recognise)

    def onVolumeChosen(self, phase: Phase, node: Any) -> None:
        """A selector changed: by the user, unless the choice already says so."""
        if self._writing or self._mrml.IsClosing():
            return
        choices = self.session.choices
        if _id(node) == _id(getattr(choices.phases, PHASE_NAMES[phase])):
            return
        (self._own.discard if node is None else self._own.add)(phase)
        with self._quietly():
            choose_volume(choices, phase, node)
        self._ask(self.session.check_phases)

    def onReferenceChosen(self, index: int) -> None:
        if not self._writing:
            self.session.choices.reference = str(self.ui.referenceSelector.itemData(index))
            self._ask(self.session.check_phases)

    def onAlignmentChosen(self, index: int) -> None:
        if not self._writing:
            self.session.choices.alignment = str(self.ui.alignmentSelector.itemData(index))

    def onLiverChosen(self, node: Any) -> None:
        """A segmentation or label map of the user is the liver; or none is."""
        if self._writing or self._mrml.IsClosing():
            return
        self.session.choices.liver = node
        self.session.choices.liverPart = ""
        self.refresh()

    def onLiverPartChosen(self, index: int) -> None:
        if not self._writing and index >= 0:
            self.session.choices.liverPart = str(self.ui.liverPartSelector.itemData(index) or "")

    def _show_liver(self) -> None:
        """The chosen node, and its parts where it does not say which is the liver."""
        from MTINetLib.scene.liver_source import liver_is_told, liver_parts

        choices, box = self.session.choices, self.ui.liverPartSelector
        node = choices.liver
        self.ui.liverSelector.setCurrentNode(node)
        asked = node is not None and not liver_is_told(node)
        self.ui.liverPartLabel.visible = box.visible = asked
        parts = liver_parts(node) if asked else {}
        items = [("", _("Choose")), *((str(n), name or str(n)) for n, name in parts.items())]
        if [(box.itemData(i), box.itemText(i)) for i in range(box.count)] != items:
            box.clear()
            for number, text in items:
                box.addItem(text, number)
        _select(box, choices.liverPart)

    def onSequence(self) -> None:
        """The time points of a sequence become volumes, and the phases are recognised among them."""
        from MTINetLib.scene.sequences import volumes_of_sequence

        sequence = self.ui.sequenceSelector.currentNode()
        self._own.clear()

        def use() -> None:
            self.session.recognise(volumes_of_sequence(sequence))

        self._ask(use)

    def onSample(self) -> None:
        self._own.clear()
        self._ask(self.session.sample.load)

    def onVolumesChanged(self) -> None:
        """New volumes are in the scene: choose what nobody has chosen yet."""
        scene = self._mrml
        if not self._entered or self.session.busy or scene.IsBatchProcessing() or scene.IsClosing():
            return  # the end of what goes on comes back here
        from MTINetLib.scene.phase_images import candidate_volumes

        ids = frozenset(node.GetID() for node in candidate_volumes(self.session.scene))
        new, self._seen = ids - self._seen, ids
        chosen = chosen_volumes(self.session.choices)
        if new and len(chosen) < len(wanted_phases(self.session.choices)):
            own = {phase: chosen[phase] for phase in self._own if phase in chosen}
            self._ask(lambda: self._recognise_beside(own))
        elif chosen and self.session.proposal is None:
            self._ask(self.session.check_phases)
        self._show_enabled()

    def _recognise_beside(self, own: dict[Phase, Any]) -> None:
        """Recognise; what the user has said stays, and counts elsewhere no more."""
        self.session.recognise()
        if not own:
            return
        found = chosen_volumes(self.session.choices)
        with self._quietly():
            for phase in Phase:
                if phase in own:
                    choose_volume(self.session.choices, phase, own[phase])
                elif found.get(phase) in own.values():
                    choose_volume(self.session.choices, phase, None)
        self.session.check_phases()

    # Small things

    def _ask(self, question: Callable[[], object]) -> None:
        """Ask the session; what it cannot do is told, not raised into Qt."""
        try:
            with self._quietly():
                question()
        except MTINetError as error:
            self.session.report_error(error)
        self.refresh()

    def _selector(self, phase: Phase) -> Any:
        return getattr(self.ui, f"{PHASE_NAMES[phase]}Selector")

    def _evidence(self, phase: Phase) -> Any:
        return getattr(self.ui, f"{PHASE_NAMES[phase]}Evidence")

    def _fill_boxes(self) -> None:
        self.ui.alignmentSelector.addItem(_("When the phases moved"), "auto")
        self.ui.alignmentSelector.addItem(_("Always"), "force")
        self.ui.alignmentSelector.addItem(_("Never"), "off")

    def _watch_scene(self) -> None:
        scene = self._mrml
        for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndBatchProcessEvent):
            self._observe(event, self._settle.start)
        self._observe(scene.EndCloseEvent, self._forget)
        # Slicer's selectors turn to a neighbour when their volume goes, and to none while a scene is read.
        for event in (scene.NodeAboutToBeRemovedEvent, scene.StartImportEvent, scene.StartCloseEvent):
            self._observe(event, self._hush)
        self._observe(scene.NodeRemovedEvent, self._volume_removed, _LATE)
        for event in (scene.EndImportEvent, scene.EndCloseEvent):
            self._observe(event, self._heed, _LATE)

    def _observe(self, event: int, callback: Callable[[], object], priority: float = 0.0) -> None:
        tag = self._mrml.AddObserver(event, lambda caller, name: callback(), priority)
        self._observed.append((self._mrml, tag))

    def _hush(self) -> None:
        """What the selectors do by themselves from now on reaches neither us nor the choices."""
        if not self._hushed:
            self._hushed = True
            self._before = frozenset(chosen_volumes(self.session.choices))
            for phase in Phase:
                self._selector(phase).blockSignals(True)
            self.ui.liverSelector.blockSignals(True)

    def _heed(self) -> bool:
        """Let the selectors show the choices, and speak again; whether a chosen volume has gone."""
        if not self._hushed or self._mrml.IsImporting() or self._mrml.IsClosing():
            return False
        self._hushed = False
        chosen = chosen_volumes(self.session.choices)
        for phase in Phase:
            selector = self._selector(phase)
            selector.setCurrentNode(chosen.get(phase))
            selector.blockSignals(False)
        with self._quietly():
            self._show_liver()
        self.ui.liverSelector.blockSignals(False)
        return not self._before <= frozenset(chosen)

    def _volume_removed(self) -> None:
        if self._heed():
            self._ask(self.session.check_phases)

    def _forget(self) -> None:
        """The scene was closed; node IDs begin again."""
        self._own.clear()
        self._seen = frozenset()

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """While the panel or the session writes a choice, the selectors' signals are no word of the user."""
        before, self._writing = self._writing, True
        try:
            yield
        finally:
            self._writing = before


def _id(node: Any) -> str | None:
    return None if node is None else str(node.GetID())


def _select(box: Any, data: str) -> None:
    """Choose the item with this data; an unknown value leaves the box as it is."""
    index = box.findData(data)
    if index >= 0:
        box.setCurrentIndex(index)
