"""From a box to an outline through the slices, with a network whose answers are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_grid, made_labels, made_study
from support.outline_network import BetweenSlices, KnownSlices, real_user_folder

from MTINetLib.errors import Cancelled, InputError
from MTINetLib.outline.marks import Marks
from MTINetLib.outline.outline import Outliner
from MTINetLib.outline.seen import SeenSlices
from MTINetLib.outline.weights import read_outline_network
from MTINetLib.progress import Stage
from MTINetLib.study.study import Study


def dice(one: Any, other: Any) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


@pytest.mark.parametrize("label", [1, 2])
@pytest.mark.parametrize("grown", [1.0, 1.1])
def test_the_lesion_of_the_box_is_outlined_through_its_slices(
    study: Study, truth: Any, box_of: Callable[..., Marks], seen: KnownSlices, label: int, grown: float
) -> None:
    found = Outliner(study, seen).outline(box_of(label, grown))
    assert found.mask.shape == study.grid.shape
    assert dice(found.mask, truth == label) > 0.85
    assert not (found.mask & (truth == 3 - label)).any()
    assert found.slices == found.mask.any(axis=(1, 2)).sum()


@pytest.mark.parametrize(
    "degrees", [(0.0, 0.0, 0.0), (25.0, 10.0, -15.0), (90.0, 0.0, 0.0), (180.0, 0.0, 40.0)]
)
@pytest.mark.parametrize("left_handed", [False, True])
def test_it_does_not_matter_how_the_grid_lies(
    degrees: tuple[float, float, float], left_handed: bool, seen: KnownSlices
) -> None:
    study = made_study(made_grid(degrees=degrees, left_handed=left_handed))
    truth = made_labels(study.grid) == 1
    places = np.argwhere(truth)
    ends = study.grid.to_lps(places.min(axis=0) - 0.5), study.grid.to_lps(places.max(axis=0) + 0.5)
    found = Outliner(study, seen).outline(Marks((tuple(ends[0]), tuple(ends[1]))))
    assert dice(found.mask, truth) > 0.85


def test_a_box_in_one_slice_finds_the_lesion_above_and_below(
    study: Study, truth: Any, box_of: Callable[..., Marks], seen: KnownSlices
) -> None:
    places = np.argwhere(truth == 1)
    low, high = places.min(axis=0) - 0.5, places.max(axis=0) + 0.5
    low[0] = high[0] = 12.0
    flat = Marks((tuple(study.grid.to_lps(low)), tuple(study.grid.to_lps(high))))
    found = Outliner(study, seen).outline(flat)
    assert dice(found.mask, truth == 1) > 0.8
    whole = Outliner(study, seen).outline(box_of(1))
    assert found.slices >= whole.slices - 1


def test_the_stack_ends_where_the_lesion_ends_though_the_box_goes_on(
    study: Study, truth: Any, seen: KnownSlices
) -> None:
    places = np.argwhere(truth == 1)
    low, high = places.min(axis=0) - 0.5, places.max(axis=0) + 0.5
    low[0], high[0] = low[0] - 4, high[0] + 4
    found = Outliner(study, seen).outline(
        Marks((tuple(study.grid.to_lps(low)), tuple(study.grid.to_lps(high))))
    )
    slices, true = (np.flatnonzero(mask.any(axis=(1, 2))) for mask in (found.mask, truth == 1))
    assert abs(slices[0] - true[0]) <= 1
    assert abs(slices[-1] - true[-1]) <= 1


def test_a_box_that_is_moved_a_little_looks_at_no_slice_again(
    study: Study, box_of: Callable[..., Marks], seen: KnownSlices
) -> None:
    outliner = Outliner(study, seen)
    outliner.outline(box_of(1))
    looked = len(seen.looked)
    asked = len(seen.prompts)
    outliner.outline(box_of(1, 0.97))
    assert len(seen.looked) == looked
    assert len(seen.prompts) > asked


def test_a_box_that_is_moved_to_the_next_slice_keeps_what_was_seen(
    study: Study, box_of: Callable[..., Marks], seen: KnownSlices
) -> None:
    outliner = Outliner(study, seen)
    outliner.outline(box_of(1))
    looked = set(seen.looked)
    across = study.grid.direction_matrix[:, 2] * study.grid.spacing[2]
    low, high = (tuple(map(float, corner + across)) for corner in np.array(box_of(1).box))
    outliner.outline(Marks((low, high)))
    assert len(set(seen.looked) - looked) <= 1  # the slice that the box has come to


def test_neighbours_start_from_the_outline_before(
    study: Study, box_of: Callable[..., Marks], seen: KnownSlices
) -> None:
    Outliner(study, seen).outline(box_of(1))
    areas = [
        (right - left) * (bottom - top)
        for left, top, right, bottom in (prompt.box for prompt in seen.prompts)
    ]
    assert areas[-1] < 0.8 * areas[0]


def test_clicks_move_the_outline(study: Study, box_of: Callable[..., Marks], seen: KnownSlices) -> None:
    outliner = Outliner(study, seen)
    before = outliner.outline(box_of(1)).mask
    inside = np.argwhere(before)[len(np.argwhere(before)) // 2]
    taken = outliner.outline(box_of(1, outside=(tuple(study.grid.to_lps(inside)),))).mask
    assert before[tuple(inside)]
    assert not taken[tuple(inside)]
    rim = np.argwhere(before).max(axis=0)
    corner = (inside[0], rim[1], rim[2])
    assert not before[corner]
    given = outliner.outline(box_of(1, inside=(tuple(study.grid.to_lps(corner)),))).mask
    assert given[corner]


def test_one_piece_is_kept_and_the_others_are_told(study: Study, truth: Any, seen: KnownSlices) -> None:
    volumes = study.volumes.copy()
    volumes[:, truth > 0] = 900.0
    study, both = replace(study, volumes=volumes), np.argwhere(truth > 0)
    ends = study.grid.to_lps(both.min(axis=0) - 0.5), study.grid.to_lps(both.max(axis=0) + 0.5)
    found = Outliner(study, seen).outline(Marks((tuple(ends[0]), tuple(ends[1]))))
    assert found.left_out >= 1
    assert (found.mask & (truth == 1)).any() != (found.mask & (truth == 2)).any()


def test_what_lies_between_two_lesions_is_doubted_and_the_outline_of_one_is_not(
    study: Study, truth: Any, box_of: Callable[..., Marks], seen: KnownSlices
) -> None:
    both = np.argwhere(truth > 0)
    low, high = both.min(axis=0) - 0.5, both.max(axis=0) + 0.5
    for depth in (slice(0, 3), slice(1, 3)):  # drawn around both, and in one slice
        ends = (low + high) / 2, (low + high) / 2
        ends[0][depth], ends[1][depth] = low[depth], high[depth]
        box = Marks((tuple(study.grid.to_lps(ends[0])), tuple(study.grid.to_lps(ends[1]))))
        assert Outliner(study, BetweenSlices()).outline(box).several
    for label, grown in ((1, 0.9), (1, 1.2), (2, 0.9), (2, 1.2)):
        assert not Outliner(study, seen).outline(box_of(label, grown)).several


def test_a_box_in_which_nothing_stands_out_ends_in_one_sentence(study: Study, seen: KnownSlices) -> None:
    flat = replace(study, volumes=np.zeros_like(study.volumes))
    middle = np.array(study.grid.shape) / 2
    ends = flat.grid.to_lps(middle - 4), flat.grid.to_lps(middle + 4)
    with pytest.raises(InputError, match="Nothing stands out"):
        Outliner(flat, seen).outline(Marks((tuple(ends[0]), tuple(ends[1]))))


class Watcher:
    """Keeps what it is told; cancels after some steps."""

    def __init__(self, most: int = 10**6) -> None:
        self.most, self.told = most, [0]
        self.stages: list[tuple[Stage, int]] = []

    def start(self, stage: Stage, total: int) -> None:
        self.stages.append((stage, total))

    def update(self, done: int) -> None:
        self.told.append(done)
        if done >= self.most:
            raise Cancelled("Cancelled.")

    def finish(self) -> None:
        pass


def test_each_slice_is_a_step_and_a_cancel_ends_it(
    study: Study, box_of: Callable[..., Marks], seen: KnownSlices
) -> None:
    watcher = Watcher()
    Outliner(study, seen).outline(box_of(1), watcher)
    ((stage, total),) = watcher.stages
    assert stage is Stage.OUTLINING
    assert sorted(watcher.told) == watcher.told
    assert watcher.told[-1] <= total
    with pytest.raises(Cancelled):
        Outliner(study, seen).outline(box_of(1), Watcher(2))


@pytest.mark.slow
def test_the_published_weights_outline_both_lesions(
    study: Study, truth: Any, box_of: Callable[..., Marks]
) -> None:
    seen = SeenSlices(read_outline_network(real_user_folder() / "Outline"), "cpu")
    outliner = Outliner(study, seen)
    for label in (1, 2):
        assert dice(outliner.outline(box_of(label, 1.05)).mask, truth == label) > 0.8
