"""Marks of masks, and what they tell of a correction."""

from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.session.masks import (
    Standing,
    marks_from_text,
    marks_to_text,
    mask_marks,
    standing,
)


def labels() -> np.ndarray:
    made = np.zeros((4, 5, 6), dtype=np.uint8)
    made[1, 1:3, 1:4] = 1
    made[2:4, 4, 5] = 7
    return made


def test_every_lesion_has_a_mark_and_the_background_none() -> None:
    assert set(mask_marks(labels())) == {1, 7}
    assert mask_marks(np.zeros((2, 2, 2), dtype=np.uint8)) == {}


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int64])
def test_a_mark_does_not_depend_on_the_kind_of_number(kind: type) -> None:
    assert mask_marks(labels().astype(kind)) == mask_marks(labels())


def test_a_mark_changes_with_a_voxel_moved_and_only_for_its_own_lesion() -> None:
    moved = labels()
    moved[1, 1, 1], moved[0, 0, 0] = 0, 1
    before, after = mask_marks(labels()), mask_marks(moved)
    assert before[1] != after[1]
    assert before[7] == after[7]


def test_marks_survive_as_text() -> None:
    marks = mask_marks(labels())
    assert marks_from_text(marks_to_text(marks)) == marks


@pytest.mark.parametrize("text", [None, "", "{", "[1]", '"x"', '{"one": "2"}'])
def test_other_text_is_no_marks(text: str | None) -> None:
    assert marks_from_text(text) is None


def test_masks_of_the_ai_are_not_corrected() -> None:
    marks = {1: "a", 2: "b"}
    assert standing(marks, marks, marks) == Standing()
    assert not standing(marks, marks, marks).corrected


def test_a_changed_an_added_and_a_removed_lesion_are_told_apart() -> None:
    of_ai = {1: "a", 2: "b", 3: "c"}
    now = {1: "a", 2: "B", 4: "d"}
    told = standing(now, of_ai, of_ai)
    assert told == Standing(changed=frozenset({2, 4}), removed=frozenset({3}), unread=frozenset({2, 4}))
    assert told.corrected


def test_lesions_that_the_network_has_read_since_are_changed_but_not_unread() -> None:
    told = standing({1: "A"}, {1: "a"}, {1: "A"})
    assert told.changed == {1}
    assert not told.unread
