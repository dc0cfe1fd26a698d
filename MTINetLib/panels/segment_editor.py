"""Slicer's own segment editor, embedded: its node, its widget, its shortcuts, and its end with the scene."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import slicer

from MTINetLib.scene.scene import Scene

_log = logging.getLogger(__name__)

#: Ours alone, so that the Segment Editor module keeps its own settings.
_TAG = "MTINetSegmentEditor"
_EFFECTS = [
    "Paint",
    "Draw",
    "Erase",
    "Level tracing",
    "Threshold",
    "Islands",
    "Scissors",
    "Smoothing",
    "Margin",
]
_UNDO_STATES = 20
#: Properties of qMRMLSegmentEditorWidget; some versions of Slicer lack some of them.
_SETTINGS = {
    "maximumNumberOfUndoStates": _UNDO_STATES,
    # It would put the source volume into all views.
    "autoShowSourceVolumeNode": False,
    "segmentationNodeSelectorVisible": False,
    "switchToSegmentationsButtonVisible": False,
    # Another geometry than the study's cannot be measured.
    "specifyGeometryButtonVisible": False,
    # The panel has its own: they number the lesions.
    "addRemoveSegmentButtonsVisible": False,
    "unorderedEffectsVisible": False,
}


class SegmentEditor:
    """Holds a qMRMLSegmentEditorWidget; where Slicer has none, it does nothing and :attr:`widget` is None."""

    def __init__(self, scene: Scene, parent: Any, on_segment: Callable[[str], None]) -> None:
        """
        Args:
            scene: where the editor's own node is.
            parent: a widget with a layout.
            on_segment: gets the ID of the segment that the user has turned to.
        """
        self._mrml = scene.mrml
        self.widget: Any = None
        self.node: Any = None
        self._on_segment = on_segment
        self._observed: tuple[Any, int] | None = None
        self._seen = ""
        self._quiet = False
        kind = getattr(slicer, "qMRMLSegmentEditorWidget", None)
        if kind is None:
            _log.warning("This Slicer has no segment editor widget; use the Segment Editor module instead")
            return
        self.widget = kind()
        # In this order: what the widget chooses when it gets the scene belongs into our node.
        self.use_node()
        with self._silent():
            self.widget.setMRMLScene(self._mrml)
        self.widget.setEffectNameOrder(_EFFECTS)
        for name, value in _SETTINGS.items():
            if hasattr(self.widget, name):
                setattr(self.widget, name, value)
        parent.layout().addWidget(self.widget)

    def use_node(self) -> None:
        """Find our vtkMRMLSegmentEditorNode in the scene, or make it."""
        node = self._mrml.GetSingletonNode(_TAG, "vtkMRMLSegmentEditorNode")
        if node is None:
            node = slicer.vtkMRMLSegmentEditorNode()
            node.SetSingletonTag(_TAG)
            node = self._mrml.AddNode(node)
        if node is self.node:
            return
        self._let_go()
        self.node = node
        with self._silent():
            self.widget.setMRMLSegmentEditorNode(node)
        self._observed = node, node.AddObserver("ModifiedEvent", self._node_modified)

    def edit(self, segmentation: Any, source: Any) -> None:
        """Work on this segmentation node over that volume node; None for neither."""
        if self.widget is None:
            return
        self.use_node()
        same = self.node.GetSegmentationNode() is segmentation
        if same and self.node.GetSourceVolumeNode() is not None:
            return  # perhaps another phase, which the user has chosen for the thresholds
        with self._silent():
            if not same:
                self.widget.setSegmentationNode(segmentation)
            self.widget.setSourceVolumeNode(source)

    @property
    def segment(self) -> str:
        """ID of the segment that is edited; empty for none."""
        return "" if self.node is None else self.node.GetSelectedSegmentID() or ""

    def choose(self, segment_id: str) -> None:
        """Make it the segment that is edited."""
        if self.node is not None and self.segment != segment_id:
            with self._silent():
                self.node.SetSelectedSegmentID(segment_id)

    def paint(self) -> None:
        """Take the brush, unless another tool is in the hand already."""
        if self.widget is not None and self.widget.activeEffect() is None:
            self.widget.setActiveEffectByName("Paint")

    def save_state(self) -> None:
        """What is done next is one step for Undo."""
        if self.widget is not None and self.node is not None and self.node.GetSegmentationNode() is not None:
            self.widget.saveStateForUndo()

    def enter(self) -> None:
        """The module is shown: shortcuts live."""
        if self.widget is None:
            return
        self.widget.updateWidgetFromMRML()
        if slicer.util.mainWindow() is not None:  # shortcuts are children of the main window
            self.widget.installKeyboardShortcuts()

    def rest(self) -> None:
        """The mouse and the keys are somebody else's until :meth:`go_on`."""
        if self.widget is not None:
            self.widget.setActiveEffect(None)
            self.widget.uninstallKeyboardShortcuts()

    def go_on(self) -> None:
        """The keys are the editor's again."""
        if self.widget is not None and slicer.util.mainWindow() is not None:
            self.widget.installKeyboardShortcuts()

    def exit(self) -> None:
        """Another module is shown: no effect may be left active, and its own shortcuts hold."""
        if self.widget is None:
            return
        self.widget.setActiveEffect(None)
        self.widget.uninstallKeyboardShortcuts()
        self.widget.removeViewObservations()

    def scene_closing(self) -> None:
        """Let go of the segmentation before the scene does."""
        if self.widget is None:
            return
        with self._silent():
            self.widget.setActiveEffect(None)
            self.widget.setSegmentationNode(None)
            self.widget.removeViewObservations()
        self._let_go()

    def close(self) -> None:
        """The panel goes away."""
        self.exit()
        self.scene_closing()

    def _let_go(self) -> None:
        if self._observed is not None:
            node, tag = self._observed
            node.RemoveObserver(tag)
        self._observed = self.node = None

    def _node_modified(self, *_: Any) -> None:
        if self.segment != self._seen and not self._quiet:
            self._seen = self.segment
            self._on_segment(self._seen)

    @contextmanager
    def _silent(self) -> Iterator[None]:
        """What changes inside is our own choice, not the user's."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False
            self._seen = self.segment
