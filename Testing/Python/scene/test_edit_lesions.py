"""Add, delete, split, merge, revert; and labels from whatever a person made of the segments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.shown_results import paint, shown_results

from MTINetLib.errors import InputError
from MTINetLib.scene.edit_lesions import (
    add_lesion,
    delete_lesion,
    ensure_label,
    merge_lesions,
    revert_all,
    revert_lesion,
    show_ai,
    split_lesion,
)
from MTINetLib.scene.results import Results, ai_labels, corrected_labels, find_results
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import segment_ids, segment_labels

pytestmark = pytest.mark.viewer


@pytest.fixture
def results(scene: Scene) -> Results:
    return shown_results(scene)[0]


def box_mask(results: Results, k: slice, j: slice, i: slice) -> np.ndarray:
    mask = np.zeros(corrected_labels(results).shape, dtype=np.bool_)
    mask[k, j, i] = True
    return mask


FREE = (slice(2, 5), slice(60, 70), slice(60, 70))


def new_segment(results: Results, mask: np.ndarray) -> str:
    """A segment as the editor's Add button makes it, and painted."""
    segment_id = str(results.segmentation.GetSegmentation().AddEmptySegment())
    paint(results, segment_id, mask)
    return segment_id


def test_an_added_lesion_is_empty_until_it_is_painted(results: Results) -> None:
    before = corrected_labels(results)
    assert add_lesion(results) == 3
    assert np.array_equal(corrected_labels(results), before)
    mask = box_mask(results, *FREE)
    paint(results, segment_labels(results.segmentation)[3], mask)
    assert np.array_equal(corrected_labels(results) == 3, mask)
    with pytest.raises(InputError, match="lesion 3 already"):
        add_lesion(results, 3)


def test_a_segment_that_the_user_adds_gets_the_next_number(results: Results) -> None:
    one = new_segment(results, box_mask(results, *FREE))
    two = new_segment(results, box_mask(results, slice(10, 12), slice(60, 70), slice(60, 70)))
    labels = corrected_labels(results)
    assert sorted(np.unique(labels)) == [0, 1, 2, 3, 4]
    assert labels[3, 65, 65] == 3
    assert segment_labels(results.segmentation)[3] == one
    assert ensure_label(results, two) == 4, "a number stays, once given"


def test_a_number_is_not_used_twice(results: Results) -> None:
    delete_lesion(results, 2)
    assert sorted(np.unique(corrected_labels(results))) == [0, 1]
    assert add_lesion(results) == 3


def test_renamed_recoloured_and_reordered_segments_keep_their_numbers(results: Results) -> None:
    before = corrected_labels(results)
    inner = results.segmentation.GetSegmentation()
    ids = segment_labels(results.segmentation)
    inner.GetSegment(ids[1]).SetName("cyst")
    inner.GetSegment(ids[2]).SetColor(0.1, 0.2, 0.3)
    inner.SetSegmentIndex(ids[2], 0)
    assert segment_ids(results.segmentation)[0] == ids[2]
    assert np.array_equal(corrected_labels(results), before)


def test_a_copy_of_a_segment_is_another_lesion(results: Results) -> None:
    inner = results.segmentation.GetSegmentation()
    source = segment_labels(results.segmentation)[1]
    inner.CopySegmentFromSegmentation(inner, source)
    labels = corrected_labels(results)
    assert sorted(segment_labels(results.segmentation)) == [1, 2, 3]
    assert sorted(np.unique(labels)) == [0, 2, 3], "the copy lies later, on all voxels of the first"


def test_where_segments_overlap_the_later_one_wins(results: Results) -> None:
    before = corrected_labels(results)
    k, j, i = np.argwhere(before == 1)[0]
    over = box_mask(results, slice(k, k + 1), slice(j, j + 1), slice(i, i + 1))
    segment_id = new_segment(results, over)
    assert corrected_labels(results)[k, j, i] == 3
    results.segmentation.GetSegmentation().SetSegmentIndex(segment_id, 0)
    assert corrected_labels(results)[k, j, i] == 1


def test_more_than_255_lesions_need_two_bytes(results: Results) -> None:
    add_lesion(results, 256)
    paint(results, segment_labels(results.segmentation)[256], box_mask(results, *FREE))
    labels = corrected_labels(results)
    assert labels.dtype == np.uint16
    assert labels[3, 65, 65] == 256


def test_splitting_separate_parts(results: Results) -> None:
    one = segment_labels(results.segmentation)[1]
    mask = (corrected_labels(results) == 1) | box_mask(results, *FREE)
    paint(results, one, mask)
    size = {True: int(mask.sum() - 300), False: 300}
    assert split_lesion(results, 1) == (1, 3)
    labels = corrected_labels(results)
    large, small = (1, 3) if size[True] > 300 else (3, 1)
    assert (labels == large).sum() == max(size.values())
    assert (labels == small).sum() == min(size.values())


def test_splitting_what_hangs_together_keeps_every_voxel(results: Results) -> None:
    before = corrected_labels(results)
    assert split_lesion(results, 1) == (1, 3)
    after = corrected_labels(results)
    assert np.array_equal((after == 1) | (after == 3), before == 1)
    assert np.array_equal(after == 2, before == 2)
    assert (after == 3).sum() > 0.25 * (before == 1).sum()


def test_a_single_voxel_cannot_be_split(results: Results) -> None:
    paint(results, segment_labels(results.segmentation)[2], box_mask(results, *[slice(4, 5)] * 3))
    with pytest.raises(InputError, match="too small"):
        split_lesion(results, 2)
    add_lesion(results)
    with pytest.raises(InputError, match="empty"):
        split_lesion(results, 3)


def test_merging_keeps_the_first_number(results: Results) -> None:
    before = corrected_labels(results)
    assert merge_lesions(results, (2, 1)) == 2
    after = corrected_labels(results)
    assert np.array_equal(after == 2, before > 0)
    assert sorted(segment_labels(results.segmentation)) == [2]
    with pytest.raises(InputError, match="two lesions"):
        merge_lesions(results, (2, 2))


@pytest.mark.parametrize("how", ["delete", "split", "merge", "paint", "grow over the other"])
def test_everything_can_be_taken_back(results: Results, how: str) -> None:
    original = ai_labels(results)
    if how == "delete":
        delete_lesion(results, 1)
    elif how == "split":
        split_lesion(results, 1)
    elif how == "merge":
        merge_lesions(results, (2, 1))
    elif how == "paint":
        paint(results, segment_labels(results.segmentation)[1], box_mask(results, *FREE))
        new_segment(results, box_mask(results, slice(20, 22), slice(2, 4), slice(2, 4)))
    else:
        paint(results, segment_labels(results.segmentation)[2], original > 0)
    assert not np.array_equal(corrected_labels(results), original)
    revert_all(results)
    assert np.array_equal(corrected_labels(results), original)
    names = [
        results.segmentation.GetSegmentation().GetSegment(segment_id).GetName()
        for _, segment_id in sorted(segment_labels(results.segmentation).items())
    ]
    assert names == ["1 HCC", "2 Hemangioma"]


@pytest.mark.parametrize("how", ["delete", "split", "paint", "grow over it"])
def test_one_lesion_can_be_taken_back(results: Results, how: str) -> None:
    original = ai_labels(results)
    paint(results, segment_labels(results.segmentation)[2], box_mask(results, *FREE))
    if how == "delete":
        delete_lesion(results, 1)
    elif how == "split":
        split_lesion(results, 1)
    elif how == "paint":
        paint(results, segment_labels(results.segmentation)[1], box_mask(results, *[slice(1, 3)] * 3))
    else:
        over = box_mask(results, *FREE) | (original == 1)
        paint(results, segment_labels(results.segmentation)[2], over)
    revert_lesion(results, 1)
    labels = corrected_labels(results)
    assert np.array_equal(labels == 1, original == 1)
    assert np.array_equal(labels == 2, box_mask(results, *FREE)), "the other lesion stays corrected"
    assert sorted(segment_labels(results.segmentation)) == [1, 2], "parts that a split made are gone"


def test_reverting_a_merged_lesion_gives_back_both(results: Results) -> None:
    merge_lesions(results, (1, 2))
    revert_lesion(results, 1)
    assert np.array_equal(corrected_labels(results), ai_labels(results))


def test_reverting_what_the_ai_never_had_removes_it(results: Results) -> None:
    number = add_lesion(results)
    paint(results, segment_labels(results.segmentation)[number], box_mask(results, *FREE))
    revert_lesion(results, number)
    assert np.array_equal(corrected_labels(results), ai_labels(results))
    with pytest.raises(InputError, match="no lesion 9"):
        revert_lesion(results, 9)


def test_the_ais_lesions_are_shown_beside_the_corrected_ones(results: Results) -> None:
    display = results.ai_segmentation.GetDisplayNode()
    assert not display.GetVisibility()
    show_ai(results, True)
    assert display.GetVisibility()
    assert not display.GetVisibility2DFill()
    assert display.GetSegmentColor("lesion_1") == pytest.approx((1.0, 0.3, 0.85))
    show_ai(results, False)
    assert not display.GetVisibility()


def test_without_the_ais_lesions_nothing_can_be_taken_back(scene: Scene, results: Results) -> None:
    node: Any = results.ai_segmentation
    node.GetScene().RemoveNode(node)
    for action in (revert_all, lambda r: revert_lesion(r, 1), lambda r: show_ai(r, True)):
        with pytest.raises(InputError, match="analyze the study again"):
            action(results)
    again = find_results(scene, results.segmentation)
    assert again is not None
    assert again.ai_segmentation is None
    assert not ai_labels(again).any()
