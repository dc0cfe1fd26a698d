"""Work is written whole, and two readers never lose each other's."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from support.worklist import true_lesions

from MTINetLib import write_whole
from MTINetLib.errors import InputError, MissingResourceError, MTINetError
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.worklist.change import Change, Lesions, change, keep
from MTINetLib.worklist.entry import Entry, Scores, Status
from MTINetLib.worklist.folder import WorkList, open_list

CLASSES = {1: "hcc", 2: "hemangioma"}
DONE = Change(status=Status.DONE, classes=CLASSES, lesions=true_lesions())


def test_an_entry_comes_back_from_its_file_as_it_was() -> None:
    entry = Entry(
        "0123456789",
        "0123456789-0002-00aa",
        ("0123456789-0001-00bb",),
        Status.DRAFTED,
        who="Ärztin",
        classes={1: "hcc", 10: "undecided"},
        scores=Scores(0.5, None, 1.0),
        told={"pre": "#1"},
    )
    assert Entry.from_json(entry.to_json()) == entry


def test_what_was_done_is_there_with_who_and_when_after_the_list_is_opened_again(listed: WorkList) -> None:
    record = listed.records()[0]
    change(listed, record, DONE, "anna")
    entry = open_list(listed.folder).record(record.study).entry
    assert (entry.status, entry.who, dict(entry.classes)) == (Status.DONE, "anna", CLASSES)
    assert entry.when.startswith("20")
    np.testing.assert_array_equal(read_label_map(listed.labels_of(entry)).array, true_lesions().labels)


def test_two_readers_of_one_study_lose_nothing_and_are_told(listed: WorkList) -> None:
    seen = listed.records()[0]
    other = open_list(listed.folder)
    change(other, other.record(seen.study), DONE, "anna")
    after = change(listed, seen, Change(status=Status.SET_ASIDE, reason="motion"), "ben")
    assert {head.who for head in after.heads} == {"anna", "ben"}
    anna = next(head for head in after.heads if head.who == "anna")
    assert other.labels_of(anna).is_file()
    with pytest.raises(InputError, match="versions of several readers"):
        change(listed, after, DONE, "ben")


def test_a_conflict_is_settled_by_the_version_that_somebody_chooses(listed: WorkList) -> None:
    seen = listed.records()[0]
    change(listed, seen, DONE, "anna")
    both = change(listed, seen, Change(status=Status.SET_ASIDE, reason="motion"), "ben")
    with pytest.raises(InputError, match="no one version 'carl': choose one of"):
        keep(listed, both, "carl", "anna")
    settled = keep(listed, both, "anna", "anna")
    assert settled.rivals == ()
    assert settled.entry.status is Status.DONE
    assert set(settled.entry.parents) == {head.version for head in both.heads}
    with pytest.raises(InputError, match="nothing to choose"):
        keep(listed, settled, "anna", "anna")


def test_readers_of_different_studies_do_not_meet(listed: WorkList) -> None:
    one, two = listed.records()[:2]
    other = open_list(listed.folder)
    change(listed, one, DONE, "anna")
    assert change(other, two, DONE, "ben").rivals == ()
    assert [record.entry.who for record in listed.records()[:2]] == ["anna", "ben"]


def test_a_version_cut_short_by_a_crash_costs_only_itself(listed: WorkList) -> None:
    record = change(listed, listed.records()[0], DONE, "anna")
    half = record.entry.to_json()[:40]
    (listed.folder / "entries" / f"{record.study}-0002-00000000.json").write_text(half)
    again = open_list(listed.folder).record(record.study)
    assert (again.entry.version, again.unreadable) == (record.entry.version, 1)


def test_a_full_disk_in_the_midst_of_saving_leaves_the_list_as_it_was(
    listed: WorkList, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = change(listed, listed.records()[0], DONE, "anna")
    before = sorted(path for path in listed.folder.rglob("*") if path.parent.name == "entries")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write_whole.Path, "replace", full)
    with pytest.raises(MissingResourceError, match="The disk is full"):
        change(listed, record, Change(status=Status.TO_DO), "ben")
    monkeypatch.undo()
    assert sorted(path for path in listed.folder.rglob("*") if path.parent.name == "entries") == before
    assert listed.record(record.study).entry == record.entry


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "is damaged"), (json.dumps({"format": 2, "secret": "00", "sources": []}), "later version")],
)
def test_a_damaged_or_newer_list_is_refused(listed: WorkList, text: str, said: str) -> None:
    (listed.folder / "worklist.json").write_text(text)
    with pytest.raises(InputError, match=said):
        open_list(listed.folder)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Change(status=Status.DONE), "Nobody has outlined the lesions"),
        (Change(status=Status.DONE, lesions=true_lesions()), "Say what these lesions .* 1, 2"),
        (Change(status=Status.SET_ASIDE, reason=" "), "Say why the study"),
        (Change(lesions=true_lesions(), classes={3: "hcc"}), "has no lesion 3; its lesions: 1, 2"),
        (Change(class_of_all="hcc"), "has no lesions that could be given a class"),
        (Change(lesions=true_lesions(), class_of_all="undecided"), "is no class of a lesion"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_nothing_is_written(
    listed: WorkList, wanted: Change, said: str
) -> None:
    record = listed.records()[0]
    with pytest.raises(InputError, match=said):
        change(listed, record, wanted, "anna")
    assert listed.record(record.study).entry.version == ""


def test_an_empty_mask_says_that_there_is_no_lesion(listed: WorkList) -> None:
    lesions = true_lesions()
    empty = Lesions(np.zeros_like(lesions.labels), lesions.grid)
    entry = change(listed, listed.records()[0], Change(status=Status.DONE, lesions=empty), "anna").entry
    assert entry.no_lesions
    assert not entry.classes


def test_a_study_is_named_by_the_beginning_of_its_name(listed: WorkList) -> None:
    names = [record.study for record in listed.records()]
    assert listed.record(names[2][:9]).study == names[2]
    for wrong in ("", "zz"):
        with pytest.raises(InputError, match="no study"):
            listed.record(wrong)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EPERM, "may not be written to|cannot be written"),
        (errno.EOPNOTSUPP, "cannot be written"),  # a share that moves no files
    ],
)
@pytest.mark.parametrize("folder", ["masks", "entries"])
def test_a_fault_in_the_middle_of_saving_leaves_the_list_as_it_was(
    listed: WorkList, monkeypatch: pytest.MonkeyPatch, folder: str, fault: int, said: str
) -> None:
    before = listed.records()[0]
    files = sorted(listed.folder.rglob("*"))
    move = Path.replace

    def moved(self: Path, target: Path) -> Path:
        if Path(target).parent.name == folder:
            raise OSError(fault, os.strerror(fault))
        return move(self, target)

    wanted = Change(status=Status.DONE, classes={1: "hcc", 2: "hcc"}, lesions=true_lesions())
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", moved)
        with pytest.raises(MTINetError, match=said):
            change(listed, before, wanted, "anna")
    assert sorted(listed.folder.rglob("*")) == files
    assert open_list(listed.folder).record(before.study) == before
    assert change(listed, before, wanted, "anna").entry.status is Status.DONE
