"""The button that opens results which lie in a folder."""

from __future__ import annotations

from typing import Any

import pytest
from support.fake_session import FakeSession, proposal

from MTINetLib.session.state import State


@pytest.fixture
def session() -> FakeSession:
    return FakeSession(sees=proposal({}))


@pytest.fixture
def panel(slicer_desktop: Any, session: FakeSession) -> Any:
    import qt

    from MTINetLib.panels.study_panel import StudyPanel

    host = qt.QWidget()
    qt.QVBoxLayout(host)
    made = StudyPanel(session, host)
    yield made
    made.close()
    host.deleteLater()


@pytest.fixture
def chosen(slicer_desktop: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the user chooses in the next dialogs."""
    import qt

    answers: list[str] = []
    monkeypatch.setattr(qt.QFileDialog, "getExistingDirectory", lambda *_: answers.pop(0))
    return answers


def test_it_asks_for_a_folder_of_results_and_then_where_moved_images_are(
    panel: Any, session: FakeSession, chosen: list[str]
) -> None:
    button = panel.ui.resultsButton
    chosen += ["/results", "/moved here"]
    button.click()
    session.results_folder.without_images = "/results"
    session.now(State.IDLE)
    assert button.text == "Choose images…"
    button.click()
    assert session.results_folder.asked == [("/results",), ("/results", "/moved here")]
    assert button.text == "Open results…"


def test_a_dialog_that_is_closed_opens_nothing(panel: Any, session: FakeSession, chosen: list[str]) -> None:
    chosen += ["", ""]
    panel.ui.resultsButton.click()
    session.results_folder.without_images = "/results"
    panel.ui.resultsButton.click()
    assert session.results_folder.asked == []
    assert session.results_folder.without_images == ""


def test_it_waits_for_what_runs(panel: Any, session: FakeSession) -> None:
    session.now(State.ANALYZING)
    assert not panel.ui.resultsButton.enabled
