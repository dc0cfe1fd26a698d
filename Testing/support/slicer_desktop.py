"""The fixture of tests that need Slicer's desktop: ``from support.slicer_desktop import slicer_desktop``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


def _qt_or_skip() -> None:
    pytest.importorskip("PySide6", reason="PySide6-Essentials is not installed: pip install 'MTINetLib[dev]'")
    try:
        from PySide6 import QtWidgets  # noqa: F401
    except ImportError as error:
        pytest.skip(f"Qt lacks a library of the system ({error}): run scripts/setup test")


@pytest.fixture
def scene(slicer_desktop: Any) -> Any:
    """The desktop's scene."""
    from MTINetLib.scene.slicer_core import application_scene

    return application_scene()


@pytest.fixture
def slicer_desktop() -> Iterator[Any]:
    """A desktop with an empty scene. The test fails when a slot, timer or observer raised, or when an error
    or a warning popped up that the test did not expect (``slicer_desktop.popups.expect(text)``)."""
    _qt_or_skip()
    pytest.importorskip("slicer", reason="slicer-core is not installed: pip install 'MTINetLib[viewer]'")
    from support.qt_stand_in import install

    desktop = install()
    desktop.reset()
    yield desktop
    errors, popups = list(desktop.errors), desktop.unexpected_popups()
    desktop.reset()
    assert not errors, "an exception reached Qt:\n" + "\n".join(errors)
    assert not popups, f"popups that the test did not expect: {popups}"
