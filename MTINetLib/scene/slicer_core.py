"""A real MRML scene, also outside the Slicer application.

Inside Slicer ``slicer.mrmlScene`` is there and nothing is touched. Outside, the wheel ``slicer-core`` has
every MRML class but neither a scene nor the module logics that the application makes: they are made here,
once a process, so that the same code runs on the command line, in tests and in the application.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from MTINetLib.errors import MissingResourceError

#: Kept alive for the whole process: MRML holds logics only weakly.
_kept: list[Any] = []
_kept_by_name: dict[str, Any] = {}


def slicer_module() -> Any:
    """The ``slicer`` package with a scene, its logics and ``slicer.util``.

    Raises:
        MissingResourceError: neither Slicer nor slicer-core is installed.
    """
    prefer_windows_without_display()
    try:
        import slicer
        import slicer.util
    except ImportError as error:
        raise MissingResourceError(
            "The MRML scene needs the package slicer-core: install it with pip install 'MTINetLib[viewer]'."
        ) from error
    if getattr(slicer, "mrmlScene", None) is not None:
        return slicer
    if not hasattr(slicer, "vtkMRMLScene"):
        raise MissingResourceError(
            "The installed package 'slicer' is not 3D Slicer's (the shap package brings it, for example): "
            "make a new environment and install MTINetLib[viewer] there."
        )
    _bring_up(slicer)
    return slicer


def application_logic() -> Any:
    """The vtkMRMLApplicationLogic of the application, or the one made here."""
    slicer = slicer_module()
    application = getattr(slicer, "app", None)
    return application.applicationLogic() if application is not None else _kept_by_name["application"]


def clear_own_scene() -> None:
    """Empty the scene that was made here; the application's scene is never touched."""
    own = _kept_by_name.get("scene")
    if own is not None and own is slicer_module().mrmlScene:
        own.Clear(False)


def prefer_windows_without_display() -> None:
    """On Linux without a display, VTK shall not try X first; nothing happens where someone chose already."""
    on_linux = sys.platform.startswith("linux")
    if on_linux and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")


def _bring_up(slicer: Any) -> None:
    scene = slicer.vtkMRMLScene()
    application = slicer.vtkSlicerApplicationLogic()
    application.SetMRMLScene(scene)
    _add_remote_io(slicer, scene)
    crosshair = slicer.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    scene.AddNode(crosshair)
    _add_view_logics(slicer, scene, application)
    logics = {
        name: _module_logic(slicer, scene, application, name, class_name)
        for name, class_name in {
            "Volumes": "vtkSlicerVolumesLogic",
            "Terminologies": "vtkSlicerTerminologiesModuleLogic",
            "Segmentations": "vtkSlicerSegmentationsModuleLogic",
            "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
            "Tables": "vtkSlicerTablesLogic",
            "Plots": "vtkSlicerPlotsLogic",
        }.items()
    }
    _kept_by_name.update(application=application, scene=scene)
    _kept.append(crosshair)
    slicer.mrmlScene = scene
    slicer.modules = SimpleNamespace(**{name.lower(): _Module(logic) for name, logic in logics.items()})


class _Module:
    """Answers ``slicer.modules.<name>.logic()`` as the application's own module objects do."""

    def __init__(self, logic: Any) -> None:
        self._logic = logic

    def logic(self) -> Any:
        return self._logic


@contextmanager
def _vtk_silent() -> Iterator[None]:
    from vtkmodules.vtkCommonCore import vtkObject

    before = vtkObject.GetGlobalWarningDisplay()
    vtkObject.GlobalWarningDisplayOff()
    try:
        yield
    finally:
        vtkObject.SetGlobalWarningDisplay(before)


def _module_logic(slicer: Any, scene: Any, application: Any, name: str, class_name: str) -> Any:
    logic = getattr(slicer, class_name)()
    logic.SetMRMLApplicationLogic(application)
    with _vtk_silent():  # the wheel has none of the terminology files that Slicer's own logic looks for
        logic.SetMRMLScene(scene)
    application.SetModuleLogic(name, logic)
    return logic


def _add_view_logics(slicer: Any, scene: Any, application: Any) -> None:
    from vtkmodules.vtkCommonCore import vtkCollection

    colors = application.GetColorLogic()
    colors.SetMRMLScene(scene)
    colors.AddDefaultColorNodes()
    application.SetModuleLogic("Colors", colors)
    slices, views = vtkCollection(), vtkCollection()
    application.SetSliceLogics(slices)
    application.SetViewLogics(views)
    slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance().SetMRMLApplicationLogic(application)
    slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance().SetMRMLApplicationLogic(application)
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene)
    layout = slicer.vtkMRMLLayoutLogic()
    layout.SetMRMLScene(scene)
    _kept.extend([slices, views, layout])


def _add_remote_io(slicer: Any, scene: Any) -> None:
    """Reading a bundle asks the scene's data manager and cache, which only the application makes."""
    cache = slicer.vtkCacheManager()
    remote = slicer.vtkMRMLRemoteIOLogic()
    remote.SetMRMLScene(scene)
    remote.AddDataIOToScene()
    data = slicer.vtkDataIOManagerLogic()
    data.SetMRMLScene(scene)
    data.SetAndObserveDataIOManager(remote.GetDataIOManager())
    _kept.extend([cache, remote, data])
