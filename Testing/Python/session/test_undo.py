"""Undo and redo of Slicer's segment editor, which gives back whole states of the segmentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.corrected_session import corrected_session, finding, half_of, mask_of, paint, settle
from support.made_analysis import made_study

from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import segment_ids, segment_labels
from MTINetLib.study.lesion_class import UNDECIDED

pytestmark = pytest.mark.viewer


@pytest.fixture
def session(scene: Scene, worker: Any) -> Any:
    return corrected_session(scene, worker, made_study())


@pytest.fixture
def history(session: Any) -> Any:
    """The editor's own, which saves a state before each action of ours."""
    import slicer

    history = slicer.vtkSegmentationHistory()
    history.SetSegmentation(session.results.segmentation.GetSegmentation())
    session.correction.before_action = history.SaveState
    yield history
    history.SetSegmentation(None)


def erase(session: Any) -> None:
    session.correction.before_action()
    paint(session, 2, np.zeros_like(mask_of(session, 2)))


def halve(session: Any) -> None:
    session.correction.before_action()
    paint(session, 2, half_of(mask_of(session, 2)))


ACTIONS: dict[str, Callable[[Any], Any]] = {
    "delete": lambda session: session.correction.delete(1),
    "merge": lambda session: session.correction.merge((2, 1)),
    "split": lambda session: session.correction.split(1),
    "add": lambda session: session.correction.add_lesion(),
    "erase": erase,
    "halve": halve,
}


@pytest.mark.parametrize("action", list(ACTIONS))
def test_undo_gives_back_masks_classes_curves_and_order_and_a_lesion_stays_chosen(
    session: Any, history: Any, action: str
) -> None:
    session.select(2)
    before, order = session.findings, segment_ids(session.results.segmentation)
    masks = {label: mask_of(session, label) for label in (1, 2)}
    ACTIONS[action](session)
    settle(session)
    assert history.RestorePreviousState()
    settle(session)
    assert segment_labels(session.results.segmentation).keys() == {1, 2}
    assert segment_ids(session.results.segmentation) == order
    for label, mask in masks.items():
        assert (mask_of(session, label) == mask).all()
        assert finding(session, label).lesion_class == before.lesions[label - 1].lesion_class
        assert finding(session, label).predicted_curve == before.lesions[label - 1].predicted_curve
    assert session.correction.standing.unread == frozenset()
    assert not session.correction.standing.corrected
    assert session.selected == 2
    measured = session.results.chart.GetNthPlotSeriesNode(0)
    assert measured.GetYColumnName() == "Lesion 2 measured"


@pytest.mark.parametrize("action", ["merge", "delete", "halve"])
def test_redo_takes_the_class_away_again_where_nobody_gave_one(
    session: Any, history: Any, action: str
) -> None:
    ACTIONS[action](session)
    settle(session)
    after = session.findings
    assert history.RestorePreviousState()
    settle(session)
    assert history.RestoreNextState()
    settle(session)
    assert [lesion.label for lesion in session.findings.lesions] == [one.label for one in after.lesions]
    assert [lesion.volume_ml for lesion in session.findings.lesions] == pytest.approx(
        [one.volume_ml for one in after.lesions]
    )
    if action == "merge":
        assert finding(session, 2).lesion_class == UNDECIDED
        assert finding(session, 2).predicted_curve is None
        assert 2 in session.correction.standing.unread
