"""What is done to whole lesions: choice, class, order of the segments and plot afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.corrected_session import corrected_session, finding, half_of, mask_of, paint, settle
from support.made_analysis import made_study

from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import segment_ids, segment_labels
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, UNDECIDED

pytestmark = pytest.mark.viewer


@pytest.fixture
def session(scene: Scene, worker: Any) -> Any:
    return corrected_session(scene, worker, made_study())


def names(session: Any) -> list[str]:
    inner = session.results.segmentation.GetSegmentation()
    return [
        inner.GetSegment(segment_id).GetName() for segment_id in segment_ids(session.results.segmentation)
    ]


def unnamed(session: Any) -> list[str]:
    """Columns that a series names and its table lacks, of the chart and off it."""
    return [
        column
        for node in session.results.series
        for column in (node.GetXColumnName(), node.GetYColumnName())
        if node.GetTableNode().GetTable().GetColumnByName(column or "") is None
    ]


class Watched:
    """Looks at every series whenever chart, table or a series says that it changed, as a plot view does."""

    def __init__(self, session: Any) -> None:
        self.missing: list[str] = []
        results = session.results
        for node in (results.chart, results.table, *results.series):
            node.AddObserver("ModifiedEvent", lambda *_: self.missing.extend(unnamed(session)))


def revert_all(session: Any) -> None:
    session.correction.revert_all()


def delete_and_back(session: Any) -> None:
    session.correction.delete(2)
    settle(session)
    session.correction.revert(2)


def split(session: Any) -> None:
    session.correction.split(1)


def merge(session: Any) -> None:
    session.correction.merge((2, 1))


def add_and_paint(session: Any) -> None:
    label = session.correction.add_lesion()
    mask = mask_of(session, 1)
    mask[:] = False
    mask[3:6, 30:36, 40:46] = True
    paint(session, label, mask)


@pytest.mark.parametrize("action", [revert_all, delete_and_back, split, merge, add_and_paint])
@pytest.mark.parametrize("relative", [False, True])
def test_after_each_action_a_lesion_is_chosen_and_plotted_from_columns_that_are_there(
    session: Any, action: Callable[[Any], None], relative: bool
) -> None:
    session.select(2)
    session.show_relative(relative)
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    watched = Watched(session)
    action(session)
    settle(session)
    assert watched.missing == []
    assert session.selected in {lesion.label for lesion in session.findings.lesions}
    chart = session.results.chart
    assert chart.GetNumberOfPlotSeriesNodes() >= 4
    assert chart.GetNthPlotSeriesNode(0).GetYColumnName().startswith(f"Lesion {session.selected} measured")
    table = session.results.table
    known = {lesion.label for lesion in session.findings.lesions}
    columns = [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]
    assert {int(name.split()[1]) for name in columns if name.startswith("Lesion")} == known


@pytest.mark.parametrize("first", ["merge", "delete", "add", "split"])
def test_reverting_all_keeps_choice_order_classes_and_findings(session: Any, first: str) -> None:
    before, order = session.findings, names(session)
    session.select(2)
    if first == "merge":
        session.correction.merge((2, 1))
    elif first == "delete":
        session.correction.delete(1)
    elif first == "add":
        add_and_paint(session)
    else:
        session.correction.split(1)
    settle(session)
    session.correction.revert_all()
    settle(session)
    assert session.findings == before
    assert names(session) == order
    assert session.selected == 2
    assert session.correction.standing.unread == frozenset()


def test_a_merged_lesion_has_no_class_until_the_network_is_asked(session: Any) -> None:
    assert finding(session, 2).lesion_class == HEMANGIOMA
    volume = finding(session, 1).volume_ml + finding(session, 2).volume_ml
    session.correction.merge((2, 1))
    assert names(session) == ["2 Undecided"], "at once, before it is measured"
    settle(session)
    merged = finding(session, 2)
    assert merged.lesion_class == UNDECIDED
    assert "undecided:not_read" in merged.flags
    assert merged.predicted_curve is None
    assert merged.volume_ml == pytest.approx(volume, rel=1e-3)
    assert session.correction.standing.unread == {2}


def test_the_parts_of_a_split_lesion_have_no_class(session: Any) -> None:
    numbers = session.correction.split(1)
    settle(session)
    for number in numbers:
        assert finding(session, number).lesion_class == UNDECIDED
        assert finding(session, number).predicted_curve is None
    assert finding(session, 2).lesion_class == HEMANGIOMA


def test_masks_that_the_network_has_read_get_their_class_back(session: Any) -> None:
    """As Undo in the editor does: the masks of before, one by one."""
    before, one, two = session.findings, mask_of(session, 1), mask_of(session, 2)
    session.correction.merge((2, 1))
    settle(session)
    paint(session, 2, two)
    settle(session)
    assert finding(session, 2).lesion_class == HEMANGIOMA
    assert finding(session, 2).predicted_curve == before.lesions[1].predicted_curve
    session.correction.revert(1)
    settle(session)
    assert (mask_of(session, 1) == one).all()
    assert session.findings == before


def test_reverting_one_lesion_gives_back_its_class_beside_another_that_stays_corrected(session: Any) -> None:
    paint(session, 2, half_of(mask_of(session, 2)))
    session.correction.split(1)
    settle(session)
    session.correction.revert(1)
    settle(session)
    assert finding(session, 1).lesion_class == HCC
    assert 1 not in session.correction.standing.unread
    assert 2 in session.correction.standing.unread


@pytest.mark.parametrize(("deleted", "then"), [(1, 2), (2, 1)])
def test_when_the_chosen_lesion_goes_its_neighbour_is_chosen(session: Any, deleted: int, then: int) -> None:
    session.select(deleted)
    session.correction.delete(deleted)
    settle(session)
    assert session.selected == then


def test_a_lesion_that_is_merged_into_another_leaves_the_choice_to_it(session: Any) -> None:
    session.select(1)
    session.correction.merge((2, 1))
    settle(session)
    assert session.selected == 2


def test_an_added_lesion_waits_to_be_painted_until_it_is_or_goes(session: Any) -> None:
    label = session.correction.add_lesion()
    settle(session)
    assert session.correction.added == label
    session.correction.delete(label)
    settle(session)
    assert session.correction.added is None
    assert segment_labels(session.results.segmentation).keys() == {1, 2}
