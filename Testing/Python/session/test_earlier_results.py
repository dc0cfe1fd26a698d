"""What becomes of results when newer ones follow."""

from __future__ import annotations

from typing import Any

import pytest
from support.corrected_session import corrected_session, half_of, mask_of, paint, settle
from support.made_analysis import made_analysis, made_study
from support.shown_results import results_in

from MTINetLib.scene.results import find_results, findings_of
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.show_results import show_results_now
from MTINetLib.session.analysis import Shown
from MTINetLib.session.events import Topic
from MTINetLib.session.state import State
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.requests import Analyzed

pytestmark = pytest.mark.viewer


def follow(scene: Scene, session: Any) -> None:
    """Newer results, as an analysis hands them over at its end."""
    analysis = made_analysis(made_study())
    before = session.results
    newer = show_results_now(scene, analysis.findings, analysis.labels, before.volumes, before.reference)
    session.begin(State.ANALYZING, session.take_over(Shown(newer, analysis.findings, Analyzed({}, "", ""))))
    settle(session)


def test_newer_results_are_taken_over_in_steps_between_which_slicer_lives(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from MTINetLib.session import task

    session = corrected_session(scene, WorkerClient(), made_study())
    monkeypatch.setattr(task, "_SPENT_S", 0.0)  # one step a poll
    polls, told = 0, {}
    analysis = made_analysis(made_study())
    before = session.results
    newer = show_results_now(scene, analysis.findings, analysis.labels, before.volumes, before.reference)
    session.begin(State.ANALYZING, session.take_over(Shown(newer, analysis.findings, Analyzed({}, "", ""))))
    for topic in (Topic.FINDINGS, Topic.SELECTION, Topic.STATE):
        session.events.subscribe(topic, lambda topic=topic: told.setdefault(topic, polls))
    while session.state is State.ANALYZING:
        polls += 1
        session.poll()
    assert told[Topic.FINDINGS] < told[Topic.SELECTION] < told[Topic.STATE]
    session.close()


def test_a_scene_that_closes_between_these_steps_ends_them(scene: Scene) -> None:
    session = corrected_session(scene, WorkerClient(), made_study())
    analysis = made_analysis(made_study())
    before = session.results
    newer = show_results_now(scene, analysis.findings, analysis.labels, before.volumes, before.reference)
    session.begin(State.ANALYZING, session.take_over(Shown(newer, analysis.findings, Analyzed({}, "", ""))))
    session.scene_closing()
    session.poll()
    assert session.results is None
    assert session.state is State.IDLE
    session.close()


def test_results_of_the_ai_are_replaced(scene: Scene) -> None:
    session = corrected_session(scene, WorkerClient(), made_study())
    follow(scene, session)
    assert len(results_in(scene)) == 1
    session.close()


def test_what_a_person_has_corrected_is_kept_and_hidden(scene: Scene) -> None:
    session = corrected_session(scene, WorkerClient(), made_study())
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    corrected = session.results.segmentation
    volume_ml = session.findings.lesions[0].volume_ml
    follow(scene, session)
    assert session.results.segmentation is not corrected
    assert "kept" in session.message.text
    assert not corrected.GetDisplayNode().GetVisibility()
    kept = find_results(scene, corrected)
    assert kept is not None
    assert findings_of(kept).provenance.corrected_by_person
    assert findings_of(kept).lesions[0].volume_ml == pytest.approx(volume_ml)
    session.close()
