"""The Slicer module: a thin face of MTINetLib. Nothing here imports a third-party package at file scope."""

import importlib
import sys
import unittest
from pathlib import Path
from typing import Annotated

import qt
import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import Choice, parameterNodeWrapper, parameterPack
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

# From the source tree Slicer puts only this folder on sys.path; installed, MTINetLib lies beside this file.
_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent
if (_ROOT / "MTINetLib" / "__init__.py").is_file() and str(_ROOT) not in sys.path:
    sys.path.insert(0, str(_ROOT))

#: Between two looks at the worker processes.
POLL_MS = 30


class MTINet(ScriptedLoadableModule):
    """What the module list and the help section say."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("MTI-Net: liver lesion MRI")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = []
        parent.contributors = ["The MTINet developers"]
        parent.helpText = _(
            "Segments, measures and classifies liver lesions in four-phase contrast-enhanced MRI. "
            "Research use only: not for diagnosis or treatment decisions. "
            "The key L zooms onto the lesion under the mouse, or the chosen one, and back to the body."
        )
        parent.acknowledgementText = _(
            "The network follows X. Xiao, Q. V. Hu, T. H. Kim and G. Wang: Adversarial Multi-Task Learning "
            "for Liver Tumor Segmentation, Dynamic Enhancement Regression, and Classification."
        )
        icon = iconPath("MTINet.png")
        if icon is not None:
            parent.icon = qt.QIcon(str(icon))
        slicer.app.connect("startupCompleted()", offerSampleStudy)
        slicer.app.connect("startupCompleted()", prepareApplication)


def iconPath(name):
    """An icon: beside the module when installed, at the root of the source tree otherwise; None without."""
    candidates = (folder / "Resources" / "Icons" / name for folder in (_HERE, _ROOT))
    return next(filter(Path.is_file, candidates), None)


def prepareApplication():
    """Layout and lesion codes are known from the start, for scenes that were saved with them."""
    from MTINetLib.scene.prepare_application import prepare_application
    from MTINetLib.scene.slicer_core import application_scene

    prepare_application(application_scene())


def offerSampleStudy():
    """Put the sample study on the list of Slicer's Sample Data module."""
    from MTINetLib.panels.sample_data import offer_sample_study

    offer_sample_study(MTINetLogic, iconPath("MTINetSample.png"))


@parameterPack
class MTINetPhases:
    """The volume of each phase; the model says which are used."""

    pre: slicer.vtkMRMLScalarVolumeNode
    earlyArterial: slicer.vtkMRMLScalarVolumeNode
    arterial: slicer.vtkMRMLScalarVolumeNode
    portalVenous: slicer.vtkMRMLScalarVolumeNode
    delayed: slicer.vtkMRMLScalarVolumeNode
    hepatobiliary: slicer.vtkMRMLScalarVolumeNode


@parameterNodeWrapper
class MTINetChoices:
    """All that the user has chosen; MTINetLib.session.choices says what each means."""

    phases: MTINetPhases
    reference: str = "portal_venous"
    alignment: Annotated[str, Choice(["auto", "off", "force"])] = "auto"
    model: str = ""
    device: str = "auto"
    precision: str = "auto"
    backend: str = "torch"
    thresholds: str = ""
    liver: slicer.vtkMRMLNode
    liverPart: str = ""
    # vtkMRMLSegmentationNode is not there yet when Slicer loads its modules
    segmentation: slicer.vtkMRMLNode
    selectedLesion: int = 0
    relativePlot: bool = False
    curveSeries: slicer.vtkMRMLNode
    curveVolumes: str = ""
    curveSegments: slicer.vtkMRMLNode
    curveBox: slicer.vtkMRMLNode
    curvePoints: slicer.vtkMRMLNode
    curveBaseline: str = "1"
    curveTimes: str = ""
    curveReference: str = ""
    curveRelative: bool = False
    readerComment: str = ""
    readerName: str = ""
    reportFolder: str = ""
    reportFormats: str = "pdf,html,csv,json"
    deidentify: bool = False


class MTINetWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Puts the panels together; they look at the session that the logic drives."""

    def __init__(self, parent=None):
        self.logic = None  # also where setup() fails: cleanup() asks
        VTKObservationMixin.__init__(self)  # before setup(), which the next line calls where parent is None
        ScriptedLoadableModuleWidget.__init__(self, parent)

    def setup(self):
        from MTINetLib.panels.binding import Binding
        from MTINetLib.panels.sections import Sections
        from MTINetLib.panels.zoom import Zoom

        ScriptedLoadableModuleWidget.setup(self)
        prepareApplication()  # a module that was added later has missed the start
        self.logic = MTINetLogic()
        self._entered = False
        self._polling = False
        use = qt.QLabel(_("Research use only. Not for diagnosis or treatment decisions."))
        use.wordWrap = True
        self.layout.addWidget(use)
        self.tabs = qt.QTabWidget()
        self.layout.addWidget(self.tabs)
        sections = Sections(self.logic.session, self.tabs)
        self.panels = sections.panels
        self.binding = Binding(self.panels)
        self._zoom = Zoom(self.logic.session, sections.panel("LesionsPanel").ui.lesionTable)
        self.logic.choicesReplaced = self._choicesReplaced
        scene = self.logic.session.scene.mrml
        for event in (scene.StartCloseEvent, scene.StartImportEvent):
            self.addObserver(scene, event, self._sceneChanges)
        self.logic.session.prepare()
        self.timer = qt.QTimer()
        self.timer.setInterval(POLL_MS)
        self.timer.connect("timeout()", self._poll)
        self.timer.start()
        if self.parent.visible:  # a reload sets up anew and enters nothing
            self.enter()

    def enter(self):
        """The module is shown: choices and widgets follow each other, and our layout comes back."""
        if self.logic is None:
            return
        self._entered = True
        self.binding.connect(self.logic.session.choices)
        for panel in self.panels:
            panel.enter()
        self.logic.session.views.enter()
        self._zoom.install()

    def exit(self):
        """Another module is shown; what runs goes on."""
        if self.logic is None:  # Slicer leaves a module that it has ended already
            return
        self._entered = False
        self._zoom.remove()
        for panel in self.panels:
            panel.exit()
        self.binding.disconnect()
        self.logic.session.views.leave()  # also for an analysis that ends meanwhile

    def cleanup(self):
        """Slicer closes or the module is reloaded: nothing of it stays behind."""
        if self.logic is None:
            return
        self.timer.stop()
        self._zoom.remove()
        self.binding.disconnect()
        self.removeObservers()
        for panel in self.panels:
            panel.close()
        self.panels = []
        self.logic.session.views.leave()
        self.logic.close()
        self.logic = None

    def onReload(self):
        """Reload the library too, after the running one has ended."""
        self.cleanup()
        for name in [name for name in sys.modules if name.split(".")[0] == "MTINetLib"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        ScriptedLoadableModuleWidget.onReload(self)

    def _sceneChanges(self, caller, event):
        self.binding.disconnect()

    def _choicesReplaced(self):
        if self._entered:
            self.binding.connect(self.logic.session.choices)
            for panel in self.panels:
                panel.refresh()

    def _poll(self):
        if not self._polling:  # a message box lets the timer go on
            self._polling = True
            try:
                self.logic.session.poll()
            finally:
                self._polling = False


class MTINetLogic(ScriptedLoadableModuleLogic, VTKObservationMixin):
    """What a script can call; all that takes long has happened when a method returns.

    Example::

        logic = slicer.util.getModuleLogic("MTINet")
        logic.makeSampleStudy()
        findings = logic.analyze()
        logic.report("/tmp")
    """

    def __init__(self, parent=None):
        VTKObservationMixin.__init__(self)
        ScriptedLoadableModuleLogic.__init__(self, parent)
        from MTINetLib.scene.slicer_core import application_scene
        from MTINetLib.session.session import Session

        self.choicesReplaced = None
        self.session = Session(application_scene(), self.getParameterNode())
        scene = self.session.scene.mrml
        self.addObserver(scene, scene.StartCloseEvent, self._sceneCloses)
        # After Slicer's own widgets: a selector knows the volumes of an opened scene only then.
        for event in (scene.EndCloseEvent, scene.EndImportEvent):
            self.addObserver(scene, event, self._sceneReplaced, priority=-10.0)
        self.session.restore()

    def getParameterNode(self):
        """The choices, kept in the scene."""
        return MTINetChoices(ScriptedLoadableModuleLogic.getParameterNode(self))

    @property
    def results(self):
        """The nodes of the results (MTINetLib.scene.results.Results), None before the first analysis."""
        return self.session.results

    @property
    def findings(self):
        """What was found (MTINetLib.findings.StudyFindings), as measured last."""
        return self.session.findings

    def makeSampleStudy(self):
        """Add the sample study to the scene; volume nodes by phase."""
        from MTINetLib.session.choices import chosen_volumes

        self.session.sample.load()
        self.wait()
        return chosen_volumes(self.session.choices)

    def recognise(self):
        """Choose the phases among the scene's volumes by evidence; says which and why."""
        return self.session.recognise()

    def analyze(self, phases=None, reference="portal_venous", wait=True):
        """Find, measure and classify the lesions; the findings, or None where ``wait`` is False.

        Args:
            phases: volume nodes by name (pre, arterial, portal_venous, delayed) or by Phase; None takes
                those that are chosen.
            reference: name of the phase whose grid the results get.
        """
        self.session.choose_phases(phases or {}, reference)
        self.session.start_analysis()
        if not wait:
            return None
        self.wait()
        return self.findings

    def openResults(self, folder, images=""):
        """Open results that lie in a folder; ``images``: where their images lie now, if they were moved."""
        self.session.results_folder.open(folder, images)
        self.wait()
        return self.findings

    def measureMasks(self, labels):
        """Measure lesions that somebody drew, without the network: labels [K, J, I] on the reference."""
        from MTINetLib.session.measure_masks import measure_masks

        return measure_masks(self.session, labels, slicer.app.processEvents)

    def measureAgain(self):
        """Wait until the findings are those of the masks as they are now."""
        self.session.correction.masks_edited()
        self.wait()
        return self.findings

    def askNetwork(self):
        """Read class and predicted curve again under the corrected masks."""
        self.session.correction.ask_network()
        self.wait()
        return self.findings

    def revert(self, label=None):
        """Give one lesion, or all, the AI's own mask again."""
        correction = self.session.correction
        correction.revert_all() if label is None else correction.revert(label)
        self.wait()
        return self.findings

    def report(self, folder, formats=("pdf", "html", "csv", "json"), **words):
        """Write a report into a new folder inside ``folder``; the paths of its files.

        Args:
            words: ``comment``, ``reader`` and ``deidentify`` as in MTINetLib.session.reports.
        """
        self.session.reports.write(folder, tuple(formats), **words)
        self.wait()
        return self.session.reports.files

    def train(self, dataset, wait=True, **choices):
        """Train a model on a dataset folder; the run: its ``folder`` and, after the end, its ``models``.

        Args:
            choices: ``preset``, ``epochs``, ``minutes``, ``folds``, ``device``, ``batch_size``, ``name`` and
                ``changes`` as in MTINetLib.session.training_state.TrainingChoices.
        """
        from MTINetLib.session.training_state import TrainingChoices

        self.session.training.begin(TrainingChoices(str(dataset), **choices))
        if wait:
            self.session.training.wait(slicer.app.processEvents)
        return self.session.training.run.record

    def wait(self, timeout_s=None):
        """Let Slicer live until nothing runs; raises what ended the run (MTINetLib.errors)."""
        self.session.wait(slicer.app.processEvents, timeout_s)

    def close(self):
        """End the worker processes; the logic is of no use afterwards."""
        self.removeObservers()
        self.session.close()

    def _sceneCloses(self, caller, event):
        self.session.scene_closing()

    def _sceneReplaced(self, caller, event):
        self.session.choices = self.getParameterNode()
        self.session.restore()
        if self.choicesReplaced is not None:
            self.choicesReplaced()


class MTINetTest(ScriptedLoadableModuleTest):
    """The whole way on the phantom, unattended, by MTINetLib.panels.self_test; says what Slicer lacks."""

    def setUp(self):
        from MTINetLib.panels.self_test import SelfTest

        self.steps = SelfTest(self, slicer.util.getModuleWidget("MTINet"), self.delayDisplay)
        self.steps.begin()

    def tearDown(self):
        self.steps.end()

    def runTest(self):
        """All tests one after the other, as the Reload and Test button wants it."""
        for name in unittest.TestLoader().getTestCaseNames(type(self)):
            self.setUp()
            try:
                getattr(self, name)()
            except unittest.SkipTest as reason:
                self.delayDisplay(f"NOT TESTED HERE: {reason}")
            finally:
                self.tearDown()
        self.delayDisplay("All tests passed.")

    def test_a_study_is_read_corrected_reported_and_opened_again(self):
        self.steps.walk()

    def test_a_cancelled_analysis_leaves_the_scene_as_it_was(self):
        self.steps.makeStudy()
        self.steps.cancelAnalysis()

    def test_a_model_is_trained_for_two_epochs(self):
        self.steps.train()
