"""Puts the stand-in where the module looks: sys.modules and the ``slicer`` package."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from support.waiting import wait_until

from MTINetLib.scene.slicer_core import new_scene, slicer_module

from .popups import Popup, popups

_desktop: Desktop | None = None
#: Modules of Slicer that scripts ask for their logic.
_MODULES = ("Volumes", "Terminologies", "Segmentations", "SubjectHierarchy", "Tables", "Plots")


class _Module:
    """Answers ``slicer.modules.<name>.logic()``."""

    def __init__(self, logic: Any) -> None:
        self._logic = logic

    def logic(self) -> Any:
        return self._logic


class Desktop:
    """What tests hold of the desktop."""

    def __init__(self, slicer: Any) -> None:
        from .pythonqt import slot_errors

        self.slicer = slicer
        self.popups = popups
        #: Texts of exceptions that nobody caught: of slots, timers and observers.
        self.errors = slot_errors
        self._modules: list[Any] = []

    def process_events(self) -> None:
        """Let timers and events happen, once."""
        self.slicer.app.processEvents()

    def wait_until(self, condition: Callable[[], Any]) -> None:
        """Let the event loop run until the condition holds."""
        wait_until(condition, self.process_events)

    def open_window(self, width: int = 900, height: int = 640) -> Any:
        """From now on there are views, in so many pixels; gives the layout manager."""
        from .layout_manager import LayoutManager

        application = self.slicer.app
        application._layout_manager = LayoutManager(application.applicationLogic(), width, height)
        return application._layout_manager

    def show_volume(self, node: Any) -> None:
        """What Slicer's reader does with a volume that it has loaded: it goes into all views that take it."""
        logic = self.slicer.app.applicationLogic()
        logic.GetSelectionNode().SetActiveVolumeID(node.GetID())
        logic.PropagateVolumeSelection(1)

    def load_module(self, path: Path) -> Any:
        """Load a scripted module as Slicer's factory does, and give its C++ side."""
        from .application import qSlicerScriptedLoadableModule

        name = path.stem
        if str(path.parent) not in sys.path:
            sys.path.insert(0, str(path.parent))
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        python = importlib.util.module_from_spec(spec)
        sys.modules[name] = python
        spec.loader.exec_module(python)
        module = qSlicerScriptedLoadableModule(name, path)
        module.python = getattr(python, name)(module)
        setattr(self.slicer.modules, name.lower(), module)
        self._modules.append(module)
        return module

    def reset(self) -> None:
        """Unload modules, empty the scene, forget popups and errors."""
        from PySide6 import QtCore

        from .pythonqt import disconnect_all

        for module in self._modules:
            module.unload()
            delattr(self.slicer.modules, module.name.lower())
            if hasattr(self.slicer.modules, f"{module.name}Widget"):
                delattr(self.slicer.modules, f"{module.name}Widget")
            sys.modules.pop(module.name, None)
        self._modules.clear()
        disconnect_all(self.slicer.app)
        if self.slicer.app.layoutManager() is not None:
            self.slicer.app.layoutManager().close()
            self.slicer.app._layout_manager = None
        self.process_events()
        # No event loop runs that would do it: what a module leaves would slow all later tests down.
        QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete.value)
        self.slicer.mrmlScene.Clear(False)
        for kind in ("vtkMRMLSliceNode", "vtkMRMLSliceCompositeNode"):  # singletons outlive a closed scene
            for node in self.slicer.util.getNodesByClass(kind):
                self.slicer.mrmlScene.RemoveNode(node)
        layout = self.slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
        if layout is not None:
            layout.SetViewArrangement(self.slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView)
        self.process_events()
        popups.clear()
        self.errors.clear()

    def unexpected_popups(self) -> list[Popup]:
        return popups.unexpected()


def install() -> Desktop:
    """The desktop of this process, made at the first call."""
    global _desktop
    if _desktop is not None:
        return _desktop
    slicer, scene = slicer_module(), new_scene()
    slicer.mrmlScene = scene.mrml
    from . import ctk_module, qt_module

    sys.modules["qt"] = qt_module.make_qt()
    sys.modules["ctk"] = ctk_module.make_ctk()
    from . import i18n, node_box, parameter_nodes, slicer_widgets

    for class_ in (*slicer_widgets.WIDGETS, node_box.qMRMLNodeComboBox):
        setattr(slicer, class_.__name__, class_)
        qt_module.CUSTOM_WIDGETS[class_.__name__] = class_
    for class_ in ctk_module.WIDGETS:
        qt_module.CUSTOM_WIDGETS[class_.__name__] = class_
    from . import application

    for name in ("qSlicerScriptedLoadableModule", "qSlicerScriptedLoadableModuleWidget"):
        setattr(slicer, name, getattr(application, name))
    slicer.app = application.Application(scene)
    slicer.modules = SimpleNamespace(
        **{name.lower(): _Module(scene.application.GetModuleLogic(name)) for name in _MODULES}
    )
    from . import scripted_module

    for name, module in {
        "i18n": i18n,
        "ScriptedLoadableModule": scripted_module,
        "parameterNodeWrapper": parameter_nodes.make_module(),
    }.items():
        sys.modules[f"slicer.{name}"] = module
        setattr(slicer, name, module)
    slicer.util._messageDisplay = _message_display
    sys.excepthook = _note
    _desktop = Desktop(slicer)
    return _desktop


def _message_display(level: int, text: str, answer: Any, *_: Any, **__: Any) -> Any:
    import qt

    given = popups.message(level, text, answer)
    if given is None:
        return None
    words = {True: (qt.QMessageBox.Yes, qt.QMessageBox.Ok), False: (qt.QMessageBox.No, qt.QMessageBox.Cancel)}
    return _Answer(words[bool(given)])


class _Answer:
    """Equal to Yes and Ok, or to No and Cancel."""

    def __init__(self, buttons: tuple[Any, ...]) -> None:
        self._buttons = buttons

    def __eq__(self, other: object) -> bool:
        return other in self._buttons

    __hash__ = None  # type: ignore[assignment]


def _note(kind: Any, value: Any, trace: Any) -> None:
    from .pythonqt import slot_errors

    text = "".join(traceback.format_exception(kind, value, trace))
    slot_errors.append(text)
    sys.stderr.write(text)
