"""The section in which a person corrects the masks, and sees that the findings follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _

from MTINetLib.errors import MTINetError
from MTINetLib.panels.notice import ERROR_STYLE, WARNING_STYLE
from MTINetLib.panels.outline_tools import OutlineTools
from MTINetLib.panels.panel import Panel
from MTINetLib.panels.segment_editor import SegmentEditor
from MTINetLib.pipeline.outlined import outline_doubts
from MTINetLib.presentation.note_words import note_in_words
from MTINetLib.presentation.statements import error_text
from MTINetLib.scene.edit_lesions import ensure_label
from MTINetLib.scene.foreign_masks import newest_foreign
from MTINetLib.scene.liver_node import liver_segment
from MTINetLib.scene.segmentation import segment_ids, segment_labels
from MTINetLib.session.choices import chosen_volumes, wanted_phases
from MTINetLib.session.events import Topic
from MTINetLib.session.state import State

_STANDING_LINES = 3


class CorrectPanel(Panel):
    """Slicer's segment editor over the lesions, and what it lacks: split, merge, ask, compare, revert."""

    UI = "CorrectPanel.ui"

    def setup(self) -> None:
        self._shown = False
        self._problem: MTINetError | None = None
        self._sceneTags: list[int] = []
        self.editor = SegmentEditor(self.session.scene, self.ui.editorPlace, self.onSegmentChosen)
        self.session.correction.before_action = self.editor.save_state
        self.outlining = OutlineTools(self.session, self.ui, self.editor, self._do)
        ui = self.ui
        ui.addButton.connect("clicked()", self.onAdd)
        ui.deleteButton.connect("clicked()", self.onDelete)
        ui.splitButton.connect("clicked()", self.onSplit)
        ui.liverButton.connect("toggled(bool)", self.onLiver)
        ui.mergeButton.connect("clicked()", self.onMerge)
        ui.askButton.connect("clicked()", self.onAsk)
        # What lies below must not move under the mouse when a sentence is a line longer.
        ui.standingLabel.setFixedHeight(_STANDING_LINES * ui.standingLabel.fontMetrics().lineSpacing() + 4)
        ui.compareButton.connect("toggled(bool)", self.onCompare)
        ui.revertButton.connect("clicked()", self.onRevert)
        ui.revertAllButton.connect("clicked()", self.onRevertAll)
        ui.masksSelector.setMRMLScene(self.session.scene.mrml)
        ui.masksSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.onMasksChosen)
        ui.masksButton.connect("clicked()", self.onStartFrom)
        self.listen(Topic.PHASES, self.showMasksButton)
        self.listen(Topic.FINDINGS, self.refresh)
        self.listen(Topic.STATE, self.refresh)
        self.listen(Topic.SELECTION, self.onSelection)
        self.listen(Topic.MESSAGE, self._showProblem)
        scene = self.session.scene.mrml
        for event, slot in (
            (scene.StartCloseEvent, self.onSceneStartClose),
            (scene.EndCloseEvent, self.onSceneReplaced),
            (scene.EndImportEvent, self.onSceneReplaced),
        ):
            self._sceneTags.append(scene.AddObserver(event, slot))

    def refresh(self) -> None:
        session, correction, ui = self.session, self.session.correction, self.ui
        results = session.results
        self._showLiver(results is not None and session.state is not State.ASKING)
        if self._shown:
            self.editor.edit(self._edited(), None if results is None else results.reference)
        there = results is not None and session.state is not State.ASKING
        label, others = self.chosenLabel(), self._otherLabels()
        ui.editorPlace.enabled = there
        ui.addButton.enabled = ui.compareButton.enabled = there
        ui.deleteButton.enabled = ui.splitButton.enabled = there and label is not None
        ui.revertButton.enabled = there and label in correction.standing.changed
        ui.revertAllButton.enabled = there and correction.standing.corrected
        worth_asking = correction.standing.corrected or bool(correction.standing.unread)
        asking = session.state is State.ASKING
        ui.askButton.text = _("Cancel") if asking else _("Ask the network again")
        ui.askButton.enabled = asking or (there and worth_asking and not session.busy)
        ui.mergeButton.enabled = ui.mergeBox.enabled = there and label is not None and bool(others)
        self.outlining.refresh(there)
        self._offer(others)
        self.showMasksButton()
        was = ui.compareButton.blockSignals(True)
        ui.compareButton.checked = correction.ai_shown
        ui.compareButton.blockSignals(was)
        ui.standingLabel.text = ui.standingLabel.toolTip = self.standingText()
        self._showProblem()

    def enter(self) -> None:
        self._shown = True
        super().enter()
        self._proposeMasks()
        self.onSelection()
        self.editor.enter()

    def exit(self) -> None:
        self._shown = False
        self.outlining.put_down()
        self.editor.exit()

    def close(self) -> None:
        super().close()
        for tag in self._sceneTags:
            self.session.scene.mrml.RemoveObserver(tag)
        self._sceneTags = []
        self._shown = False
        self.outlining.put_down()
        self.editor.close()

    def showMasksButton(self) -> None:
        """Masks of the scene can be taken over once the phases are chosen."""
        session, button = self.session, self.ui.masksButton
        node = self.ui.masksSelector.currentNode()
        phases = len(chosen_volumes(session.choices)) == len(wanted_phases(session.choices))
        shown = session.results is not None and node is session.results.segmentation
        button.enabled = phases and node is not None and not shown and not session.busy
        button.toolTip = (
            _("Choose the phases in the section Study first.")
            if not phases
            else _("Take the lesions of this segmentation; the network says what they are.")
        )

    def _proposeMasks(self) -> None:
        """A segmentation that another module has made meanwhile can be taken over in one click."""
        selector, session = self.ui.masksSelector, self.session
        if selector.currentNode() is None:
            newest = newest_foreign(session.scene, (session.choices.liver, session.choices.curveSegments))
            if newest is not None:
                selector.setCurrentNode(newest)

    def chosenLabel(self) -> int | None:
        """The lesion that the buttons are about: the one in the editor, or the one chosen in the list."""
        edited = self._labelOf(self.editor.segment)
        return edited if edited is not None else self.session.selected

    def standingText(self) -> str:
        """In one or two sentences: whose masks these are, and what the findings rest on."""
        session, correction = self.session, self.session.correction
        said: list[str]
        if session.results is None:
            said = [_("Analyze a study first; its masks can be corrected here.")]
        elif session.state is State.ASKING:
            said = [_("The network reads the corrected masks …")]
        elif session.state is State.MEASURING:
            said = [_("The corrected masks are measured …")]
        elif session.state is State.OUTLINING:
            said = [_("The lesion in the box is outlined …")]
        elif session.state is State.INSTALLING:
            said = [_("What outlines a box is being installed …")]
        elif self.outlining.hint:
            said = [self.outlining.hint]
        elif correction.added is not None:
            text = _("Lesion {0} is new and empty: paint it in the images. It is measured at once.")
            said = [text.format(correction.added)]
        elif not correction.standing.corrected and correction.standing.unread:
            said = [self._unreadText()]
        elif not correction.standing.corrected:
            said = [_("The masks are the AI's own. What you change below is measured again at once.")]
        elif correction.measured_in_s is None:
            said = [_("Corrected by you."), self._unreadText()]
        else:
            measured = _("Corrected by you; measured again in {0:.1f}\u00a0s.").format(
                correction.measured_in_s
            )
            said = [measured, self._unreadText()]
        return " ".join(said)

    # Slots

    def onAdd(self) -> None:
        def add() -> None:
            label = self.session.correction.add_lesion()
            self.editor.choose(self._segments().get(label, ""))
            self.editor.paint()

        self._do(add)

    def onAsk(self) -> None:
        """Ask, or give up what was asked."""
        if self.session.state is State.ASKING:
            self.session.cancel()
        else:
            self._do(self.session.correction.ask_network)

    def onDelete(self) -> None:
        self._withLesion(self.session.correction.delete)

    def onSplit(self) -> None:
        self._withLesion(self.session.correction.split)

    def onLiver(self, _edited: bool) -> None:
        """Turn the editor to the outline of the liver, or back to the lesions."""
        self.refresh()
        if self.ui.liverButton.checked and self.session.results is not None:
            self.editor.choose(liver_segment(self.session.results.liver))
        else:
            self.onSelection()

    def _edited(self) -> Any:
        """What the editor works on."""
        results = self.session.results
        if results is None:
            return None
        return results.liver if self.ui.liverButton.checked else results.segmentation

    def _showLiver(self, there: bool) -> None:
        """There is an outline to edit only where the liver is known."""
        button, results = self.ui.liverButton, self.session.results
        known = results is not None and results.liver is not None and results.liver.GetScene() is not None
        button.visible = known
        button.enabled = there and known
        if not known and button.checked:
            was = button.blockSignals(True)
            button.checked = False
            button.blockSignals(was)

    def onMerge(self) -> None:
        other = self.ui.mergeBox.itemData(self.ui.mergeBox.currentIndex)
        if other is not None:
            self._withLesion(lambda label: self.session.correction.merge((label, int(other))))

    def onCompare(self, shown: bool) -> None:
        self._do(lambda: self.session.correction.show_ai(shown))

    def onRevert(self) -> None:
        self._withLesion(self.session.correction.revert)

    def onRevertAll(self) -> None:
        self._do(self.session.correction.revert_all)

    def onMasksChosen(self, _node: Any) -> None:
        self.showMasksButton()

    def onStartFrom(self) -> None:
        node = self.ui.masksSelector.currentNode()
        if node is not None:
            self.session.start_from(node)

    def onSegmentChosen(self, segment: str) -> None:
        label = self._labelOf(segment)
        if label is not None:
            self.session.correction.choose(label)
        self.refresh()

    def onSelection(self) -> None:
        segment = self._segments().get(self.session.selected or 0)
        if segment is not None and not self.ui.liverButton.checked:
            self.editor.choose(segment)
        self.refresh()

    def onSceneStartClose(self, *_args: Any) -> None:
        self.outlining.put_down()
        self.editor.scene_closing()

    def onSceneReplaced(self, *_args: Any) -> None:
        self.refresh()

    def _withLesion(self, action: Callable[[int], Any]) -> None:
        label = self.chosenLabel()
        if label is not None:
            self._do(lambda: action(label))

    def _do(self, action: Callable[[], Any]) -> None:
        self._problem = None
        try:
            action()
        except MTINetError as error:
            self._problem = error
            self.session.report_error(error)
        self.refresh()

    def _showProblem(self) -> None:
        """What the last action or measuring failed of, which Analyze says too; else which box is doubtful."""
        label, findings = self.ui.messageLabel, self.session.findings
        problem = self._problem or self.session.correction.problem
        doubts = () if findings is None else outline_doubts(findings.provenance)
        doubted = " ".join(note_in_words(item, _) for item in doubts)
        label.text = doubted if problem is None else error_text(problem, _)
        label.setStyleSheet(WARNING_STYLE if problem is None else ERROR_STYLE)
        label.visible = bool(label.text)

    def _labelOf(self, segment: str) -> int | None:
        """A segment's number; one that was added with the editor's own button gets it now."""
        results = self.session.results
        if results is None or segment not in segment_ids(results.segmentation):
            return None
        return ensure_label(results, segment)

    def _segments(self) -> dict[int, str]:
        results = self.session.results
        return {} if results is None else segment_labels(results.segmentation)

    def _otherLabels(self) -> list[int]:
        label = self.chosenLabel()
        return sorted(other for other in self._segments() if other != label)

    def _offer(self, labels: list[int]) -> None:
        box = self.ui.mergeBox
        if [box.itemData(index) for index in range(box.count)] == labels:
            return
        was = box.blockSignals(True)
        box.clear()
        for label in labels:
            box.addItem(_("Lesion {0}").format(label), label)
        box.blockSignals(was)

    def _unreadText(self) -> str:
        unread = sorted(self.session.correction.standing.unread)
        text: str = _("The network has read these masks.")
        if len(unread) == 1:
            text = _("The network has not read lesion {0} as it is now: ask it for the class.")
        elif unread:
            text = _("The network has not read lesions {0} as they are now: ask it for the classes.")
        return text.format(", ".join(str(label) for label in unread))
