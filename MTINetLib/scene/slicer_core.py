"""Slicer's Python package, and where scenes come from: the application, or ourselves.

Outside Slicer, the wheel ``slicer-core`` has every MRML class but neither a scene nor the module logics that
the application makes: :func:`new_scene` makes them, so that the same code runs on the command line, in tests
and in the application.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from MTINetLib.errors import MissingResourceError
from MTINetLib.scene.scene import Scene

#: The logics that a scene needs for what is read, drawn and saved here, by the names of their modules.
_LOGICS = {
    "Volumes": "vtkSlicerVolumesLogic",
    "Terminologies": "vtkSlicerTerminologiesModuleLogic",
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "Tables": "vtkSlicerTablesLogic",
    "Plots": "vtkSlicerPlotsLogic",
}


def slicer_module() -> Any:
    """The ``slicer`` package: the MRML classes and ``slicer.util``. Its scene, if any, is not for use here.

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
    if not hasattr(slicer, "vtkMRMLScene"):
        raise MissingResourceError(
            "The installed package 'slicer' is not 3D Slicer's (the shap package brings it, for example): "
            "make a new environment and install MTINetLib[viewer] there."
        )
    return slicer


def application_scene() -> Scene:
    """The scene of the Slicer application that this process is."""
    slicer = slicer_module()
    terminologies = getattr(slicer.modules, "terminologies", None)
    return Scene(
        mrml=slicer.mrmlScene,
        application=slicer.app.applicationLogic(),
        terminologies=None if terminologies is None else terminologies.logic(),
        temporary_folder=Path(str(slicer.app.temporaryPath)),
        find_database=lambda: getattr(slicer, "dicomDatabase", None),
    )


def new_scene() -> Scene:
    """An empty scene of its own with the logics that it needs; it lasts as long as what comes back.

    Raises:
        MissingResourceError: neither Slicer nor slicer-core is installed.
    """
    slicer = slicer_module()
    mrml, application = slicer.vtkMRMLScene(), slicer.vtkSlicerApplicationLogic()
    application.SetMRMLScene(mrml)
    kept = [*_remote_io(slicer, mrml)]
    crosshair = slicer.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    mrml.AddNode(crosshair)
    kept += _view_logics(slicer, mrml, application)
    logics = {name: _module_logic(slicer, mrml, application, name) for name in _LOGICS}
    return Scene(mrml, application, logics["Terminologies"], kept=(*kept, *logics.values()))


def prefer_windows_without_display() -> None:
    """On Linux without a display, VTK shall not try X first; nothing happens where someone chose already."""
    on_linux = sys.platform.startswith("linux")
    if on_linux and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")


@contextmanager
def _vtk_silent() -> Iterator[None]:
    from vtkmodules.vtkCommonCore import vtkObject

    before = vtkObject.GetGlobalWarningDisplay()
    vtkObject.GlobalWarningDisplayOff()
    try:
        yield
    finally:
        vtkObject.SetGlobalWarningDisplay(before)


def _module_logic(slicer: Any, mrml: Any, application: Any, name: str) -> Any:
    logic = getattr(slicer, _LOGICS[name])()
    logic.SetMRMLApplicationLogic(application)
    with _vtk_silent():  # the wheel has none of the terminology files that Slicer's own logic looks for
        logic.SetMRMLScene(mrml)
    application.SetModuleLogic(name, logic)
    return logic


def _view_logics(slicer: Any, mrml: Any, application: Any) -> tuple[Any, ...]:
    from vtkmodules.vtkCommonCore import vtkCollection

    colors = application.GetColorLogic()
    colors.SetMRMLScene(mrml)
    colors.AddDefaultColorNodes()
    application.SetModuleLogic("Colors", colors)
    slices, views = vtkCollection(), vtkCollection()
    application.SetSliceLogics(slices)
    application.SetViewLogics(views)
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(mrml)
    layout = slicer.vtkMRMLLayoutLogic()
    layout.SetMRMLScene(mrml)
    return slices, views, layout


def _remote_io(slicer: Any, mrml: Any) -> tuple[Any, ...]:
    """Reading a bundle asks the scene's data manager and cache, which only the application makes."""
    cache = slicer.vtkCacheManager()
    remote = slicer.vtkMRMLRemoteIOLogic()
    remote.SetMRMLScene(mrml)
    remote.AddDataIOToScene()
    data = slicer.vtkDataIOManagerLogic()
    data.SetMRMLScene(mrml)
    data.SetAndObserveDataIOManager(remote.GetDataIOManager())
    return cache, remote, data
