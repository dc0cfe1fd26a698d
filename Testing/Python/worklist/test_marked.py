"""What readers said of results becomes a draft in the list."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.marked import BESIDE, mark, missed, write_marks, write_results
from support.small_models import known_model
from support.worklist import GRID

from MTINetLib.errors import InputError
from MTINetLib.findings import from_json
from MTINetLib.marks.mark import Reading
from MTINetLib.marks.marked_results import MarkedResults
from MTINetLib.marks.read_marks import read_marks
from MTINetLib.presentation.marks_words import mark_words
from MTINetLib.presentation.statements import sentence
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.worklist.change import Change, Lesions, change
from MTINetLib.worklist.draft import to_draft
from MTINetLib.worklist.entry import Entry, Status
from MTINetLib.worklist.folder import Record, WorkList, open_list
from MTINetLib.worklist.marked import propose
from MTINetLib.worklist.order import Order, in_order


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> MarkedResults:
    return MarkedResults(write_results(tmp_path_factory.mktemp("out") / "s1"))


@pytest.fixture(scope="module")
def unsure(tmp_path_factory: pytest.TempPathFactory) -> MarkedResults:
    return MarkedResults(write_results(tmp_path_factory.mktemp("out") / "s1", ("undecided",)))


def said(results: MarkedResults, tmp_path: Path, *rows: dict[str, object]) -> tuple[Reading, ...]:
    return read_marks([write_marks(tmp_path / "marks.csv", rows)], results)


def proposed(
    listed: WorkList, results: MarkedResults, tmp_path: Path, *rows: dict[str, object], number: int = 0
) -> Record:
    record = listed.records()[number]
    return propose(listed, record, results.study("s1"), said(results, tmp_path, *rows))


def outlined(listed: WorkList, entry: Entry) -> set[int]:
    return set(np.unique(read_label_map(listed.labels_of(entry)).array).astype(int)) - {0}


def test_what_is_right_is_drafted_with_the_readers_classes(
    listed: WorkList, results: MarkedResults, tmp_path: Path
) -> None:
    rows = (mark("s1", 1, "right"), mark("s1", 2, "right", **{"class": "cyst"}), mark("s1", "", "right"))
    entry = proposed(listed, results, tmp_path, *rows).entry
    assert (entry.status, entry.who, dict(entry.classes)) == (
        Status.DRAFTED,
        "Anna",
        {1: "hcc", 2: "cyst"},
    )
    assert outlined(listed, entry) == {1, 2}
    assert len(from_json(listed.findings_of(entry).read_text(encoding="utf-8")).lesions) == 2
    kept = open_list(listed.folder).record(entry.study).entry
    assert kept == entry
    assert [mark_words(one) for one in kept.marks] == [
        "lesion 1 is right: HCC",
        "lesion 2 is right: cyst",
        "looked through",
    ]


def test_what_is_wrong_goes_and_its_place_stays(
    listed: WorkList, results: MarkedResults, tmp_path: Path
) -> None:
    entry = proposed(listed, results, tmp_path, mark("s1", 1, "wrong", comment="vessel")).entry
    assert dict(entry.classes) == {2: "hemangioma"}
    assert outlined(listed, entry) == {2}
    assert entry.findings == ""
    centre = results.study("s1").findings.lesions[0].centroid_lps_mm
    assert entry.marks[0].position_lps_mm == pytest.approx(centre)
    assert mark_words(entry.marks[0]) == "lesion 1 is wrong: vessel"


def test_what_readers_contradict_each_other_on_stays_without_a_class(
    listed: WorkList, results: MarkedResults, tmp_path: Path
) -> None:
    rows = (
        mark("s1", 1, "right"),
        mark("s1", 1, "wrong", "Ben"),
        mark("s1", 2, "right"),
        mark("s1", 2, "right", "Ben", **{"class": "hemangioma"}),
    )
    record = proposed(listed, results, tmp_path, *rows)
    assert dict(record.entry.classes) == {1: "undecided", 2: "hemangioma"}
    assert outlined(listed, record.entry) == {1, 2}
    (row,) = in_order([record], Order.INFORMATIVE)
    assert sentence(row.why) == "marked by Anna, Ben: 0 missed, 0 wrong, 1 in dispute"
    with pytest.raises(InputError, match="Say what these lesions"):
        change(listed, record, Change(status=Status.DONE), "Anna")


def test_where_the_model_is_undecided_the_one_reader_with_a_class_is_believed(
    listed: WorkList, unsure: MarkedResults, tmp_path: Path
) -> None:
    rows = (mark("s1", 1, "right"), mark("s1", 1, "right", "Ben", **{"class": "hcc"}))
    assert dict(proposed(listed, unsure, tmp_path, *rows).entry.classes) == {1: "hcc"}
    alone = proposed(listed, unsure, tmp_path, rows[0], number=1)
    assert dict(alone.entry.classes) == {1: "undecided"}


def test_a_missed_lesion_is_told_with_its_place(
    listed: WorkList, results: MarkedResults, tmp_path: Path
) -> None:
    entry = proposed(listed, results, tmp_path, missed("s1", **{"class": "hcc"}, comment="dark")).entry
    assert entry.marks[0].position_lps_mm == pytest.approx(BESIDE)
    words = mark_words(entry.marks[0])
    assert words.startswith("missed: HCC, ")
    assert words.endswith(" mm: dark")
    assert not entry.no_lesions


def test_a_study_of_which_nothing_is_left_is_proposed_as_one_without_lesions(
    listed: WorkList, results: MarkedResults, tmp_path: Path
) -> None:
    wrong = (mark("s1", 1, "wrong"), mark("s1", 2, "wrong"))
    assert not proposed(listed, results, tmp_path, *wrong).entry.no_lesions
    ended = (*wrong, mark("s1", "", "right"))
    assert proposed(listed, results, tmp_path, *ended, number=1).entry.no_lesions
    with_one = (*ended, missed("s1"))
    assert not proposed(listed, results, tmp_path, *with_one, number=2).entry.no_lesions


def test_what_is_at_fault_comes_first_and_what_was_found_right_last(
    listed: WorkList, results: MarkedResults, tmp_path: Path
) -> None:
    ended = mark("s1", "", "right")
    right = proposed(listed, results, tmp_path, ended, number=0).study
    one = proposed(listed, results, tmp_path, mark("s1", 1, "wrong"), ended, number=1).study
    two = proposed(listed, results, tmp_path, missed("s1"), mark("s1", 1, "wrong"), number=2).study
    rows = in_order(listed.records(), Order.INFORMATIVE)
    assert [row.record.study for row in rows][:2] == [two, one]
    assert rows[-1].record.study == right
    told = [sentence(row.why) for row in rows]
    assert told == [
        "marked by Anna: 1 missed, 1 wrong, 0 in dispute",
        "marked by Anna: 0 missed, 1 wrong, 0 in dispute",
        "no model has seen it yet",
        "Anna looked through it and found nothing wrong",
    ]


def test_the_same_marks_again_change_nothing_and_others_come_beside_them(
    listed: WorkList, results: MarkedResults, tmp_path: Path
) -> None:
    first = proposed(listed, results, tmp_path, mark("s1", 1, "right"))
    again = proposed(listed, results, tmp_path, mark("s1", 1, "right"))
    assert again.entry.version == first.entry.version
    both = proposed(listed, results, tmp_path, mark("s1", 1, "wrong", "Ben"))
    assert [one.reader for one in both.entry.marks] == ["Anna", "Ben"]
    other = proposed(listed, results, tmp_path, mark("s1", 1, "wrong"))
    assert [(one.reader, one.word) for one in other.entry.marks] == [("Ben", "wrong"), ("Anna", "wrong")]
    assert outlined(listed, other.entry) == {2}


def test_marks_on_what_a_person_has_done_are_shown_and_change_nothing_else(
    listed: WorkList, results: MarkedResults, tmp_path: Path
) -> None:
    record = proposed(listed, results, tmp_path, mark("s1", 1, "right"))
    done = change(listed, record, Change(status=Status.DONE), "Carla")
    late = proposed(listed, results, tmp_path, mark("s1", 1, "wrong", "Ben")).entry
    assert (late.status, late.who, late.labels) == (Status.DONE, "Carla", done.entry.labels)
    assert [one.reader for one in late.marks] == ["Anna", "Ben"]


def test_a_study_done_without_what_was_missed_says_so(
    listed: WorkList, results: MarkedResults, tmp_path: Path
) -> None:
    record = proposed(listed, results, tmp_path, missed("s1"))
    done = change(listed, record, Change(status=Status.DONE), "Anna")
    (row,) = in_order([done], Order.INFORMATIVE)
    assert sentence(row.why) == "done, but nothing is outlined where readers marked 1 missed lesions"
    labels = read_label_map(listed.labels_of(done.entry)).array.astype(np.uint8)
    labels[4, 20, 31] = 3
    drawn = Change(status=Status.DONE, classes={3: "hcc"}, lesions=Lesions(labels, GRID), class_of_all="cyst")
    met = change(listed, done, drawn, "Anna")
    assert met.entry.unmet == 0
    assert change(listed, met, Change(status=Status.DONE, no_lesions=True), "Anna").entry.unmet == 1


def test_a_marked_draft_is_not_drafted_anew_and_its_marks_outlive_other_phases(
    listed: WorkList, results: MarkedResults, tmp_path: Path
) -> None:
    record = proposed(listed, results, tmp_path, missed("s1"))
    assert to_draft([record], known_model().info.sha256, again=True) == []
    anew = change(listed, record, Change(told={"arterial": "#2"}), "Anna")
    assert (anew.entry.status, anew.entry.labels) == (Status.TO_DO, "")
    assert anew.entry.marks == record.entry.marks
    assert to_draft([anew], known_model().info.sha256) == [anew]


def test_results_without_a_label_map_say_what_to_write(listed: WorkList, tmp_path: Path) -> None:
    bare = MarkedResults(write_results(tmp_path / "s1"))
    (tmp_path / "s1" / "lesions.nii.gz").unlink()
    with pytest.raises(InputError, match=r"there is no lesions.nii.gz"):
        proposed(listed, bare, tmp_path, mark("s1", 1, "right"))
    clean = MarkedResults(write_results(tmp_path / "clean" / "s1", ()))
    (tmp_path / "clean" / "s1" / "lesions.nii.gz").unlink()
    assert proposed(listed, clean, tmp_path, mark("s1", "", "right")).entry.no_lesions
