from __future__ import annotations

import pytest
from support.slicer_scene import empty_scene

from MTINetLib.scene.layout import LAYOUT_ID, layout_in_use
from MTINetLib.scene.prepare_application import prepare_application
from MTINetLib.scene.terminology import CONTEXT_NAME

pytestmark = pytest.mark.viewer


def test_layout_and_codes_are_known_and_nothing_is_shown() -> None:
    slicer = empty_scene()
    scene = slicer.mrmlScene
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode") or scene.AddNewNodeByClass("vtkMRMLLayoutNode")
    layout.SetViewArrangement(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    prepare_application()
    prepare_application()
    assert layout.IsLayoutDescription(LAYOUT_ID)
    assert layout_in_use() == slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView
    assert slicer.modules.terminologies.logic().IsTerminologyContextLoaded(CONTEXT_NAME)
