"""Which study comes next, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from MTINetLib.presentation.statements import sentence
from MTINetLib.reading.studies_below import StudyKind
from MTINetLib.worklist.entry import Entry, Scores, Status
from MTINetLib.worklist.folder import Record
from MTINetLib.worklist.order import Order, in_order
from MTINetLib.worklist.place import Place

PLACE = Place(StudyKind.DICOM, 0, ".", ("a",), "patient_1")


def record(name: str, scores: Scores | None = None, **known: object) -> Record:
    status = Status.TO_DO if scores is None else Status.DRAFTED
    entry = Entry(name, f"{name}-0001-00", status=status, scores=scores or Scores())
    return Record(name, PLACE, replace(entry, **known))  # type: ignore[arg-type]


SURE = record("aa", Scores(0.02, 0.98, 3.0, 0.1, 0.2, 0.05))
SPLIT = record("bb", Scores(0.9, 0.04, 2.0, 0.2, 0.3, 0.06))
UNSURE = record("cc", Scores(0.1, 0.9, 2.0, 0.95, 0.99, 0.07))
STRANGE = record("dd", Scores(0.0, 1.0, 0.0, 0.0, 0.0, 0.9))
UNSEEN = record("ee")
DONE = record("ff", status=Status.DONE)
ASIDE = record("gg", status=Status.SET_ASIDE, reason="no delayed phase")
SHUT = record("hh", problem="its phases cannot be told apart.")
ALL = (SURE, DONE, UNSEEN, SHUT, SPLIT, UNSURE, ASIDE, STRANGE)


def names(order: Order, records: tuple[Record, ...] = ALL) -> list[str]:
    return [row.record.study for row in in_order(records, order)]


def test_what_the_model_would_learn_most_from_comes_first_and_what_is_over_last() -> None:
    found = names(Order.INFORMATIVE)
    assert set(found[:2]) == {"bb", "cc"}
    assert found[3:] == ["aa", "ee", "hh", "ff", "gg"]


def test_each_row_says_why_it_stands_there() -> None:
    said = {row.record.study: sentence(row.why) for row in in_order(ALL, Order.INFORMATIVE)}
    assert said["bb"] == "of a lesion of 2.0 mL the model sees 4 % again in varied images"
    assert said["cc"] == "the model is unsure of what it found, by up to 99 %"
    assert said["dd"] == "the images are unlike those of training: 0.90 standard deviations"
    assert said["ee"] == "no model has seen it yet"
    assert said["gg"] == "set aside: no delayed phase"
    assert said["hh"] == "it cannot be opened: its phases cannot be told apart."


def test_chance_keeps_its_order_and_is_not_the_order_in_which_they_lie() -> None:
    many = tuple(record(f"{number:02x}") for number in range(40))
    drawn = names(Order.RANDOM, many)
    assert drawn == names(Order.RANDOM, tuple(reversed(many)))
    assert drawn != names(Order.AS_THEY_LIE, many)
    assert names(Order.AS_THEY_LIE, many) == [item.study for item in many]


def test_a_conflict_stands_above_all_others() -> None:
    torn = replace(DONE, rivals=(replace(DONE.entry, who="ben", version="ff-0001-01"),))
    first = in_order((SPLIT, torn), Order.INFORMATIVE)[0]
    assert first.record is torn
    assert "ben (ff-0001-01)" in sentence(first.why)


@pytest.mark.parametrize("order", Order)
def test_every_order_holds_every_study_once(order: Order) -> None:
    assert sorted(names(order)) == sorted(item.study for item in ALL)


def test_a_study_on_which_networks_disagree_says_so_and_is_not_compared_with_varied_images() -> None:
    torn = record("aa", Scores(0.3, 0.4, 2.0, 0.1, 0.1, 0.1, networks=6))
    agreed = record("bb", Scores(0.1, 0.9, 2.0, 0.1, 0.1, 0.1, networks=6))
    varied = record("cc", Scores(0.2, 0.6, 2.0, 0.1, 0.1, 0.1))
    rows = in_order((agreed, varied, torn), Order.INFORMATIVE)
    assert [row.record.study for row in rows] == ["aa", "cc", "bb"], "the middle one has nothing beside it"
    assert sentence(rows[0].why) == "6 networks agree on 40 % of a lesion of 2.0 mL"
