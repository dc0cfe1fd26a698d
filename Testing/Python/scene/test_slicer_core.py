from __future__ import annotations

import builtins
import os
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from support.slicer_scene import empty_scene

from MTINetLib.errors import MissingResourceError
from MTINetLib.scene import slicer_core

pytestmark = pytest.mark.viewer


def test_the_scene_is_made_once_and_stays() -> None:
    slicer = empty_scene()
    assert slicer_core.slicer_module().mrmlScene is slicer.mrmlScene
    assert slicer.modules.segmentations.logic().IsA("vtkSlicerSegmentationsModuleLogic")
    assert slicer_core.application_logic().GetMRMLScene() is slicer.mrmlScene


def test_the_applications_own_scene_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Scene:
        def Clear(self, singletons: bool) -> None:
            pytest.fail("the user's scene was cleared")

    app, logic = SimpleNamespace(), object()
    app.applicationLogic = lambda: logic
    fake: Any = ModuleType("slicer")
    fake.mrmlScene, fake.app, fake.util = Scene(), app, ModuleType("slicer.util")
    before = dict(vars(fake))
    monkeypatch.setitem(sys.modules, "slicer", fake)
    monkeypatch.setitem(sys.modules, "slicer.util", fake.util)
    assert slicer_core.slicer_module() is fake
    assert slicer_core.application_logic() is logic
    slicer_core.clear_own_scene()
    assert dict(vars(fake)) == before


def test_another_package_called_slicer_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    fake: Any = ModuleType("slicer")
    fake.util = ModuleType("slicer.util")
    monkeypatch.setitem(sys.modules, "slicer", fake)
    monkeypatch.setitem(sys.modules, "slicer.util", fake.util)
    with pytest.raises(MissingResourceError, match="not 3D Slicer's"):
        slicer_core.slicer_module()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] == "slicer":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingResourceError, match=r"MTINetLib\[viewer\]"):
        slicer_core.slicer_module()


def test_a_choice_of_window_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkOSOpenGLRenderWindow")
    monkeypatch.delenv("DISPLAY", raising=False)
    slicer_core.prefer_windows_without_display()
    assert os.environ["VTK_DEFAULT_OPENGL_WINDOW"] == "vtkOSOpenGLRenderWindow"


def test_importing_the_room_imports_neither_slicer_nor_vtk_nor_torch() -> None:
    code = (
        "import sys, MTINetLib.scene.write_scene, MTINetLib.scene.pictures.phases, MTINetLib.demo;"
        "import MTINetLib.pipeline.write;"
        "heavy = {'slicer', 'vtk', 'vtkmodules', 'torch', 'matplotlib', 'reportlab', 'jinja2'};"
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
