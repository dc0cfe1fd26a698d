"""What becomes of results when newer ones follow."""

from __future__ import annotations

from typing import Any

import pytest
from support.corrected_session import corrected_session, half_of, mask_of, paint, settle
from support.made_analysis import made_analysis, made_study
from support.slicer_scene import empty_scene

from MTINetLib.scene.results import find_results, findings_of, results_in_scene
from MTINetLib.scene.show_results import show_results_now
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.messages import Analyzed

pytestmark = pytest.mark.viewer


def follow(session: Any) -> None:
    """Newer results, as an analysis hands them over at its end."""
    analysis = made_analysis(made_study())
    before = session.results
    newer = show_results_now(analysis.findings, analysis.labels, before.volumes, before.reference)
    session._shown(newer, analysis.findings, Analyzed({}, "", ""))


def test_results_of_the_ai_are_replaced() -> None:
    empty_scene()
    session = corrected_session(WorkerClient(), made_study())
    follow(session)
    assert len(results_in_scene()) == 1
    session.close()


def test_what_a_person_has_corrected_is_kept_and_hidden() -> None:
    empty_scene()
    session = corrected_session(WorkerClient(), made_study())
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    corrected = session.results.segmentation
    volume_ml = session.findings.lesions[0].volume_ml
    follow(session)
    assert session.results.segmentation is not corrected
    assert "kept" in session.message.text
    assert not corrected.GetDisplayNode().GetVisibility()
    kept = find_results(corrected)
    assert kept is not None
    assert findings_of(kept).provenance.corrected_by_person
    assert findings_of(kept).lesions[0].volume_ml == pytest.approx(volume_ml)
    session.close()
