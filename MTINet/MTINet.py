"""The Slicer module: a thin face of MTINetLib. Nothing here imports a third-party package at file scope."""

import logging
import sys
from pathlib import Path

import ctk
import qt
import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)

# From the source tree Slicer puts only this folder on sys.path; installed, MTINetLib lies beside this file.
_ROOT = Path(__file__).resolve().parent.parent
if (_ROOT / "MTINetLib" / "__init__.py").is_file() and str(_ROOT) not in sys.path:
    sys.path.insert(0, str(_ROOT))


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
            "Research use only: not for diagnosis or treatment decisions."
        )
        parent.acknowledgementText = _(
            "The network follows X. Xiao, Q. V. Hu, T. H. Kim and G. Wang: Adversarial Multi-Task Learning "
            "for Liver Tumor Segmentation, Dynamic Enhancement Regression, and Classification."
        )
        icon = iconPath()
        if icon is not None:
            parent.icon = qt.QIcon(str(icon))


def iconPath():
    """The module's icon: beside the module when installed, at the root of the source tree otherwise."""
    here = Path(__file__).resolve().parent
    candidates = [folder / "Resources" / "Icons" / "MTINet.png" for folder in (here, _ROOT)]
    return next((path for path in candidates if path.is_file()), None)


class MTINetWidget(ScriptedLoadableModuleWidget):
    """Says what stands: the analysis runs from the command line, its results open in Slicer."""

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        section = ctk.ctkCollapsibleButton()
        section.text = _("Liver lesion MRI")
        self.layout.addWidget(section)
        form = qt.QVBoxLayout(section)
        for text in (self.intendedUseText(), self.usageText()):
            label = qt.QLabel(text)
            label.wordWrap = True
            label.textInteractionFlags = qt.Qt.TextSelectableByMouse
            form.addWidget(label)
        self.layout.addStretch(1)

    def intendedUseText(self):
        return _("Research use only. Not for diagnosis or treatment decisions.")

    def usageText(self):
        return _(
            "The analysis runs outside Slicer so far. Install MTINet as its README says, then run\n\n"
            "    {command}\n\n"
            "and open OUT/scene.mrb here: it holds the four phases, the lesions, the table and the plot."
        ).format(command=" ".join(MTINetLogic.commandLine("STUDY-FOLDER", "OUT")))


class MTINetLogic(ScriptedLoadableModuleLogic):
    """What a script can call."""

    @staticmethod
    def commandLine(studyFolder, outputFolder):
        """The command that analyses a DICOM folder, as a list of words."""
        return ["mtinet", "analyze", str(studyFolder), "-o", str(outputFolder)]

    @staticmethod
    def readFindings(path):
        """The findings of one analysis, from its findings.json."""
        from MTINetLib.findings import from_json

        return from_json(Path(path).read_text(encoding="utf-8"))


class MTINetTest(ScriptedLoadableModuleTest):
    """Runs inside Slicer."""

    def setUp(self):
        slicer.mrmlScene.Clear()

    def runTest(self):
        self.setUp()
        self.test_the_library_is_found()
        self.test_the_module_names_its_command()

    def test_the_library_is_found(self):
        from MTINetLib.findings import LesionClass

        self.assertEqual(LesionClass("HCC"), LesionClass.HCC)
        logging.info("MTINetLib is importable")

    def test_the_module_names_its_command(self):
        self.assertEqual(MTINetLogic.commandLine("in", "out"), ["mtinet", "analyze", "in", "-o", "out"])
        logging.info("the command line is named")
