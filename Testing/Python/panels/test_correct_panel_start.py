"""The Correct section's way to begin with a segmentation of the scene."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_study
from support.open_panel import panels_of
from support.shown_results import paint_segment

from MTINetLib.scene.scene import Scene
from MTINetLib.study.phase import FOUR_PHASES

pytestmark = pytest.mark.viewer


@pytest.fixture
def session(scene: Scene, slicer_desktop: Any) -> Any:
    from MTINetLib.scene.volumes import add_phase_volumes
    from MTINetLib.session.choices import Choices, choose_volume
    from MTINetLib.session.session import Session

    choices = Choices(alignment="off")
    for phase, node in zip(FOUR_PHASES, add_phase_volumes(scene, made_study()), strict=True):
        choose_volume(choices, phase, node)
    session = Session(scene, choices)
    session.started = []
    session.start_from = session.started.append
    return session


@pytest.fixture
def panel(session: Any) -> Iterator[Any]:
    from MTINetLib.panels.correct_panel import CorrectPanel

    with panels_of(CorrectPanel) as make:
        yield make(session)


def add_segmentation(session: Any) -> Any:
    node = session.scene.mrml.AddNewNodeByClass("vtkMRMLSegmentationNode", "SEG of another day")
    segment = node.GetSegmentation().AddEmptySegment("", "2 HCC")
    mask = np.zeros(made_study().grid.shape, np.uint8)
    mask[2:4, 10:18, 10:18] = 1
    paint_segment(node, segment, mask > 0, session.choices.phases.pre)
    return node


def test_a_segmentation_that_is_chosen_can_be_the_start(panel: Any, session: Any) -> None:
    assert not panel.ui.masksButton.enabled
    node = add_segmentation(session)
    panel.ui.masksSelector.setCurrentNode(node)
    assert panel.ui.masksButton.enabled
    panel.ui.masksButton.click()
    assert session.started == [node]


def test_without_the_phases_the_button_says_what_is_missing(panel: Any, session: Any) -> None:
    from MTINetLib.session.events import Topic

    panel.ui.masksSelector.setCurrentNode(add_segmentation(session))
    session.choices.phases.delayed = None
    session.events.tell(Topic.PHASES)
    assert not panel.ui.masksButton.enabled
    assert "Study" in panel.ui.masksButton.toolTip


def test_what_nninteractive_has_drawn_is_taken_over_in_one_click(panel: Any, session: Any) -> None:
    """It draws into "Segmentation", and keeps scribbles in a segmentation of their own beside it."""
    drawn = add_segmentation(session)
    drawn.SetName("Segmentation")
    scribbles = add_segmentation(session)
    scribbles.SetName("ScribbleSegmentNode (do not touch)")
    empty = session.scene.mrml.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation_1")
    empty.GetSegmentation().AddEmptySegment("", "Segment_1")
    liver = add_segmentation(session)
    session.choices.liver = liver
    ours = add_segmentation(session)
    ours.SetAttribute("MTINet.Findings", "{}")
    panel.exit()
    panel.enter()
    assert panel.ui.masksSelector.currentNode() is drawn
    panel.ui.masksButton.click()
    assert session.started == [drawn]


def test_a_segmentation_that_was_chosen_stays_chosen(panel: Any, session: Any) -> None:
    chosen = add_segmentation(session)
    panel.ui.masksSelector.setCurrentNode(chosen)
    add_segmentation(session)
    panel.exit()
    panel.enter()
    assert panel.ui.masksSelector.currentNode() is chosen
