from __future__ import annotations

import builtins
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from MTINetLib.errors import MissingResourceError
from MTINetLib.scene import slicer_core

pytestmark = pytest.mark.viewer


def test_a_new_scene_has_its_logics_and_leaves_the_package_alone(slicer: Any) -> None:
    before = {name for name in vars(slicer) if name in ("mrmlScene", "modules", "app")}
    scene = slicer_core.new_scene()
    assert scene.application.GetModuleLogic("Segmentations").GetMRMLScene() is scene.mrml
    assert scene.terminologies.GetMRMLScene() is scene.mrml
    assert scene.database is None
    assert {name for name in vars(slicer) if name in ("mrmlScene", "modules", "app")} == before


def test_the_application_s_scene_is_asked_of_the_application(
    slicer: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    terminologies, logic, database = object(), object(), SimpleNamespace(isOpen=True)
    app = SimpleNamespace(applicationLogic=lambda: logic, temporaryPath=str(tmp_path))
    modules = SimpleNamespace(terminologies=SimpleNamespace(logic=lambda: terminologies))
    for name, value in (("mrmlScene", object()), ("app", app), ("modules", modules)):
        monkeypatch.setattr(slicer, name, value, raising=False)
    scene = slicer_core.application_scene()
    assert (scene.mrml, scene.application, scene.terminologies) == (slicer.mrmlScene, logic, terminologies)
    assert scene.temporary_folder == tmp_path
    assert scene.database is None
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    assert scene.database is database, "it opens later"
    database.isOpen = False
    assert scene.database is None


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
