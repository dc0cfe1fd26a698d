"""Runs inside Slicer, with or without a main window: loads the module, opens and leaves it, runs its test.

xvfb-run Slicer --testing --no-splash --additional-module-paths MTINet --python-script THIS
"""

from pathlib import Path

import slicer
import slicer.testing

module = slicer.modules.mtinet
assert module.title == "MTI-Net: liver lesion MRI", module.title
widget = slicer.util.getModuleWidget("MTINet")
assert widget is slicer.modules.MTINetWidget
if slicer.util.mainWindow() is not None:
    slicer.util.selectModule("MTINet")
    slicer.util.selectModule("Data")
slicer.testing.runUnitTest([str(Path(module.path).parent)], "MTINet")
