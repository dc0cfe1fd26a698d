"""The steps of the module's own test inside Slicer: unattended, on the phantom, through panels and logic.

What this Slicer lacks is said in one loud line and left out.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
import unittest
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import slicer

from MTINetLib.errors import Cancelled
from MTINetLib.panels.column_check import check_column
from MTINetLib.panels.log_watch import LogWatch
from MTINetLib.presentation.words import phase_title
from MTINetLib.scene.fit_views import body_points, is_fitted, shown_slice_views
from MTINetLib.scene.layout import LAYOUT_3D_ID, LAYOUT_ID, layout_in_use, layout_is_shown
from MTINetLib.scene.phase_views import slice_view, view_volume_id
from MTINetLib.scene.results import ai_findings
from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.scene.segmentation import segment_labels
from MTINetLib.session.choices import chosen_volumes
from MTINetLib.session.setup import Group, look
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.user_folder import USER_FOLDER_VARIABLE

_log = logging.getLogger(__name__)

#: A cancel has to be over after this time.
_CANCEL_S = 2.0
#: Turns of the event loop after which new views have their size and are fitted.
_TURNS = 30
#: Of the training: a network of a few thousand weights, two steps an epoch.
_TINY = (
    "steps_per_epoch=2",
    "validation_share=0.5",
    "network.image_size=64",
    "network.widths=2,2,2,4",
    "network.decoder_widths=4,4,4,4",
    "network.context_blocks=1",
    "network.transformer_depth=1",
    "network.ffn_width=32",
    "network.tdd_width=16",
    "network.tdd_depth=1",
)
_NODE_CLASSES = (
    "vtkMRMLVolumeNode",
    "vtkMRMLSegmentationNode",
    "vtkMRMLTableNode",
    "vtkMRMLPlotChartNode",
)


class SelfTest:
    """One step a method; each begins where the one before it ended, and says what it did."""

    def __init__(self, test: unittest.TestCase, widget: Any, say: Callable[[str], None]) -> None:
        """``widget``: the module's own (MTINetWidget)."""
        self._test = test
        self._widget = widget
        self._logic = widget.logic
        self._scene = widget.logic.session.scene
        self._log = LogWatch()
        self._files = tempfile.TemporaryDirectory(prefix="mtinet-test-", ignore_cleanup_errors=True)
        self._folder = Path(self._files.name)
        self._say = say
        self._network = False

    def begin(self) -> None:
        """An empty scene, the module shown, and an eye on the log."""
        self._log.start()
        self._scene.mrml.Clear()
        self._widget.enter()

    def end(self) -> None:
        """All as it was; fails where Slicer's log has errors."""
        self._widget.exit()
        self._scene.mrml.Clear()
        if self._widget.parent.visible:  # its Test button was pressed
            self._widget.enter()
        self._files.cleanup()
        self._log.stop()
        self._test.assertEqual(self._log.errors(), (), "errors in Slicer's log")

    def walk(self) -> None:
        """The whole way, from the volumes to the saved scene."""
        self.makeStudy()
        self.findLesions()
        self.lookAtResults()
        check_column(self._test, self._widget)
        self.chooseLesion()
        self.leaveAndComeBack()
        self.zoomAndShow3D()
        self.correctMask()
        self.askNetwork()
        self.revert()
        self.writeReport()
        self.saveAndOpen()

    def makeStudy(self) -> None:
        began = time.monotonic()
        volumes = self._logic.makeSampleStudy()
        self._test.assertEqual(tuple(volumes), FOUR_PHASES)
        proposal = self._logic.recognise()
        self._test.assertEqual(tuple(proposal.phases), FOUR_PHASES)
        self._test.assertFalse(proposal.missing)
        self._test.assertFalse(proposal.warnings)
        self._look_at_views()
        self._say(f"Sample study: its phases made and recognised in {time.monotonic() - began:.1f} s.")

    def findLesions(self) -> None:
        """By the network where it can run here; by the phantom's true masks otherwise."""
        self._network = _network_is_there()
        began = time.monotonic()
        if self._network:
            findings = self._logic.analyze()
            classes = {lesion.lesion_class for lesion in findings.lesions}
            self._test.assertEqual(classes, {HCC, HEMANGIOMA})
        else:
            _leave_out("the network", _missing((Group.TORCH, Group.ANALYSIS)))
            from MTINetLib.phantom.demo import make_demo_case

            findings = self._logic.measureMasks(make_demo_case().labels)
        self._test.assertEqual(len(findings.lesions), 2)
        found = (f"{lesion.lesion_class} {lesion.volume_ml:.1f} mL" for lesion in findings.lesions)
        self._say(f"Findings after {time.monotonic() - began:.1f} s: {', '.join(found)}.")

    def lookAtResults(self) -> None:
        results = self._logic.results
        self._test.assertEqual(results.segmentation.GetSegmentation().GetNumberOfSegments(), 2)
        self._test.assertEqual(results.lesion_table.GetNumberOfRows(), 2)
        self._test.assertEqual(results.table.GetNumberOfRows(), len(FOUR_PHASES))
        self._test.assertGreaterEqual(results.chart.GetNumberOfPlotSeriesNodes(), 2)
        self._test.assertTrue(layout_is_shown(self._scene))
        self._test.assertEqual(self._rows(), 2)
        self._say("Segmentation, tables, plot and layout are there.")

    def chooseLesion(self) -> None:
        session = self._logic.session
        session.select(2)
        self._test.assertEqual(session.choices.selectedLesion, 2)
        raw = self._curve()
        session.show_relative(True)
        self._test.assertNotEqual(self._curve(), raw)
        session.show_relative(False)
        self._test.assertEqual(self._curve(), raw)
        session.select(1)
        self._test.assertNotEqual(self._curve(), raw)
        self._say("Choosing a lesion changes the plot; raw and relative enhancement differ.")

    def correctMask(self) -> None:
        """Take a slice off the first lesion with Slicer's own array functions, as any script would."""
        import numpy as np

        results = self._logic.results
        before = self._volume()
        segment = segment_labels(results.segmentation)[1]
        mask = slicer.util.arrayFromSegmentBinaryLabelmap(results.segmentation, segment, results.geometry)
        mask[np.flatnonzero(mask.any(axis=(1, 2)))[0]] = 0
        slicer.util.updateSegmentBinaryLabelmapFromArray(
            mask, results.segmentation, segment, results.geometry
        )
        findings = self._logic.measureAgain()
        self._test.assertLess(self._volume(), before)
        self._test.assertTrue(findings.provenance.corrected_by_person)
        took = self._logic.session.correction.measured_in_s
        self._say(f"Corrected: {before:.2f} mL became {self._volume():.2f} mL, measured after {took:.2f} s.")

    def askNetwork(self) -> None:
        if self._network:
            findings = self._logic.askNetwork()
            self._test.assertIsNotNone(findings.lesions[0].predicted_curve)
            self._say("The network has read the corrected masks.")

    def revert(self) -> None:
        self._logic.revert()
        own = ai_findings(self._logic.results)
        assert own is not None
        self._test.assertAlmostEqual(self._volume(), own.lesions[0].volume_ml, places=3)
        self._say("Reverted to the masks from before the correction.")

    def writeReport(self) -> None:
        missing = _missing((Group.ANALYSIS,))
        needs = {"html": {"matplotlib", "jinja2"}, "pdf": {"matplotlib", "reportlab"}}
        there = [name for name, packages in needs.items() if not packages & set(missing)]
        if len(there) < len(needs):
            _leave_out("reports as " + " and ".join(sorted(set(needs) - set(there))), missing)
        formats = ["csv", "json", *there]
        files = self._logic.report(self._folder, formats, comment="A comment.", deidentify=True)
        self._test.assertLessEqual({f".{name}" for name in formats}, {path.suffix for path in files})
        self._test.assertTrue(all(path.stat().st_size > 0 for path in files))
        self._say(f"Report: {', '.join(path.name for path in files)}.")

    def leaveAndComeBack(self) -> None:
        """The slice and the zoom stay; the user's layout is there meanwhile."""
        for phase in FOUR_PHASES:
            node = slice_view(self._scene, phase)
            node.SetSliceOffset(node.GetSliceOffset() + 5.0)
        before = _places(self._scene)
        self._widget.exit()
        self._test.assertFalse(layout_is_shown(self._scene))
        self._widget.enter()
        _live(self._logic.session)
        self._test.assertEqual(_places(self._scene), before)
        self._say("Left and came back: the same slice, the same layout.")

    def zoomAndShow3D(self) -> None:
        session, results = self._logic.session, self._logic.results
        session.views.fit()
        whole = [node.GetFieldOfView()[0] for node in shown_slice_views(self._scene)]
        session.views.toggle_lesion()
        near = [node.GetFieldOfView()[0] for node in shown_slice_views(self._scene)]
        self._test.assertTrue(session.views.near_lesion)
        self._test.assertTrue(all(a < b for a, b in zip(near, whole, strict=True)))
        session.views.toggle_lesion()
        results.segmentation.CreateClosedSurfaceRepresentation()
        _live(session)
        self._test.assertEqual(layout_in_use(self._scene), LAYOUT_3D_ID)
        results.segmentation.RemoveClosedSurfaceRepresentation()
        _live(session)
        self._test.assertEqual(layout_in_use(self._scene), LAYOUT_ID)
        self._say("Near the lesion and back; Show 3D brings a 3-D view.")

    def saveAndOpen(self) -> None:
        self._logic.session.select(2)
        self._told = _told(self._logic.session)
        before = self._figures()
        path = str(self._folder / "study.mrb")
        self._test.assertTrue(slicer.util.saveScene(path))
        self._scene.mrml.Clear()
        self._test.assertIsNone(self._logic.results)
        self._test.assertFalse(layout_is_shown(self._scene))
        slicer.util.loadScene(path)
        slicer.app.processEvents()
        self._test.assertIsNotNone(self._logic.results)
        self._test.assertEqual(self._figures(), before)
        self._test.assertEqual(self._logic.session.selected, 2)
        self._test.assertEqual(self._rows(), len(before))
        _live(self._logic.session)
        self._look_at_views()
        if self._logic.session.proposal is None:
            self._logic.session.check_phases()
        self._test.assertEqual(_told(self._logic.session), self._told)
        self._say("Saved as .mrb and opened again with results, plot and choice.")

    def cancelAnalysis(self) -> None:
        """Where the network can run here, while it runs; otherwise while the phases are handed over."""
        before, session = _node_ids(self._scene), self._logic.session
        self._logic.analyze(wait=False)
        session.poll()
        first = None if session.progress is None else session.progress.stage
        while _network_is_there() and session.busy:
            if session.progress is not None and session.progress.stage != first:
                break
            session.poll()
            slicer.app.processEvents()
        cancelled = time.monotonic()
        session.cancel()
        with self._test.assertRaises(Cancelled):
            self._logic.wait(timeout_s=10)
        took = time.monotonic() - cancelled
        self._test.assertLess(took, _CANCEL_S)
        self._test.assertEqual(_node_ids(self._scene), before)
        self._say(f"Cancel: the scene was as before after {took:.2f} s.")

    def train(self) -> None:
        """Two epochs of a tiny network on a tiny phantom dataset; nothing of the user's is touched."""
        missing = _missing((Group.TORCH, Group.TRAINING))
        if missing:
            _leave_out("training", missing)
            self._test.skipTest(f"training needs {', '.join(missing)}")
        from MTINetLib.phantom.case import PhantomSettings
        from MTINetLib.phantom.cohort import write_cohort

        began = time.monotonic()
        small = PhantomSettings(
            slices=(6, 6),
            matrix=(64, 64),
            none_share=0.0,
            lesion_counts=(1.0,),
            diameter_mm=(30.0, 50.0),
        )
        write_cohort(self._folder / "dataset", 4, 5, settings=small)
        with _user_folder(self._folder / "user"):
            run = self._logic.train(
                self._folder / "dataset", preset="quick", epochs=2, device="cpu", changes=_TINY
            )
        self._test.assertTrue(run.finished)
        self._test.assertTrue(run.models)
        said = self._logic.session.training.message.text
        self._say(f"Training after {time.monotonic() - began:.1f} s: {said}")

    def _look_at_views(self) -> None:
        """Each view shows its own phase under its title, and the whole body in its middle."""
        session = self._logic.session
        _live(session)
        self._test.assertTrue(layout_is_shown(self._scene))
        volumes = chosen_volumes(session.choices)
        points = body_points(volumes[Phase(session.choices.reference)])
        for phase in FOUR_PHASES:
            self._test.assertEqual(view_volume_id(self._scene, phase), volumes[phase].GetID())
            self._test.assertEqual(slice_view(self._scene, phase).GetLayoutLabel(), phase_title(phase))
            across = slice_view(self._scene, phase).GetSliceToRAS().GetElement(0, 0)
            self._test.assertLess(across, 0.0, "the patient's left is on the right of the screen")
        for node in shown_slice_views(self._scene):
            self._test.assertTrue(is_fitted(node, points), f"{node.GetName()} does not show the whole body")

    def _rows(self) -> int:
        panels = {type(panel).__name__: panel for panel in self._widget.panels}
        return int(panels["LesionsPanel"].ui.lesionTable.rowCount)

    def _volume(self) -> float:
        lesions = self._logic.findings.lesions
        return float(next(lesion.volume_ml for lesion in lesions if lesion.label == 1))

    def _figures(self) -> list[tuple[Any, ...]]:
        lesions = self._logic.findings.lesions
        return [(lesion.label, lesion.lesion_class, lesion.volume_ml) for lesion in lesions]

    def _curve(self) -> list[float]:
        """What the first series of the chart draws."""
        series = self._logic.results.chart.GetNthPlotSeriesNode(0)
        column = series.GetTableNode().GetTable().GetColumnByName(series.GetYColumnName())
        return [column.GetValue(row) for row in range(column.GetNumberOfValues())]


def _live(session: Any) -> None:
    """Let the views get their size and the session follow them."""
    for _ in range(_TURNS):
        slicer.app.processEvents()
        session.poll()


def _places(scene: Scene) -> list[tuple[float, ...]]:
    nodes = [slice_view(scene, phase) for phase in FOUR_PHASES]
    return [(round(node.GetSliceOffset(), 3), round(node.GetFieldOfView()[0], 3)) for node in nodes]


def _told(session: Any) -> dict[Phase, tuple[tuple[str, ...], float]]:
    """Evidence and confidence of each phase."""
    phases = session.proposal.phases
    return {phase: (choice.evidence, choice.confidence) for phase, choice in phases.items()}


def _missing(groups: Iterable[Group]) -> list[str]:
    return [found.need.name for found in look(groups) if not found.ok]


@contextmanager
def _user_folder(folder: Path) -> Iterator[None]:
    before = os.environ.get(USER_FOLDER_VARIABLE)
    os.environ[USER_FOLDER_VARIABLE] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(USER_FOLDER_VARIABLE)
        if before is not None:
            os.environ[USER_FOLDER_VARIABLE] = before


def _network_is_there() -> bool:
    return not {"torch", "safetensors"} & set(_missing((Group.TORCH, Group.ANALYSIS)))


def _leave_out(what: str, missing: list[str]) -> None:
    _log.warning("NOT TESTED HERE: %s, because %s is not installed.", what, ", ".join(missing))


def _node_ids(scene: Scene) -> set[str]:
    return {node.GetID() for name in _NODE_CLASSES for node in nodes_of_class(scene.mrml, name)}
