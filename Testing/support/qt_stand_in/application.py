"""slicer.app, its managers and the module objects: as much as a scripted module asks of them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import slicer
from PySide6 import QtCore, QtWidgets

from MTINetLib.scene.scene import Scene

from .slicer_widgets import qMRMLWidget


class Application(QtCore.QObject):
    """``slicer.app``. There is no main window and so no layout manager, unless a test sets one."""

    STANDS_FOR_CXX = True
    SIGNALS = {
        "aboutToQuit()": "aboutToQuit",
        "startupCompleted()": "startupCompleted",
        "lastWindowClosed()": "lastWindowClosed",
        "mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged",
    }
    aboutToQuit = QtCore.Signal()
    startupCompleted = QtCore.Signal()
    lastWindowClosed = QtCore.Signal()
    mrmlSceneChanged = QtCore.Signal(object)

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self._scene = scene  # which lasts as long as it is held
        self._layout_manager: Any = None
        self._testing = False
        self._modules = ModuleManager()
        self._io = CoreIOManager()
        self._settings = QtCore.QSettings(
            str(Path(tempfile.gettempdir()) / f"mtinet-test-settings-{os.getpid()}.ini"),
            QtCore.QSettings.IniFormat,
        )

    applicationName = "Slicer"
    applicationVersion = "5.13.0-stand-in"
    majorVersion, minorVersion = 5, 13
    revision = "0"
    os = "linux"

    @property
    def slicerHome(self) -> str:
        return tempfile.gettempdir()

    @property
    def temporaryPath(self) -> str:
        return str(Path(tempfile.gettempdir()) / f"Slicer-stand-in-{os.getpid()}")

    def applicationLogic(self) -> Any:
        return self._scene.application

    def mrmlScene(self) -> Any:
        return slicer.mrmlScene

    def layoutManager(self) -> Any:
        return self._layout_manager

    def mainWindow(self) -> Any:
        return slicer.util.mainWindow()

    def moduleManager(self) -> Any:
        return self._modules

    def coreIOManager(self) -> Any:
        return self._io

    def ioManager(self) -> Any:
        return self._io

    def userSettings(self) -> Any:
        return self._settings

    settings = revisionUserSettings = userSettings

    def testingEnabled(self) -> bool:
        return self._testing

    def processEvents(self) -> None:
        QtWidgets.QApplication.processEvents()
        if self._layout_manager is not None:
            self._layout_manager.handle_events()

    def topLevelWidgets(self) -> Any:
        return QtWidgets.QApplication.topLevelWidgets()

    def setOverrideCursor(self, cursor: Any) -> None:
        QtWidgets.QApplication.setOverrideCursor(cursor)

    def restoreOverrideCursor(self) -> None:
        QtWidgets.QApplication.restoreOverrideCursor()

    def pauseRender(self) -> None:
        """Nothing is rendered."""

    def resumeRender(self) -> None:
        """Nothing is rendered."""


class ModuleManager(QtCore.QObject):
    """Knows the scripted modules that a test has loaded."""

    STANDS_FOR_CXX = True
    SIGNALS = {
        "moduleAboutToBeUnloaded(QString)": "moduleAboutToBeUnloaded",
        "moduleLoaded(QString)": "moduleLoaded",
    }
    moduleAboutToBeUnloaded = QtCore.Signal(str)
    moduleLoaded = QtCore.Signal(str)

    def module(self, name: str) -> Any:
        return getattr(slicer.modules, name.lower(), None)


class CoreIOManager:
    """Scenes to and from .mrb, which is all that the module saves through it."""

    def fileType(self, _path: str) -> str:
        return "SceneFile"

    def saveNodes(self, kind: str, properties: dict[str, Any], messages: Any) -> bool:
        if kind != "SceneFile" or not properties["fileName"].endswith(".mrb"):
            raise NotImplementedError("the stand-in saves scenes as .mrb alone")
        return bool(slicer.mrmlScene.WriteToMRB(properties["fileName"], None, messages))

    def loadNodes(
        self, kind: str, properties: dict[str, Any], _loaded: Any = None, messages: Any = None
    ) -> bool:
        if kind != "SceneFile" or not properties["fileName"].endswith(".mrb"):
            raise NotImplementedError("the stand-in loads scenes from .mrb alone")
        clear = bool(properties.get("clear", False))
        return bool(slicer.mrmlScene.ReadFromMRB(properties["fileName"], clear, messages))


class qSlicerScriptedLoadableModuleWidget(qMRMLWidget):
    """The C++ widget that holds a scripted module's Python widget."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self._module = module
        self._python: Any = None
        self.setLayout(QtWidgets.QVBoxLayout())

    def self(self) -> Any:
        return self._python

    def reload(self) -> None:
        import sys

        widget_class = getattr(sys.modules[self._module.name], f"{self._module.name}Widget")
        self._python = widget_class(self)
        setattr(slicer.modules, f"{self._module.name}Widget", self._python)
        self._python.setup()


class qSlicerScriptedLoadableModule(QtCore.QObject):
    """A scripted module as the factory loads it: ``parent`` of the Python module class."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__()
        self.__dict__["name"] = name
        self.path = str(path)
        self.title = ""
        self.categories: list[str] = []
        self.dependencies: list[str] = []
        self.contributors: list[str] = []
        self.helpText = self.acknowledgementText = ""
        self.icon: Any = None
        self.python: Any = None
        self._widget: Any = None

    @property
    def name(self) -> str:
        return str(self.__dict__["name"])

    def widgetRepresentation(self) -> Any:
        if self._widget is None:
            self._widget = qSlicerScriptedLoadableModuleWidget(self)
            self._widget.setMRMLScene(slicer.mrmlScene)
            self._widget.reload()
        return self._widget

    def unload(self) -> None:
        """What closing the application does to a module."""
        slicer.app.moduleManager().moduleAboutToBeUnloaded.emit(self.name)
        if self._widget is not None:
            self._widget.close()
            self._widget.deleteLater()
            self._widget = None
