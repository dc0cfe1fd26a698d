"""The unchanged MTINet.py on the desktop stand-in, over the real scene and the real worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.slicer_desktop import scene, slicer_desktop

from MTINetLib.phantom.case import PhantomCase, PhantomSettings, make_case
from MTINetLib.scene.scene import Scene
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA
from MTINetLib.study.phase import FOUR_PHASES

__all__ = ["scene", "slicer_desktop"]

MODULE = Path(__file__).resolve().parents[3] / "MTINet" / "MTINet.py"


@pytest.fixture
def module(slicer_desktop: Any) -> Any:
    """The C++ side of the module, loaded as Slicer's factory does; its ``python`` is the module class."""
    return slicer_desktop.load_module(MODULE)


@pytest.fixture
def widget(slicer_desktop: Any, module: Any) -> Any:
    """The module's widget, opened and shown."""
    widget = module.widgetRepresentation().self()
    widget.enter()
    return widget


@pytest.fixture(scope="session")
def case() -> PhantomCase:
    """A small study with two lesions and their true masks."""
    settings = PhantomSettings(
        slices=(14, 14), matrix=(64, 64), lesion_plan=((HCC, 45.0), (HEMANGIOMA, 38.0))
    )
    return make_case(3, 0, settings)


@dataclass(frozen=True)
class InScene:
    """The small study in the scene and chosen."""

    case: PhantomCase
    volumes: tuple[Any, Any, Any, Any]


@pytest.fixture
def add_study(scene: Scene, case: PhantomCase) -> Callable[[Any], InScene]:
    """A function that adds the study to the scene and chooses its phases in a logic."""

    def add(logic: Any) -> InScene:
        from MTINetLib.scene.volumes import add_phase_volumes
        from MTINetLib.session.choices import choose_volume

        volumes = add_phase_volumes(scene, case.study)
        for phase, node in zip(FOUR_PHASES, volumes, strict=True):
            choose_volume(logic.session.choices, phase, node)
        logic.session.choices.alignment = "off"
        return InScene(case, volumes)

    return add


@pytest.fixture(scope="session")
def small_model(model: Path) -> Path:
    """The folder of a small network with random weights."""
    return model


@pytest.fixture
def main(slicer_desktop: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A main window that is active, with a line to write in."""
    import qt
    from PySide6 import QtTest, QtWidgets

    slicer_desktop.open_window()
    main = qt.QWidget()
    main.setLayout(qt.QVBoxLayout())
    monkeypatch.setattr(slicer_desktop.slicer.util, "mainWindow", lambda verbose=True: main)
    main.show()
    main.activateWindow()
    QtTest.QTest.qWaitForWindowActive(main)
    assert QtWidgets.QApplication.activeWindow() is main
    yield main
    main.close()
