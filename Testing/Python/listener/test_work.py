"""A study is analyzed once it is complete, again when more of it comes, and never lost."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from support.dicom_node import (
    CountingAnalysis,
    dcmsend,
    node_at,
    receiving,
    write_study,
)
from support.orthanc import free_port

from MTINetLib.cohort.cohort_study import CohortStudy
from MTINetLib.cohort.work import Outcome
from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.listener.folder import NodeFolder, StudyFolder
from MTINetLib.listener.peers import Peer
from MTINetLib.listener.work import Completeness, is_due


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_study(tmp_path_factory.mktemp("study"), 1)


def test_a_study_waits_until_it_has_been_quiet(tmp_path: Path, study: list[Path]) -> None:
    analysis = CountingAnalysis()
    node = node_at(tmp_path / "node", analysis, quiet_s=500)
    with receiving(node) as port:
        dcmsend(port, study[:4])
        node.work_once()
        assert analysis.seen == []
        (only,) = NodeFolder(tmp_path / "node").studies()
        os.utime(only.images, times=(time.time() - 501,) * 2)
        node.work_once()
        node.work_once()
    assert analysis.seen == [4]
    assert only.is_settled()


def test_the_expected_number_needs_no_quiet(tmp_path: Path, study: list[Path]) -> None:
    analysis = CountingAnalysis()
    node = node_at(tmp_path / "node", analysis, quiet_s=500, expected=3)
    with receiving(node) as port:
        dcmsend(port, study[:2])
        node.work_once()
        assert analysis.seen == []
        dcmsend(port, study[2:3])
        node.work_once()
    assert analysis.seen == [3]


def test_images_that_come_later_make_it_due_again(tmp_path: Path, study: list[Path]) -> None:
    analysis = CountingAnalysis()
    node = node_at(tmp_path / "node", analysis)
    with receiving(node) as port:
        for files in (study[:2], study[2:5]):
            dcmsend(port, files)
            node.work_once()
            node.work_once()
    assert analysis.seen == [2, 5]


def test_a_study_that_cannot_be_used_says_why_and_holds_up_no_other(
    tmp_path: Path, study: list[Path]
) -> None:
    other = write_study(tmp_path / "other", 2)
    analysis = CountingAnalysis()
    node = node_at(tmp_path / "node", analysis)
    with receiving(node) as port:
        dcmsend(port, [study[0], *other[:2]])
        node.work_once()
        node.work_once()
    assert sorted(analysis.seen) == [1, 2]
    problems = [one.state().problem for one in NodeFolder(tmp_path / "node").studies()]
    assert sorted(problems) == ["", "There is one image: a study of four phases is needed."]


def test_a_killed_node_goes_on_where_it_was(tmp_path: Path, study: list[Path]) -> None:
    with receiving(node_at(tmp_path / "node")) as port:
        dcmsend(port, study[:3])
    analysis = CountingAnalysis()
    node_at(tmp_path / "node", analysis).work_once()
    assert analysis.seen == [3]
    node_at(tmp_path / "node", analysis).work_once()
    assert analysis.seen == [3], "what is done is not done again"


def test_a_study_is_done_when_what_stops_every_study_is_over(tmp_path: Path, study: list[Path]) -> None:
    seen: list[int] = []

    def full_at_first(one: CohortStudy) -> Outcome:
        seen.append(one.count)
        if len(seen) == 1:
            raise MissingResourceError("The disk is full.")
        return Outcome()

    node = node_at(tmp_path / "node", full_at_first)
    with receiving(node) as port:
        dcmsend(port, study[:2])
        node.work_once()
        (only,) = NodeFolder(tmp_path / "node").studies()
        assert (only.state().problem, only.is_settled()) == ("", False)
        node.work_once()
        assert seen == [2], "not before the pause is over"
        node_at(tmp_path / "node", full_at_first).work_once()
    assert (seen, only.is_settled()) == ([2, 2], True)


def test_a_study_that_is_finished_is_not_looked_at_until_more_comes(
    tmp_path: Path, study: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    count = StudyFolder.count

    def noted(one: StudyFolder) -> int:
        looked.append(one.name)
        return count(one)

    monkeypatch.setattr(StudyFolder, "count", noted)
    analysis = CountingAnalysis()
    node = node_at(tmp_path / "node", analysis)
    with receiving(node) as port:
        dcmsend(port, study[:2])
        node.work_once()
        looked.clear()
        node.work_once()
        assert looked == []
        dcmsend(port, study[2:3])
        node.work_once()
    assert analysis.seen == [2, 3]


def test_results_that_do_not_arrive_are_sent_again(tmp_path: Path, study: list[Path]) -> None:
    away = Peer("PACS", "127.0.0.1", free_port())
    node = node_at(tmp_path / "node", archive=away)
    with receiving(node) as port:
        dcmsend(port, study[:2])
        node.work_once()
    (only,) = NodeFolder(tmp_path / "node").studies()
    assert only.state().delivered, "there are no DICOM objects among these results"
    (only.results / "dicom").mkdir(parents=True)
    (only.results / "dicom" / "report.dcm").write_bytes(study[0].read_bytes())
    only.change(delivered=False)
    node = node_at(tmp_path / "node", archive=away)
    node.work_once()
    state = only.state()
    assert (state.delivered, state.tries) == (False, 1)
    node.work_once()
    assert only.state().tries == 1, "not before the pause is over"


def test_a_damaged_state_makes_the_study_due_again(tmp_path: Path, study: list[Path]) -> None:
    node = node_at(tmp_path / "node")
    with receiving(node) as port:
        dcmsend(port, study[:2])
        node.work_once()
    (only,) = NodeFolder(tmp_path / "node").studies()
    (only.images / "state.json").write_text("{")
    assert is_due(only, Completeness(0.0))


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("hello")
    with pytest.raises(InputError, match="holds something else"):
        NodeFolder(tmp_path)
    for told, said in (({"format": 2}, "damaged"), ({"format": 1, "key": "00"}, "of another version")):
        (tmp_path / "node.json").write_text(json.dumps(told))
        with pytest.raises(InputError, match=said):
            NodeFolder(tmp_path)
