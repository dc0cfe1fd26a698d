from __future__ import annotations

from typing import Any

import pytest

from MTINetLib.scene.layout import LAYOUT_ID, layout_in_use
from MTINetLib.scene.phase_views import layout_node
from MTINetLib.scene.prepare_application import prepare_application
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.terminology import CONTEXT_NAME

pytestmark = pytest.mark.viewer


def test_layout_and_codes_are_known_and_nothing_is_shown(scene: Scene, slicer: Any) -> None:
    layout = layout_node(scene)
    layout.SetViewArrangement(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    prepare_application(scene)
    prepare_application(scene)
    assert layout.IsLayoutDescription(LAYOUT_ID)
    assert layout_in_use(scene) == slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView
    assert scene.terminologies.IsTerminologyContextLoaded(CONTEXT_NAME)
